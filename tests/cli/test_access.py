"""access, can, explain-denied, lint-access and plan --access: who may do what, as the library says it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecrops import AccountPrincipal, Group, Registry, Role, ServicePrincipal, User, prefix
from ecrops.access import AccessCheck, Comparison
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of

from .conftest import Run, write

NAME = "team/api"
NODES = "arn:aws:iam::123456789012:role/nodes"
SESSION = "arn:aws:sts::123456789012:assumed-role/nodes/i-0a1b2c3d"
OUTSIDE = {
    "Sid": "OnlyOurNetwork",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "ecr:*",
    "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
}


@pytest.fixture
def repository(memory_cloud: Cloud) -> Repository:
    """A repository from which the role ``nodes`` can pull."""
    memory_cloud.emulator.make_principals("ci", "nodes", "developers")
    repository = registry_of(memory_cloud).repository(NAME)
    repository.ensure()
    repository.grant_pull(Role("nodes"))
    return repository


@pytest.fixture
def other(repository: Repository) -> Repository:
    """A repository from which another account can pull, beside the one that is clean."""
    other = registry_of_same(repository).repository("tools/cli")
    other.ensure()
    other.grant_pull("111122223333")
    return other


def registry_of_same(repository: Repository) -> Registry:
    registry = repository.registry
    assert isinstance(registry, Registry)
    return registry


@pytest.fixture(autouse=True)
def only_reads(repository: Repository, memory_cloud: Cloud) -> Iterator[None]:
    yield
    before = [call for call in memory_cloud.calls.writes() if call != "PutRolePolicy"]
    assert set(before) <= {"CreateRepository", "SetRepositoryPolicy"}


def deny_outside(repository: Repository) -> None:
    repository.add_to_resource_policy(OUTSIDE)


def data_of(value: Any) -> Any:
    return json.loads(json.dumps(value.to_dict()))


def test_access_is_the_report_of_one_repository_and_the_matrix_of_several(run: Run, other: Repository) -> None:
    registry = registry_of_same(other)
    report = registry.repository(NAME).access()
    ran = run("access", NAME)
    assert (ran.code, ran.out, ran.err) == (0, f"{report}\n", "")
    assert run("access", "--json", NAME).data == data_of(report)
    for names, selection in ((("--all",), ()), (("t*",), (prefix("t"),)), ((NAME, "tools/cli"), (NAME, "tools/cli"))):
        matrix = registry.access(*selection)
        assert run("access", *names).out == f"{matrix}\n"
        assert run("access", "--json", *names).data == data_of(matrix)


def test_who_can_is_a_line_for_each_repository_and_principal(run: Run, other: Repository) -> None:
    ran = run("access", "--can", "pull", "--all")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "team/api: role nodes\ntools/cli: account 111122223333, depends\n"
    assert run("access", "--can", "pull", NAME).out == "team/api: role nodes\n"
    assert run("access", "--can", "pull", "--json", "tools/*").data == {
        "what": "pull",
        "repositories": [{"repository": "tools/cli", "can": [], "depends": ["account 111122223333"]}],
        "unread": [],
    }
    nobody = run("access", "--can", "delete_images", "--all")
    assert (nobody.code, nobody.out, nobody.err) == (0, "", "nobody\n")
    assert "did you mean 'pull'?" in run("access", "--can", "pul", NAME).err


def test_csv_has_a_line_for_each_principal_and_repository(run: Run, other: Repository) -> None:
    rows = list(csv.DictReader(run("access", "--csv", "--all").out.splitlines()))
    assert {(row["who"], row["repository"], row["pull"]) for row in rows} == {
        ("role nodes", NAME, "yes"),
        ("account 111122223333", "tools/cli", "depends"),
    }
    assert run("access", "--csv", NAME).out.splitlines()[1:] == [f"role nodes,role,{NODES},{NAME},no,yes,no,no,no"]
    for further in (("--can", "pull"), ("--json",)):
        ran = run("access", "--csv", *further, NAME)
        assert (ran.code, "--csv has a column for each verb" in ran.out + ran.err) == (1, True)


def test_a_repository_that_was_named_and_is_not_there_is_an_error(run: Run, other: Repository) -> None:
    assert run("access", "team/none").code == 1
    for form in ((), ("--csv",), ("--can", "pull"), ("--json",)):
        ran = run("access", *form, NAME, "team/none")
        assert ran.code == 1
        assert "repository team/none: there is no such repository" in ran.out + ran.err
        assert "role nodes" in ran.out


def test_an_answer_is_what_the_library_prints(run: Run, repository: Repository) -> None:
    answer = repository.can(Role("nodes"), "pull")
    ran = run("can", "role/nodes", "pull", NAME)
    assert (ran.code, ran.out, ran.err) == (0, f"{answer}\n", "")
    assert run("can", "--json", "role/nodes", "pull", NAME).data == data_of(answer)


def test_a_job_tells_yes_no_and_it_depends_apart(run: Run, repository: Repository) -> None:
    assert run("can", "role/nodes", "pull", NAME).code == 0
    assert run("can", "role/nodes", "push", NAME).code == 2
    assert run("can", "role/none", "pull", NAME).code == 2
    deny_outside(repository)
    assert run("can", "role/nodes", "pull", NAME).code == 5
    assert run("can", "--json", "role/nodes", "pull", NAME).code == 5


def test_who_is_asked_about_is_a_text(run: Run, repository: Repository) -> None:
    principals: dict[str, Any] = {
        "user/ci": User("ci"),
        "role/nodes": Role("nodes"),
        "role/deep/path/nodes": Role("deep/path/nodes"),
        "group/developers": Group("developers"),
        NODES: Role(NODES),
        SESSION: SESSION,
        "111122223333": AccountPrincipal("111122223333"),
        "lambda.amazonaws.com": ServicePrincipal("lambda.amazonaws.com"),
        "*": "*",
    }
    for who, principal in principals.items():
        answer = repository.can(principal, "pull")
        assert run("can", "--json", who, "pull", NAME).data == data_of(answer), who


def test_a_name_without_its_kind_is_refused_with_the_three_that_it_may_have(run: Run) -> None:
    ran = run("can", "nodes", "pull", NAME)
    assert (ran.code, ran.out) == (1, "")
    assert "a name is given as user/nodes, role/nodes or group/nodes" in ran.err
    assert "did you mean 'pull'?" in run("can", "role/nodes", "pul", NAME).err
    assert "ecrops access --can VERB 'team/*' is about many" in run("can", "role/nodes", "pull", "team/*").err


def test_what_is_known_of_the_request_decides(run: Run, repository: Repository) -> None:
    deny_outside(repository)
    question = ("role/nodes", "pull", NAME)
    assert run("can", "--context", "aws:SourceVpce=vpce-1", *question).code == 0
    assert run("can", "--context", "aws:SourceVpce=vpce-2", *question).code == 2
    assert run("can", "--context", "aws:SourceVpce=vpce-1", "--context", "aws:SourceVpce=vpce-2", *question).code == 0
    assert run("can", "--without", "aws:SourceVpce", *question).code == 2


def test_a_context_that_means_nothing_is_refused(run: Run, repository: Repository) -> None:
    for arguments, reason in (
        (("--context", "aws:SourceVpce"), "expected KEY=VALUE"),
        (("--context", "aws:SourceVpce="), "expected KEY=VALUE"),
        (("--context", "a:B=c", "--without", "a:B"), "a:B: --context says that the request has it"),
        (("--context", "aws:SourceVpc=vpce-1"), "--context aws:SourceVpc: no condition of the policies"),
    ):
        ran = run("can", *arguments, "role/nodes", "pull", NAME)
        assert (ran.code, ran.out) == (1, "")
        assert reason in ran.err


def test_the_simulator_has_a_say(run: Run, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = Comparison("ecr:BatchGetImage", True, True, "allowed")
    asked: list[tuple[object, str]] = []

    def check(self: Repository, principal: object, what: str, *, context: object = None) -> AccessCheck:
        asked.append((principal, what))
        return AccessCheck("role nodes", "pull", NAME, (verdict,))

    monkeypatch.setattr(Repository, "check_access", check)
    question = ("--check", "role/nodes", "pull", NAME)
    ran = run("can", *question)
    assert ran.code == 0
    assert ran.out == f"{repository.can(Role('nodes'), 'pull')}\n{check(repository, '', '')}\n"
    verdict = Comparison("ecr:BatchGetImage", True, False, "explicitDeny", "a service control policy may deny it")
    ran = run("can", "--json", *question)
    assert (ran.code, ran.data["allowed"], ran.data["check"]["agrees"]) == (5, True, False)
    assert asked[0] == asked[-1] == (Role("nodes"), "pull")


def test_an_answer_is_shown_if_the_simulator_cannot_be_asked(run: Run, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="SimulatePrincipalPolicy", times=None)
    ran = run("can", "--check", "role/nodes", "pull", NAME)
    assert ran.code == 1
    assert ran.out.startswith("yes: role nodes can pull from team/api\n")
    assert "--check asks IAM's simulator, which needs iam:SimulatePrincipalPolicy" in ran.err
    assert run("can", "--check", "--json", "role/nodes", "pull", NAME).data["error"]["code"] == "AccessDenied"


DENIED = (
    f"User: {SESSION} is not authorized to perform: ecr:PutImage on resource: "
    "arn:aws:ecr:eu-west-1:123456789012:repository/team/api because no identity-based policy allows the "
    "ecr:PutImage action"
)


def test_a_message_is_explained_from_a_pipe_or_in_place(run: Run, repository: Repository) -> None:
    answer = data_of(repository.explain_denied(DENIED))
    assert answer["allowed"] is False
    for arguments, stdin in (((), DENIED), (("-",), DENIED), ((DENIED,), ""), (DENIED.split(), "")):
        ran = run("explain-denied", "--json", NAME, *arguments, stdin=stdin)
        assert (ran.code, ran.data) == (0, answer)  # it was explained
    log = b"caf\xe9 12:00 " + DENIED.encode() + b"\r\n\xff\x00"
    assert run("explain-denied", "--json", NAME, stdin=log).data == answer
    shown = run("explain-denied", NAME, stdin=DENIED).out
    assert f"ecrops can {SESSION} push NAME is about all that a push needs" in shown


def test_a_message_that_names_nobody_says_what_to_do_in_a_shell(run: Run) -> None:
    ran = run("explain-denied", NAME, "no basic auth credentials")
    assert (ran.code, "log in first (ecrops login)" in ran.err) == (1, True)
    ran = run("explain-denied", NAME, stdin="403 Forbidden")
    assert (ran.code, "ecrops can role/nodes pull NAME" in ran.err) == (1, True)
    assert run("explain-denied", NAME).code == 1
    ran = run("explain-denied", "no basic auth credentials")
    assert (ran.code, "the repository comes before the message" in ran.err) == (1, True)


def test_findings_about_access_end_a_strict_job(run: Run, other: Repository) -> None:
    ran = run("lint-access", "--all")
    assert ran.code == 0
    assert ran.out.startswith("high other-account: tools/cli: ")
    assert "say --account 111122223333 if it is meant to" in ran.out
    assert run("lint-access", "--all", "--strict").code == 1
    (finding,) = run("lint-access", "--all", "--json").data["findings"]
    assert (finding["code"], finding["severity"], finding["repository"]) == ("other-account", "high", "tools/cli")
    for accepted in (("--account", "111122223333"), ("--ignore", "other-account")):
        ran = run("lint-access", "--all", "--strict", *accepted)
        assert (ran.code, ran.out, ran.err) == (0, "", "no findings\n")
    ran = run("lint-access", "--all", "--ignore", "111122223333")
    assert (ran.code, ran.err.startswith("ecrops: --ignore: "), "say --account 111122223333" in ran.err) == (
        1,
        True,
        True,
    )


def test_findings_are_about_names_and_beginnings_of_names(run: Run, other: Repository) -> None:
    for names, code in (((NAME,), 0), (("team/*",), 0), (("tools/*",), 1), (("to*", NAME), 1), (("tools/cli",), 1)):
        assert run("lint-access", "--strict", *names).code == code, names


def test_what_was_named_and_could_not_be_read_is_an_error(run: Run, other: Repository) -> None:
    ran = run("lint-access", NAME, "team/none")
    assert (ran.code, ran.out) == (
        1,
        "low unread: team/none: there is no such repository; see its name, and the account and region\n",
    )
    assert run("lint-access", "--ignore", "unread", NAME, "team/none").code == 0


def test_which_repositories_are_meant_has_to_be_said(run: Run) -> None:
    for command, *names in (
        ("access",),
        ("lint-access",),
        ("access", "--all", NAME),
        ("access", "*"),
        ("access", "t*i"),
    ):
        ran = run(command, *names)
        assert (ran.code, ran.out) == (1, "")
        assert "'team/*', or --all" in ran.err


def test_a_plan_says_who_gains_access(run: Run, repository: Repository, tmp_path: Path) -> None:
    grants = [{"allow": "push", "principal": {"role": "nodes"}}]
    fleet = write(tmp_path / "fleet.json", {"repositories": [{"name": NAME, "grants": grants}]})
    out = tmp_path / "plan.json"
    plain = run("plan", fleet)
    ran = run("plan", "--access", "--out", str(out), fleet)
    assert ran.code == 0
    shown, _, access = ran.out.partition("\n\n")
    assert shown == plain.out.rstrip("\n")
    assert access.startswith("role nodes gains push on team/api (")
    data = run("plan", "--access", "--json", fleet).data
    assert data["access"]["summary"] == "1 principal gains access"
    assert json.loads(out.read_text()) == {"ecrops": "plan"} | {key: data[key] for key in data if key != "access"}
    assert "access" not in run("plan", "--json", fleet).data
