"""What a job logs: lines of JSON, of its own logger alone."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from ecrops import RepositorySpec
from ecrops.testing import Cloud
from tests.aws_lambda.conftest import Context, Handler, Lines

Make = Callable[..., Handler]
FLEET = [RepositorySpec("team/api"), RepositorySpec("team/bad")]


def test_each_change_and_each_failure_is_a_line_and_one_says_how_it_ended(
    make: Make, memory_cloud: Cloud, lines: Lines
) -> None:
    memory_cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == "team/bad", times=None)
    make(FLEET)({}, Context(request_id="request-7"))
    change, failure, end = lines.all()
    assert {line["requestId"] for line in lines.all()} == {"request-7"}
    assert {line["logger"] for line in lines.all()} == {"ecrops.aws_lambda"}
    assert change["timestamp"].endswith("Z")
    assert len(change["timestamp"]) == len("2026-11-29T19:05:58.640Z")
    assert (change["level"], change["owner"], change["kind"]) == ("INFO", "team/api", "create")
    assert (change["message"], change["operation"]) == ("+ team/api repository", "ecr:CreateRepository")
    assert (failure["level"], failure["owner"], failure["code"]) == ("ERROR", "team/bad", "AccessDeniedException")
    assert (end["level"], end["message"], end["ok"]) == ("WARNING", "1 change was made; 1 failed", False)
    assert not {"changes", "errors"} & end.keys()


def test_only_the_logger_of_jobs_is_set_up(make: Make, lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    root, library = logging.getLogger(), logging.getLogger("ecrops")
    before = [(log.level, list(log.handlers), log.propagate) for log in (root, library)]
    for _ in range(2):
        make(FLEET)({}, Context())
    assert before == [(log.level, list(log.handlers), log.propagate) for log in (root, library)]
    assert [line["message"] for line in lines.all() if "done" in line] == ["2 changes were made", "nothing to do"]
    assert not [record for record in caplog.records if record.name == "ecrops.aws_lambda"]  # Lambda writes those too


def test_lines_go_to_the_standard_output_of_the_moment(
    make: Make, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make(FLEET)
    job({}, Context())
    assert lines.all()
    later = StringIO()
    monkeypatch.setattr(sys, "stdout", later)
    job({}, Context())
    assert "nothing to do" in later.getvalue()


def test_a_logger_that_the_user_has_set_up_stays_as_it_is(
    make: Make, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("ecrops.aws_lambda")
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.WARNING)
    make(FLEET)({}, Context())
    assert not lines.all()
    assert not caplog.records
    log.setLevel(logging.INFO)
    make(FLEET)({}, Context())
    assert [record.message for record in caplog.records] == ["nothing to do"]


def test_the_level_of_the_function_is_that_of_the_lines(
    make: Make, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "WARN")
    make(FLEET)({}, Context())
    assert not lines.all()


def test_a_container_that_starts_imports_only_what_it_needs() -> None:
    program = (
        "import sys; from ecrops.aws_lambda import handler; from ecrops import RepositorySpec;"
        "handler([RepositorySpec('ab')]); print('\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    rooms = (
        "access.grants",
        "events.event",
        "lifecycle.aspect",
        "lifecycle.policy",
        "login",
        "cli",
        "testing",
    )
    unneeded = ("tenacity", "yaml", "moto", "asyncio", *(f"ecrops.{room}" for room in rooms))
    assert not [module for module in done.stdout.split() if module.startswith(unneeded)]
