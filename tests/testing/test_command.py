"""``python -m ecrops.testing``, as a process and as a function."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest

from ecrops.testing import environment
from ecrops.testing.__main__ import main

SERVE = [sys.executable, "-m", "ecrops.testing"]
PROGRAM = """
import os, sys
from ecrops import Registry
print(*(name for name in sorted(os.environ) if name.startswith("AWS_PRO")))
print(*sorted(Registry().repository(name).exists() for name in ("shop/cart", "nothing")))
sys.exit(7)
"""
HELP = """
import atexit, sys
from ecrops.testing.__main__ import main
atexit.register(lambda: print("boto3" in sys.modules, file=sys.stderr))
main(["--help"])
"""


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody else has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def test_a_command_runs_on_the_example_and_gives_its_exit_code(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert main(["--example", sys.executable, "-c", PROGRAM]) == 7
    assert capfd.readouterr().out == "\nFalse True\n"


def test_two_dashes_end_the_options() -> None:
    assert main(["--", sys.executable, "-c", "import sys; sys.exit(len(sys.argv))", "--port", "1"]) == 3


def test_a_command_that_is_killed_gives_the_code_of_a_shell() -> None:
    assert main([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"]) == 143


def test_a_command_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-program"]) == 127
    assert capsys.readouterr().err == "no-such-program cannot be run: No such file or directory\n"


def test_a_taken_port_is_one_sentence(taken: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", taken, "true"]) == 1
    assert capfd.readouterr().err == f"port {taken} of 127.0.0.1 cannot be used: Address already in use\n"


@pytest.mark.parametrize("port", ["-1", "65536", "http", "4_000"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--port", port])
    assert "argument --port: expected" in capsys.readouterr().err


def test_without_a_command_it_serves_until_ctrl_c() -> None:
    with subprocess.Popen(SERVE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("export no_proxy"):
            lines.append(process.stdout.readline())
        exported = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines if "=" in line)
        url = exported["AWS_ENDPOINT_URL"]
        assert url.startswith("http://127.0.0.1:")
        assert exported == environment(url)
        ecr = boto3.client("ecr", endpoint_url=url)
        assert ecr.describe_repositories()["repositories"] == []
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_help_imports_no_boto3() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("usage: python -m ecrops.testing")
    assert done.stderr == "False\n"
