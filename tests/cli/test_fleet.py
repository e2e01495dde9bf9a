"""plan and apply: what they show, what they make, and how they end."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from ecrops import Registry
from ecrops.testing import Cloud
from support import HERE, registry_of, state

from .conftest import FLEET, Run, write


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    return registry_of(memory_cloud)


def test_a_plan_is_what_the_library_prints_and_only_reads(
    run: Run, fleet: str, registry: Registry, memory_cloud: Cloud
) -> None:
    from ecrops import fleet_from_dict

    ran = run("plan", fleet)
    expected = registry.plan(*fleet_from_dict(FLEET))
    assert ran.out == f"{expected}\n"
    assert ran.out.startswith(HERE)
    assert ran.code == 0
    assert expected.checksum in ran.err
    assert memory_cloud.calls.writes() == []


def test_a_plan_says_by_its_exit_code_whether_something_differs(run: Run, fleet: str) -> None:
    assert run("plan", "--detailed-exitcode", fleet).code == 2
    assert run("apply", "--yes", fleet).code == 0
    ran = run("plan", "--detailed-exitcode", fleet)
    assert (ran.code, ran.out, ran.err) == (0, "nothing to do\n", "")


def test_apply_makes_the_fleet_and_the_second_time_nothing(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    ran = run("apply", "--yes", fleet)
    assert ran.code == 0
    assert ran.out.endswith("4 created\n")
    assert set(state(memory_cloud)) == {"team/api", "team/worker", "other/tool"}
    again = run("apply", fleet)  # nothing to do: nobody is asked
    assert (again.code, again.out) == (0, "nothing to do\n")


def test_several_files_and_a_part_of_them(run: Run, fleet: str, tmp_path: Path, memory_cloud: Cloud) -> None:
    more = write(tmp_path / "more.json", {"repositories": [{"name": "team/third"}]})
    assert run("apply", "--yes", "--only", "team/*", fleet, more).code == 0
    assert set(state(memory_cloud)) == {"team/api", "team/worker", "team/third"}
    ran = run("plan", "--only", "tema/*", fleet)
    assert ran.code == 1
    assert "tema/*" in ran.err


def test_a_file_comes_from_stdin(run: Run, memory_cloud: Cloud) -> None:
    assert run("apply", "--yes", "-", stdin=json.dumps(FLEET)).code == 0
    assert set(state(memory_cloud)) == {"team/api", "team/worker", "other/tool"}
    ran = run("apply", "-", stdin=json.dumps({"repositories": [{"name": "team/new"}]}))
    assert ran.code == 1
    assert "stdin is the fleet file" in ran.err
    assert "--yes" in ran.err


def test_stdin_and_files_are_read_as_one(run: Run, fleet: str, tmp_path: Path) -> None:
    tags = write(tmp_path / "tags.json", {"defaults": {"tags": {"team": "web"}}})
    mutability = json.dumps({"defaults": {"image_tag_mutability": "IMMUTABLE"}})
    new = json.dumps({"repositories": [{"name": "team/new"}]})
    assert "+ team/new repository: team=web" in run("plan", tags, "-", stdin=new).out
    assert "+ other/tool repository: IMMUTABLE" in run("plan", "-", fleet, stdin=mutability).out
    twice = run("plan", fleet, "-", stdin=json.dumps({"repositories": [{"name": "team/api"}, {"nme": ""}]}))
    assert "'team/api' is in" in twice.err
    assert "<stdin>:1:42: repositories[1].nme: unknown key" in twice.err  # every mistake of all is said at once
    settings = {"account_settings": {"BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE"}}
    file = write(tmp_path / "settings.json", {"registry": settings})
    assert run("plan", file, "-", stdin=json.dumps({"registry": {"scanning": {"scan_type": "BASIC"}}})).code == 0


@pytest.mark.parametrize("command", [("plan", "-"), ("lint", "-")])
def test_stdin_is_utf_8_whatever_a_terminal_has(run: Run, command: tuple[str, ...]) -> None:
    text = json.dumps({"repositories": [{"name": "team/api", "tags": {"who": "Zoë"}}]}, ensure_ascii=False)
    if command[0] == "lint":
        rule = {"rulePriority": 1, "description": "Zoë", "action": {"type": "expire"}}
        rule["selection"] = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}
        text = json.dumps({"rules": [rule]}, ensure_ascii=False)
    assert run(*command, stdin=text).code == 0
    assert run(*command, stdin=b"\xef\xbb\xbf" + text.encode()).code == 0
    ran = run(*command, stdin=text.encode("latin-1"))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ecrops: <stdin>: expected a text in UTF-8")
    assert "UTF-16, which PowerShell writes" in run(*command, stdin=text.encode("utf-16")).err


def test_json_from_stdin_needs_no_yaml(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run("plan", "-", stdin='{"repositories": [{"name": "team/api"}]}').code == 0


@pytest.mark.parametrize("more", [("--yes",), (), ("--yes", "--deletes", "1")])
def test_an_approval_that_is_empty_approves_nothing(
    run: Run, fleet: str, memory_cloud: Cloud, more: tuple[str, ...]
) -> None:
    ran = run("apply", "--approved", "", *more, fleet)
    assert ran.code == 1
    assert "approved: expected a value, got an empty text: is a variable not set?" in ran.err
    assert memory_cloud.calls.writes() == []


@pytest.mark.parametrize(
    "arguments",
    ["plan --region= f", "plan --profile= f", "plan --out= f", "export EMPTY", "plan EMPTY", "plan --only= f"],
)
def test_an_empty_argument_is_none_that_was_left_out(run: Run, arguments: str) -> None:
    ran = run(*("" if word == "EMPTY" else word for word in arguments.split()))
    assert ran.code == 1
    assert "got an empty text" in ran.err


def test_without_a_terminal_and_without_a_yes_nothing_is_done(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    ran = run("apply", fleet)
    assert ran.code == 1
    assert "say --yes, or --approved CHECKSUM" in ran.err
    assert memory_cloud.calls.writes() == []


def test_what_was_approved_is_made_and_nothing_else(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    checksum = run("plan", "--json", fleet).data["checksum"]
    other = run("apply", "--approved", "0" * 64, fleet)
    assert other.code == 3
    assert checksum in other.err
    assert memory_cloud.calls.writes() == []
    assert run("apply", "--approved", checksum, fleet).code == 0
    assert set(state(memory_cloud)) == {"team/api", "team/worker", "other/tool"}
    assert run("apply", "--approved", checksum, fleet).code == 0  # a job that is run again is done


def test_the_rest_of_an_approved_plan_is_made_with_the_plan(
    run: Run, fleet: str, tmp_path: Path, memory_cloud: Cloud
) -> None:
    file = str(tmp_path / "plan.json")
    checksum = run("plan", "--json", "--out", file, fleet).data["checksum"]
    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", times=1)
    assert run("apply", "--approved", checksum, "--plan", file, fleet).code == 4
    without = run("apply", "--approved", checksum, fleet)
    assert without.code == 3
    assert "--plan FILE" in without.err
    assert run("apply", "--approved", checksum, "--plan", file, fleet).code == 0
    assert run("plan", "--detailed-exitcode", fleet).code == 0


def test_a_plan_that_is_not_the_approved_one_allows_nothing(
    run: Run, fleet: str, tmp_path: Path, memory_cloud: Cloud
) -> None:
    file, more = tmp_path / "plan.json", write(tmp_path / "more.json", {"repositories": [{"name": "another/one"}]})
    checksum = run("plan", "--json", "--out", str(file), fleet).data["checksum"]
    approved = ("apply", "--approved", checksum, "--plan", str(file))
    beyond = run(*approved, fleet, more)
    assert beyond.code == 3
    assert "another/one" in beyond.err
    assert "team/api" not in beyond.err, "what was approved is not what stops it"
    written = json.loads(file.read_text())
    for text, reason in (
        ("[]", "expected a plan"),
        ("{", "expected a plan"),
        (json.dumps(written | {"checksum": "0" * 64}), "was approved, and"),
        (json.dumps(written | {"changes": written["changes"][1:]}), "does not fit its changes"),
        (json.dumps(written | {"region": "us-east-1"}), "does not fit its changes"),
    ):
        file.write_text(text)
        refused = run(*approved, fleet)
        assert refused.code == 1, text
        assert reason in refused.err
    assert "--plan needs --approved" in run("apply", "--plan", str(file), "--yes", fleet).err
    assert "No such file" in run("apply", "--approved", checksum, "--plan", str(tmp_path / "no"), fleet).err
    assert memory_cloud.calls.writes() == []


def test_yes_deletes_nothing_unless_it_is_said_how_much(run: Run, fleet: str, tmp_path: Path) -> None:
    assert run("apply", "--yes", fleet).code == 0
    fewer = write(tmp_path / "fewer.json", {"repositories": [{"name": "team/api", "lifecycle_rules": []}]})
    ran = run("apply", "--yes", fewer)
    assert ran.code == 3
    assert "--deletes" in ran.err
    assert run("apply", "--yes", "--deletes", "1", fewer).code == 0


def test_an_approval_covers_deletions_unless_a_number_is_given(run: Run, fleet: str, tmp_path: Path) -> None:
    assert run("apply", "--yes", fleet).code == 0
    fewer = write(tmp_path / "fewer.json", {"repositories": [{"name": "team/api", "lifecycle_rules": []}]})
    checksum = run("plan", "--json", fewer).data["checksum"]
    assert run("apply", "--approved", checksum, "--deletes", "0", fewer).code == 3
    assert run("apply", "--approved", checksum, fewer).code == 0


def test_a_conflict_has_an_exit_code_of_its_own(run: Run, fleet: str, tmp_path: Path, memory_cloud: Cloud) -> None:
    assert run("apply", "--yes", fleet).code == 0
    writes = len(memory_cloud.calls.writes())
    other = write(tmp_path / "kms.json", {"repositories": [{"name": "team/api", "encryption": "KMS"}]})
    assert run("plan", other).code == 3
    assert run("apply", "--yes", other).code == 3
    failed = run("apply", "--yes", "--json", other)
    assert failed.code == failed.data["error"]["exit_code"] == 3
    assert failed.data["error"]["type"] == "ConflictError"
    assert len(memory_cloud.calls.writes()) == writes


def test_what_is_partly_done_has_an_exit_code_of_its_own(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", times=None)
    ran = run("apply", "--yes", "--json", fleet)
    assert ran.code == 4
    assert {change["owner"] for change in ran.data["error"]["applied"]} == {"team/api", "team/worker", "other/tool"}


def test_one_repository_that_is_partly_done(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", times=None)
    ran = run("apply", "--yes", "--only", "team/api", fleet)
    assert ran.code == 4
    assert "ecr:PutLifecyclePolicy" in ran.err
    assert "Traceback" not in ran.err


def test_an_error_before_anything_was_done_is_an_error(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="CreateRepository", times=None)
    ran = run("apply", "--yes", fleet)
    assert ran.code == 1
    assert "ecr:CreateRepository" in ran.err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_what_was_done(stop: signal.Signals, run: Run, tmp_path: Path, memory_cloud: Cloud) -> None:
    names = [f"app/n{number:02}" for number in range(40)]
    many = write(tmp_path / "many.json", {"repositories": [{"name": name} for name in names]})
    calls = iter(range(1000))

    def stop_at_the_thirtieth(call: object) -> bool:
        if next(calls) == 29:
            signal.raise_signal(stop)
        return False

    memory_cloud.faults.on("denied", operation="CreateRepository", where=stop_at_the_thirtieth, times=None)
    ran = run("apply", "--yes", many)
    assert ran.code == 130
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert "running again makes what is still missing" in ran.err
    assert "Traceback" not in ran.err
