"""Errors: one sentence and the way out, an exit code, JSON where it was asked for, and no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from ecrops.cli.exit_codes import MEANINGS
from ecrops.cli.main import main
from ecrops.testing import Cloud

from .conftest import Run, write


@pytest.mark.parametrize(
    "arguments, reason",
    [
        ((), "COMMAND"),
        (("pln",), "there is no command 'pln'; did you mean plan?"),
        (("plan",), "FILE"),
        (("apply", "--deletes", "many", "f.yaml"), "--deletes"),
        (("plan", "--detailed", "f.yaml"), "--detailed"),
        (("login", "--print", "--config", "x"), "--config"),
    ],
)
def test_wrong_arguments_do_not_end_like_a_difference(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    ran = run(*arguments)
    assert ran.code == 1
    assert reason in ran.err
    assert "usage: ecrops" in ran.err
    assert ran.out == ""
    as_json = run("--json", *arguments)
    assert as_json.code == as_json.data["error"]["exit_code"] == 1
    assert reason in as_json.data["error"]["message"]


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    ran = run("plan", str(tmp_path / "nothing.yaml"))
    assert ran.code == 1
    assert "nothing.yaml: No such file or directory" in ran.err
    assert "Traceback" not in ran.err


def test_every_mistake_of_a_file_is_named(run: Run, tmp_path: Path) -> None:
    wrong = write(tmp_path / "wrong.json", {"repositories": [{"name": "a/b", "tgas": {}}, {"name": "UPPER"}]})
    ran = run("plan", wrong)
    assert ran.code == 1
    assert ran.err.startswith(f"ecrops: 2 mistakes:\n  {wrong}:1:")
    assert "tgas: unknown key; did you mean tags?" in ran.err
    assert "UPPER" in ran.err
    assert len(run("plan", "--json", wrong).data["error"]["reasons"]) == 2


def test_an_error_of_aws_is_as_json_too(run: Run) -> None:
    ran = run("show", "--json", "team/none")
    assert ran.code == 1
    error = ran.data["error"]
    assert set(error) == {"type", "code", "message", "reasons", "notes", "errors", "conflicts", "exit_code", "applied"}
    assert error["code"] == "RepositoryNotFoundException"
    assert ran.err == ""


def test_only_debug_shows_tracebacks_and_logs(run: Run, memory_cloud: Cloud) -> None:
    plain = run("show", "team/none")
    assert "Traceback" not in plain.err
    assert plain.err.startswith("ecrops: ")
    debug = run("show", "--debug", "team/none")
    assert "Traceback" in debug.err
    assert debug.code == 1
    made = run("apply", "--yes", "--debug", "-", stdin=json.dumps({"repositories": [{"name": "team/api"}]}))
    assert "info: + team/api repository" in made.err


def test_a_mistake_of_ecrops_is_said_to_be_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise AttributeError("nothing")

    monkeypatch.setattr("ecrops.registry.Registry.describe", broken)
    ran = run("export")
    assert ran.code == 1
    assert (
        ran.err
        == "ecrops: AttributeError: nothing\n  this is a mistake of ecrops: --debug shows where; please report it\n"
    )


@pytest.mark.parametrize(
    "unset, arguments, way_out",
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), (), "AWS_ACCESS_KEY_ID"),
        (("AWS_DEFAULT_REGION",), (), "--region"),
        ((), ("--profile", "nope"), "list-profiles"),
    ],
)
def test_what_is_missing_to_call_aws_is_said(
    unset: tuple[str, ...],
    arguments: tuple[str, ...],
    way_out: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in unset:
        monkeypatch.delenv(name)
    assert main(["show", "team/api", *arguments]) == 1
    assert way_out in capsys.readouterr().err


def test_profile_and_region_may_stand_before_and_after_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, memory_cloud: Cloud
) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def session(arguments: object) -> boto3.Session:
        asked.append((getattr(arguments, "profile", ""), getattr(arguments, "region", "")))
        return memory_cloud.session()

    monkeypatch.setattr("ecrops.cli.account.session_of", session)
    run("--profile", "a", "export", "--region", "b")
    run("--region", "b", "export", "--profile", "a")
    run("export")
    assert asked == [("a", "b"), ("a", "b"), (None, None)]


def test_the_help_says_what_exit_codes_mean(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for code, meaning in MEANINGS.items():
        assert f"{code:<4}{meaning}" in ran.out
    assert run("--version").out.startswith("ecrops ")


def test_json_is_json_whatever_aws_says(run: Run, memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["team/api"])
    memory_cloud.emulator.keep("team/api", tags={"note": "\x1b[31mred\nand more"})
    assert json.loads(run("show", "--json", "team/api").out)["verbatim"]["tags"] == {"note": "\x1b[31mred\nand more"}
    assert "\x1b" not in run("show", "team/api").out
