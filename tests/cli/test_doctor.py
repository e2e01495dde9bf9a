"""doctor: who calls, where, and whether IAM says that the caller may make the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import boto3
import pytest

from ecrops.testing import Cloud

from .conftest import Run

USER = "arn:aws:iam::123456789012:user/ci"
ROLE = "arn:aws:sts::123456789012:assumed-role/deploy/session"
API, WORKER = (f"arn:aws:ecr:eu-west-1:123456789012:repository/team/{name}" for name in ("api", "worker"))

Decide = Callable[[str, str], str]


class Iam:
    """What STS and IAM answer, in the form of their documentation."""

    def __init__(self, caller: str, decide: Decide) -> None:
        self.caller, self.decide = caller, decide
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
        actions, resources = self.asked[-1]["ActionNames"], self.asked[-1]["ResourceArns"]
        return _Ok, {"EvaluationResults": list(self._results(actions, resources)), "IsTruncated": False}

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
    asked = {action: set(one["ResourceArns"]) for one in answers.asked for action in one["ActionNames"]}
    assert asked["ecr:CreateRepository"] == {API, WORKER}
    assert asked["ecr:PutLifecyclePolicy"] == {API}
    assert {one["PolicySourceArn"] for one in answers.asked} == {USER}


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
    assert {one["PolicySourceArn"] for one in answers.asked} == {"arn:aws:iam::123456789012:role/jobs/deploy"}


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
