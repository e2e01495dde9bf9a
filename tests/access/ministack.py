"""ministack: an emulator of somebody else's making that evaluates IAM, in a process and an environment of its own.

``ECROPS_MINISTACK`` names a Python that has it; ``scripts/test`` makes one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

ACCOUNT, REGION = "123456789012", "eu-west-1"
PYTHON = os.environ.get("ECROPS_MINISTACK", "")
MAY_SKIP = not os.environ.get("ECROPS_SKIP_NOTHING")  # .ci/run says that everything must be there
needs_ministack = pytest.mark.skipif(
    not PYTHON and MAY_SKIP,
    reason="no evaluator of IAM is asked: ECROPS_MINISTACK does not name a Python with ministack; scripts/test does",
)


@contextlib.contextmanager
def running(home: Path, services: str = "ecr,iam,sts", *, asks_iam: bool = True) -> Iterator[str]:
    """ministack on loopback, which asks IAM about every call unless told otherwise; its URL."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "AUTH": str(asks_iam).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": services,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
    }
    url = f"http://127.0.0.1:{port}"
    with served([PYTHON, "-m", "ministack"], environment, home, f"{url}/_ministack/health"):
        yield url


@contextlib.contextmanager
def served(command: Sequence[str], environment: Mapping[str, str], home: Path, health: str) -> Iterator[None]:
    """A process that runs meanwhile; its URL ``health`` answers first. It writes to ``log`` in its home."""
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(health, process, home / "log")
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end; end it, if it takes too long."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not start:\n{log.read_text()}")


def session(key: str = ACCOUNT, secret: str = "test", token: str | None = None) -> boto3.Session:
    """A session; a key of twelve digits is the root user of that account."""
    return boto3.Session(key, secret, token, region_name=REGION)


@functools.cache
def client(service: str, *credentials: str) -> Any:
    """A client for the ministack that ``AWS_ENDPOINT_URL`` names: one for all tests, since making it takes long."""
    made: Any = session(*credentials)
    return made.client(service)
