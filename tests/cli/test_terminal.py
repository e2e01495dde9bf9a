"""The command as a process: in a terminal, in pipes, and where nobody reads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecrops.cli.console import Console
from ecrops.cli.main import main
from ecrops.testing import Cloud
from support import state

from .conftest import Run, write
from .terminal import CTRL_C, Terminal

ECROPS = [sys.executable, "-m", "ecrops.cli"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(http_cloud: Cloud) -> dict[str, str]:
    assert http_cloud.endpoint_url
    ours = {"AWS_ENDPOINT_URL": http_cloud.endpoint_url, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}
    return {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | ours


def test_it_asks_in_colour_and_makes_what_was_agreed_to(
    environment: dict[str, str], fleet: str, http_cloud: Cloud
) -> None:
    terminal = Terminal([*ECROPS, "apply", fleet], environment)
    terminal.wait_for("Make these changes (4 to create)? [y/N] ")
    assert "\x1b[32m+" in terminal.shown
    assert state(http_cloud) == {}
    terminal.press("y\n")
    assert terminal.end() == 0
    assert " of 4" in terminal.shown
    assert terminal.shown.rstrip().endswith("4 created")
    assert set(state(http_cloud)) == {"team/api", "team/worker", "other/tool"}


def test_ctrl_c_in_the_middle_says_what_was_done(
    environment: dict[str, str], tmp_path: Path, http_cloud: Cloud
) -> None:
    names = [f"app/n{number:03}" for number in range(300)]
    many = write(tmp_path / "many.json", {"repositories": [{"name": name} for name in names]})
    terminal = Terminal([*ECROPS, "apply", "--yes", many], {**environment, "NO_COLOR": "1"})
    terminal.wait_for(" of 300")
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "running again makes what is still missing" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert "\x1b[32m" not in terminal.shown
    assert 0 < len(state(http_cloud)) < 300


def test_ctrl_c_at_the_question_changes_nothing(
    run: Run, fleet: str, memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(question: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "can_ask", lambda console: True)
    monkeypatch.setattr(Console, "ask", lambda console, question: stop(question))
    ran = run("apply", fleet)
    assert (ran.code, ran.err.splitlines()[-1]) == (130, "ecrops: stopped")
    assert memory_cloud.calls.writes() == []


def test_ctrl_c_at_the_question_ends_its_line(environment: dict[str, str], fleet: str) -> None:
    terminal = Terminal([*ECROPS, "apply", fleet], environment)
    terminal.wait_for("[y/N] ")
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "\necrops: stopped\n" in terminal.shown


def piped(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, in which ``$0`` is Python."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    return subprocess.run(
        ["bash", "-c", line, sys.executable], env=environment, capture_output=True, text=True, check=True
    )


def test_jq_reads_json(tmp_path: Path) -> None:
    odd = write(tmp_path / "odd.json", {"rules": [{}]})
    reader = "jq -r .error.type" if shutil.which("jq") else f"{sys.executable} -m json.tool"
    ran = piped(f'"$0" -m ecrops.cli lint --json {odd} | {reader}; echo "${{PIPESTATUS[@]}}"')
    assert "SpecError" in ran.stdout
    assert ran.stdout.endswith("1 0\n")
    assert ran.stderr == ""


def test_a_pipe_that_nobody_reads_is_no_error() -> None:
    ran = piped('"$0" -m ecrops.cli --help | true; echo "${PIPESTATUS[@]}"')
    assert (ran.stdout, ran.stderr) == ("0 0\n", "")


@pytest.mark.parametrize("arguments", [("plan",), ("apply", "--yes")])
def test_what_was_begun_goes_on_when_nobody_reads(
    run: Run, arguments: tuple[str, ...], fleet: str, memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr(sys, "stdout", nobody)
        assert main([*arguments, fleet]) == 0
    if "apply" in arguments:
        assert set(state(memory_cloud)) == {"team/api", "team/worker", "other/tool"}


@pytest.mark.parametrize("closed", [("stdout",), ("stderr",), ("stdout", "stderr", "stdin")])
def test_streams_that_were_closed_before_end_nothing(
    run: Run,
    closed: tuple[str, ...],
    fleet: str,
    memory_cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in closed:  # as Python has them after >&-
        monkeypatch.setattr(sys, name, None)
    assert main(["apply", "--yes", "--json", fleet]) == 0
    assert set(state(memory_cloud)) == {"team/api", "team/worker", "other/tool"}
    shown = capsys.readouterr()
    if "stdout" not in closed:
        assert json.loads(shown.out)["summary"] == "4 created"
    assert main(["plan", "nothing.yaml"]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
@pytest.mark.parametrize(
    "arguments, code",
    [(["--help"], 1), (["plan"], 1), (["export"], 1), (["apply", "--yes"], 4), (["apply", "--yes", "--json"], 4)],
)
def test_a_result_that_cannot_be_written_is_an_error(
    run: Run,
    arguments: list[str],
    code: int,
    fleet: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [fleet] if arguments[0] in ("plan", "apply") else []
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main([*arguments, *files]) == code
    assert "ecrops: the standard output: No space left on device\n" in capsys.readouterr().err
