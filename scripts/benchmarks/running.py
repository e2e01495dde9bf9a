"""A server, and contenders that run against it, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
STEPS = ("create", "nothing", "drift")
Figures = dict[str, float]


@contextmanager
def server(*options: str) -> Iterator[str]:
    """Run a server in a process of its own, and yield its address."""
    command = [sys.executable, str(HERE / "server.py"), *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def counts(url: str) -> Figures:
    """Return the calls of a server, how many it throttled, and the processor time that it has used."""
    with urllib.request.urlopen(f"{url}/counts") as answer:
        return {"calls": 0, "throttled": 0, **json.loads(answer.read())}


def python_of(contender: str) -> str:
    """Return the Python that has what a contender imports: ``BENCH_AIOBOTOCORE`` names that of aiobotocore."""
    return os.environ.get("BENCH_AIOBOTOCORE", sys.executable) if contender == "aiobotocore" else sys.executable


def is_there(contender: str) -> bool:
    """Whether what a contender imports is installed."""
    return contender != "aiobotocore" or "BENCH_AIOBOTOCORE" in os.environ or find_spec("aiobotocore") is not None


def run(contender: str, count: int, step: str, url: str, limit: float = 600) -> Figures:
    """Run a contender once, and return what it cost, and what it cost the server.

    Raises:
        subprocess.CalledProcessError: It failed.
        subprocess.TimeoutExpired: It took longer than the limit.
    """
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": url,
        "TZ": "UTC",  # without it, the C library looks for the zone of this machine at every date
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }
    before = counts(url)
    command = [python_of(contender), str(HERE / "contenders.py"), contender, str(count), step]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=limit)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    after = counts(url)
    figures: Figures = json.loads(done.stdout)
    figures |= {name: after[name] - before[name] for name in ("calls", "throttled")}
    figures["server"] = after["seconds"] - before["seconds"]
    return figures
