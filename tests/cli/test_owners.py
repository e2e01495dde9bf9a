"""Failures, conflicts and notes: each names its owner, says the way out first, and goes to the right stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecrops.cli.console import Console
from ecrops.testing import Cloud

from .conftest import FLEET, Run, write

GRANT = {"allow": "pull", "principal": "111122223333"}
NAMES = ("base/python", "base/node", "base/java")


def fleet_of(path: Path, *names: str, **fields: Any) -> str:
    return write(path / "these.json", {"repositories": [{"name": name, **fields} for name in names]})


@pytest.mark.parametrize("names", [("other/tool",), ("team/api", "other/tool"), tuple(f"app/n{n}" for n in range(8))])
def test_the_way_out_of_a_conflict_names_what_it_is_for(run: Run, tmp_path: Path, names: tuple[str, ...]) -> None:
    assert run("apply", "--yes", fleet_of(tmp_path, *names)).code == 0
    other = fleet_of(tmp_path, *names, encryption="KMS")
    for command in (("plan",), ("apply", "--yes")):
        ran = run(*command, other)
        assert ran.code == 3
        [line] = [line for line in ran.err.splitlines() if "encryption is chosen once" in line]
        named = names[:5]
        assert line.strip().startswith(", ".join(f"{name} encryption" for name in named))
        assert (" and 3 more: " in line) == (len(names) == 8)
    findings = run("doctor", "--json", other).data["findings"]
    problems = {finding["subject"]: finding["text"] for finding in findings if finding["state"] == "problem"}
    for name in names:
        assert problems[f"{name} encryption"].startswith("AES256 -> KMS; encryption is chosen once")


def test_json_has_a_conflict_for_each_owner(run: Run, tmp_path: Path) -> None:
    assert run("apply", "--yes", fleet_of(tmp_path, *NAMES)).code == 0
    error = run("apply", "--yes", "--json", fleet_of(tmp_path, *NAMES, encryption="KMS")).data["error"]
    assert [conflict["owner"] for conflict in error["conflicts"]] == list(NAMES)
    first = error["conflicts"][0]
    assert list(first) == ["owner", "what", "before", "after", "advice"]
    assert (first["what"], first["before"], first["after"]) == ("encryption", "AES256", "KMS")
    assert first["advice"].startswith("encryption is chosen once")


@pytest.fixture
def denied(memory_cloud: Cloud) -> None:
    """Nobody may make the repositories of a team."""
    memory_cloud.faults.on(
        "denied",
        operation="CreateRepository",
        where=lambda call: call.params["repositoryName"].startswith("team/"),
        times=None,
    )


def test_each_failure_is_one_line_with_the_way_out_first(run: Run, fleet: str, denied: None) -> None:
    ran = run("apply", "--yes", fleet)
    assert ran.code == 4
    first, *lines = ran.err.partition("ecrops: ")[2].splitlines()
    assert first == "2 could not be finished; 1 change was made"
    assert sorted(lines) == [
        f"  {name}: the caller needs the IAM action ecr:CreateRepository (AccessDeniedException)"
        for name in ("team/api", "team/worker")
    ]
    assert ran.out.splitlines()[1:] == ["+ other/tool repository", "1 created"]


def test_many_failures_are_a_few_lines(run: Run, tmp_path: Path, denied: None) -> None:
    ran = run("apply", "--yes", fleet_of(tmp_path, *(f"team/n{number}" for number in range(14))))
    assert ran.code == 1
    assert "and 4 more; --json lists them all" in ran.err
    assert len([line for line in ran.err.splitlines() if line.startswith("  team/n")]) == 10
    assert ran.out == ""


def test_what_was_made_is_bounded(run: Run, tmp_path: Path, denied: None) -> None:
    names = ["team/api", *(f"app/n{number:02}" for number in range(14))]
    lines = run("apply", "--yes", fleet_of(tmp_path, *names)).out.splitlines()
    assert len([line for line in lines if line.startswith("+ app/")]) == 10
    assert lines[-2:] == ["and 4 more", "14 created"]


def test_what_was_made_of_one_owner_is_said_once(run: Run, fleet: str, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", times=None)
    ran = run("apply", "--yes", "--only", "team/api", fleet)
    assert ran.code == 4
    assert ran.out.splitlines()[1:] == ["+ team/api repository: scan on push", "1 created"]
    assert "done before" not in ran.err


def test_json_has_an_error_for_each_owner(run: Run, fleet: str, denied: None) -> None:
    error = run("apply", "--yes", "--json", fleet).data["error"]
    assert error["message"] == "2 could not be finished; 1 change was made"
    assert sorted(failure["owner"] for failure in error["errors"]) == ["team/api", "team/worker"]
    for failure in error["errors"]:
        assert list(failure) == ["owner", "type", "code", "message", "notes"]
        assert (failure["type"], failure["code"]) == ("ClientError", "AccessDeniedException")
        assert "the caller needs the IAM action ecr:CreateRepository" in failure["notes"]
        assert "\n" not in failure["message"]


@pytest.mark.parametrize(
    "operation, arguments",
    [("GetLifecyclePolicy", ("show", "team/api")), ("PutLifecyclePolicy", ("apply", "--yes", "-"))],
)
def test_json_names_the_owner_of_a_single_error(
    run: Run, operation: str, arguments: tuple[str, ...], memory_cloud: Cloud
) -> None:
    assert run("apply", "--yes", "-", stdin='{"repositories": [{"name": "team/api"}]}').code == 0
    memory_cloud.faults.on("denied", operation=operation, times=None)
    rules = '{"repositories": [{"name": "team/api", "lifecycle_rules": [{"max_image_count": 3}]}]}'
    [failure] = run(*arguments, "--json", stdin=rules).data["error"]["errors"]
    assert (failure["owner"], failure["code"]) == ("team/api", "AccessDeniedException")


def test_notes_and_the_checksum_are_no_part_of_stdout(run: Run, tmp_path: Path) -> None:
    granted = fleet_of(tmp_path, *NAMES, grants=[GRANT])
    ran = run("plan", granted)
    assert ran.out.splitlines()[-1] == "6 to create"
    assert "note: base/python, base/node, base/java: users and roles" in ran.err
    assert ran.err.splitlines()[-1].startswith("checksum")
    planned = run("plan", "--json", granted)
    assert (len(planned.data["notes"]), planned.err) == (1, "")
    made = run("apply", "--yes", granted)
    assert made.out.splitlines()[-1] == "6 created"
    assert made.err.count("note: ") == 1


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_note_of_the_plan_is_not_repeated_after_it(
    run: Run, tmp_path: Path, is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "can_ask", lambda console: True)
    monkeypatch.setattr(Console, "ask", lambda console, question: True)
    monkeypatch.setattr("ecrops.base.render.is_terminal", lambda stream: is_terminal)
    ran = run("apply", fleet_of(tmp_path, *NAMES, grants=[GRANT]))
    assert ran.code == 0
    assert (ran.out + ran.err).count("note: ") == 1
    assert "note: " in ran.err
    assert ran.out.splitlines()[-1] == "6 created"


def test_a_wrong_checksum_is_answered_with_the_summary(run: Run, fleet: str) -> None:
    ran = run("apply", "--approved", "0" * 64, fleet)
    assert (ran.code, len(ran.err.splitlines())) == (3, 2)
    assert "(4 to create)" in ran.err
    assert "--plan FILE" in ran.err
    assert run("apply", "--json", "--approved", "0" * 64, fleet).data["error"]["conflicts"] == []


@pytest.mark.parametrize("length, got", [(12, "got 12 characters"), (63, "got 63 characters"), (0, "got 'CHECKSUM'")])
def test_a_part_of_a_checksum_is_none(run: Run, fleet: str, memory_cloud: Cloud, length: int, got: str) -> None:
    checksum = run("plan", "--json", fleet).data["checksum"]
    ran = run("apply", "--approved", checksum[:length] or "CHECKSUM", fleet)
    assert ran.code == 1
    assert "all 64 characters" in ran.err
    assert got in ran.err
    assert memory_cloud.calls.writes() == []


@pytest.mark.parametrize(
    "arguments, data, words",
    [
        (("show", "team/none"), None, "name it in a fleet file, and ecrops apply makes it"),
        (("import", "terraform", "-"), "{", "print it\n"),
        (
            ("plan", "-"),
            {"registry": {"replication": [{"to": ["222233334444/eu-west-1"], "prefix": ["prod/"]}]}},
            "registry: {creation_templates: [{prefix: prod, applied_for: [REPLICATION], …}]}",
        ),
    ],
)
def test_messages_have_the_words_of_the_command(run: Run, arguments: tuple[str, ...], data: Any, words: str) -> None:
    ran = run(*arguments, stdin=data if isinstance(data, str) else json.dumps(data or FLEET))
    assert words in ran.err
    for python in ("registry.", "Repository.", "session=", "Path(", ".applied"):
        assert python not in ran.err + ran.out
