"""doctor: who calls, where, and whether IAM says that the caller may make the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecrops.testing import Cloud

from .conftest import Run, write

USER = "arn:aws:iam::123456789012:user/ci"
ROLE = "arn:aws:sts::123456789012:assumed-role/deploy/session"
API, WORKER = (f"arn:aws:ecr:eu-west-1:123456789012:repository/team/{name}" for name in ("api", "worker"))

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

Decide = Callable[[str, str], str]


class Iam:
    """What STS and IAM answer, in the form of their documentation."""

    def __init__(self, caller: str, decide: Decide) -> None:
        self.caller, self.decide = caller, decide
        self.page_size = 0
        self.asked: list[dict[str, Any]] = []

    def session(self) -> boto3.Session:
        session = boto3.Session()
        events: Any = session.events
        events.register("provide-client-params.iam.SimulatePrincipalPolicy", self._note)
        events.register("before-call.iam.SimulatePrincipalPolicy", self._simulate)
        events.register("before-call.sts.GetCallerIdentity", self._identity)
        return session

    def _note(self, params: dict[str, Any], **_: object) -> None:
        self.asked.append(params)

    def _identity(self, **_: object) -> tuple[Any, dict[str, Any]]:
        return _Ok, {"Arn": self.caller, "Account": "123456789012", "UserId": "AIDA"}

    def _simulate(self, **_: object) -> tuple[Any, dict[str, Any]]:
        question = self.asked[-1]
        results = list(self._results(question["ActionNames"], question["ResourceArns"]))
        start = int(question.get("Marker", 0))
        end = start + (self.page_size or len(results))
        marker = {"Marker": str(end)} if end < len(results) else {}
        return _Ok, {"EvaluationResults": results[start:end], "IsTruncated": bool(marker), **marker}

    def _results(self, actions: Iterable[str], resources: Iterable[str]) -> Iterable[dict[str, Any]]:
        for action in actions:
            specific = [
                {"EvalResourceName": resource, "EvalResourceDecision": self.decide(action, resource)}
                for resource in resources
            ]
            yield {"EvalActionName": action, "EvalDecision": "implicitDeny", "ResourceSpecificResults": specific}


class _Ok:
    status_code = 200


@pytest.fixture
def iam(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iam]:
    """Makes STS and IAM answer for a caller."""

    def make(caller: str = USER, decide: Decide = lambda action, resource: "allowed") -> Iam:
        answers = Iam(caller, decide)
        monkeypatch.setattr("ecrops.cli.account.session_of", lambda arguments: answers.session())
        return answers

    return make


def states(ran: Any) -> dict[str, str]:
    return {finding["subject"]: finding["state"] for finding in ran.data["findings"]}


def test_all_is_well(run: Run, fleet: str, iam: Callable[..., Iam]) -> None:
    answers = iam()
    ran = run("doctor", "--json", "--only", "team/*", fleet)
    assert ran.code == 0
    assert set(states(ran).values()) == {"ok"}
    assert {"ecr:CreateRepository", "ecr:PutLifecyclePolicy", "ecr:TagResource"} <= set(states(ran))
    asked = {action: set(question["ResourceArns"]) for question in answers.asked for action in question["ActionNames"]}
    assert asked["ecr:CreateRepository"] == {API, WORKER}
    assert asked["ecr:PutLifecyclePolicy"] == {API}
    assert {question["PolicySourceArn"] for question in answers.asked} == {USER}


def test_every_page_of_an_answer_is_read(run: Run, fleet: str, iam: Callable[..., Iam]) -> None:
    answers = iam()
    answers.page_size = 1
    ran = run("doctor", "--json", "--only", "team/api", fleet)
    assert ran.code == 0
    assert {state for subject, state in states(ran).items() if subject.startswith("ecr:")} == {"ok"}
    assert [question.get("Marker") for question in answers.asked] == [None, "1"]


def test_what_is_missing_is_named(run: Run, fleet: str, iam: Callable[..., Iam]) -> None:
    iam(
        decide=lambda action, resource: (
            "implicitDeny" if (action, resource) == ("ecr:CreateRepository", API) else "allowed"
        )
    )
    ran = run("doctor", "--only", "team/*", fleet)
    assert ran.code == 1
    [line] = [line for line in ran.out.splitlines() if line.startswith("problem")]
    assert line == f"problem ecr:CreateRepository: no policy allows it on {API}: add it to a policy of the caller"
    assert "not seen: session policies" in ran.out


def test_a_denial_is_told_from_a_permission_that_nobody_gave(run: Run, fleet: str, iam: Callable[..., Iam]) -> None:
    iam(decide=lambda action, resource: "explicitDeny")
    ran = run("doctor", "--only", "team/worker", fleet)
    assert ran.code == 1
    assert "denied by a policy" in ran.out


def test_the_role_of_a_session_is_asked_about(
    run: Run, fleet: str, iam: Callable[..., Iam], memory_cloud: Cloud
) -> None:
    answers = iam(ROLE)
    memory_cloud.client("iam").create_role(RoleName="deploy", Path="/jobs/", AssumeRolePolicyDocument="{}")
    assert run("doctor", fleet).code == 0
    assert {question["PolicySourceArn"] for question in answers.asked} == {"arn:aws:iam::123456789012:role/jobs/deploy"}


def test_what_cannot_be_seen_is_said(run: Run, fleet: str, iam: Callable[..., Iam], memory_cloud: Cloud) -> None:
    iam("arn:aws:iam::123456789012:root")
    ran = run("doctor", "--json", "--only", "team/worker", fleet)
    assert ran.code == 0
    [unknown] = [finding for finding in ran.data["findings"] if finding["state"] == "unknown"]
    assert unknown["subject"] == "permissions"
    assert "none can be judged" in unknown["text"]
    assert "ecr:CreateRepository" in unknown["text"]


def test_an_emulator_judges_no_permission_and_that_is_one_line(run: Run, fleet: str) -> None:
    ran = run("doctor", fleet)
    assert ran.code == 0
    [line] = [line for line in ran.out.splitlines() if line.startswith("unknown")]
    assert line.startswith("unknown permissions: none can be judged: ")


def test_credentials_that_are_not_there_are_a_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.cli.account.session_of", lambda arguments: boto3.Session())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert states(ran) == {"versions": "ok", "credentials": "problem"}


def encrypted(tmp_path: Path, *keys: str) -> str:
    repositories = [
        {"name": f"app{number}", "encryption": "KMS", "encryption_key": key} for number, key in enumerate(keys)
    ]
    return write(tmp_path / "kms.json", {"repositories": repositories})


def test_keys_are_asked_for_and_what_cannot_be_used_is_a_problem(
    run: Run, iam: Callable[..., Iam], tmp_path: Path, memory_cloud: Cloud
) -> None:
    iam()
    kms = memory_cloud.client("kms")
    good, disabled, leaving = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3))
    kms.create_alias(AliasName="alias/good", TargetKeyId=good)
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=leaving)
    ran = run("doctor", encrypted(tmp_path, "alias/good", good, "alias/none", disabled, leaving, "alias/none"))
    assert ran.code == 1
    lines = [line.split(maxsplit=2) for line in ran.out.splitlines() if " key " in line.split(":")[0]]
    assert [f"{state} {text}" for state, _, text in lines] == [
        "ok alias/good: enabled",
        f"ok {good}: enabled",
        "problem alias/none: there is no such key in eu-west-1: make it, or name another one",
        f"problem {disabled}: its state is Disabled: ECR cannot use it",
        f"problem {leaving}: its state is PendingDeletion: ECR cannot use it",
    ]


def test_a_key_of_a_template_is_asked_for_too(run: Run, iam: Callable[..., Iam], tmp_path: Path) -> None:
    iam()
    template = {
        "prefix": "ROOT",
        "applied_for": ["PULL_THROUGH_CACHE"],
        "encryption": "KMS",
        "encryption_key": KEY,
        "custom_role_arn": "arn:aws:iam::123456789012:role/ecr",
    }
    file = write(tmp_path / "template.json", {"registry": {"creation_templates": [template]}})
    ran = run("doctor", "--json", file)
    assert states(ran)[f"key {KEY}"] == "problem"


def test_keys_that_kms_does_not_tell_about_are_unknown(
    run: Run, iam: Callable[..., Iam], tmp_path: Path, memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iam()
    session = answers.session()
    events: Any = session.events

    def deny(**_: object) -> tuple[Any, dict[str, Any]]:
        return _Denied, {"Error": {"Code": "AccessDeniedException", "Message": "no"}}

    events.register("before-call.kms.DescribeKey", deny)
    monkeypatch.setattr("ecrops.cli.account.session_of", lambda arguments: session)
    ran = run("doctor", "--json", encrypted(tmp_path, "alias/some"))
    assert ran.code == 0
    assert states(ran)["key alias/some"] == "unknown"
    assert "kms:DescribeKey" in ran.out


def test_a_plan_asks_for_no_key_and_a_missing_role_is_said(
    run: Run, iam: Callable[..., Iam], tmp_path: Path, memory_cloud: Cloud
) -> None:
    iam()
    fleet = {"repositories": [{"name": "app", "grants": [{"allow": "pull", "principal": {"role": "nobody"}}]}]}
    ran = run("doctor", write(tmp_path / "grants.json", fleet))
    assert "unknown plan: note: role nobody: there is no such role, as IAM says" in ran.out
    memory_cloud.calls.clear()
    assert run("plan", encrypted(tmp_path, "alias/none")).code == 0
    assert not [call for call in memory_cloud.calls if call.service == "kms"]


class _Denied:
    status_code = 400
