"""Handlers that are called as Lambda calls them, on the emulated AWS."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ecrops import Registry
from ecrops.aws_lambda import handler
from ecrops.testing import Cloud
from support import registry_of

Handler = Callable[[Any, Any], dict[str, Any]]
RIC = os.environ.get("ECROPS_AWSLAMBDARIC", "")
"""A Python with Lambda's own client of the runtime."""
takes_long = pytest.mark.skipif(not RIC, reason="run scripts/judges/awslambdaric")


class Context:
    """What Lambda gives to a handler."""

    def __init__(self, seconds: float = 900, request_id: str = "request-1") -> None:
        self.aws_request_id = request_id
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * max(0.0, self._end - time.monotonic()))


class Lines:
    """The lines that a job has logged, as JSON."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._read = capsys, list[dict[str, Any]]()

    def all(self) -> list[dict[str, Any]]:
        self._read += [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
        return self._read


@pytest.fixture(autouse=True)
def fresh_logger() -> Iterator[None]:
    """The logger of jobs, as nobody has set it up yet."""
    yield
    log = logging.getLogger("ecrops.aws_lambda")
    log.handlers.clear()
    log.setLevel(logging.NOTSET)
    log.propagate = True


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


@pytest.fixture
def make(memory_cloud: Cloud) -> Callable[..., Handler]:
    """Makes a handler for the registry of the emulated account, which waits for nothing."""

    def make(fleet: Any, **options: Any) -> Handler:
        registry: Registry = options.pop("registry", None) or registry_of(memory_cloud, **options.pop("of", {}))
        return handler(fleet, registry=registry, **options)

    return make
