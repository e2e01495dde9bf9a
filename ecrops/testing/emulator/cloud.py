"""One emulated AWS for one test, in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber

from . import ecr, ecr_public, events, iam, secrets
from .calls import Recorder
from .faults import Faults
from .server import Server
from .sessions import REGION, Sessions
from .steering import Emulator
from .wire import InProcess, Wire

Client: TypeAlias = Any
"""A boto3 client, of whichever service. Untyped: tests also send what the stubs forbid."""

_IN_PROCESS = Sessions(Wire(InProcess()))
_ONCE = Config(retries={"total_max_attempts": 1})


class Cloud:
    """An AWS of the test's own, empty at first.

    `session()` is for the code under test: its calls are recorded in `calls` and meet `faults`.
    `client()` is for everybody else: unrecorded, and nothing goes wrong.
    """

    account = "123456789012"

    def __init__(self, sessions: Sessions, endpoint_url: str | None = None) -> None:
        self.endpoint_url = endpoint_url
        self.calls, self.faults = Recorder(), Faults()
        self.emulator = Emulator(self.account, REGION)
        self._sessions = sessions
        sessions.wire.serve(self.calls, self.faults)

    def session(self, region: str = REGION, *, account: str | None = None, own: bool = False) -> boto3.Session:
        """A boto3 session for the code under test, in a region and account of the test's choice.

        Its clients are those of other tests, unless it is to be the test's own: for what it registers and configures.
        """
        make = self._sessions.own if own else self._sessions.shared
        return make(region, account, observed=True)

    def client(self, service: str, region: str = REGION, *, account: str | None = None) -> Client:
        """A plain boto3 client for somebody else, whose calls are neither recorded nor judged."""
        session: Any = self._sessions.shared(region, account, observed=False)
        return session.client(service, config=_ONCE)


def _install() -> None:
    ecr.install()
    ecr_public.install()
    events.install()
    iam.install()
    secrets.install()


@contextmanager
def in_memory() -> Iterator[Cloud]:
    """A cloud in this process, emptied before and after."""
    _install()
    reset()
    botocore_stubber.enabled = True
    try:
        yield Cloud(_IN_PROCESS)
    finally:
        botocore_stubber.enabled = False
        reset()


@contextmanager
def over_http(server: Server) -> Iterator[Cloud]:
    """A cloud behind a running server, emptied before and after."""
    reset()
    yield Cloud(server.sessions, server.url)
    reset()


@contextmanager
def running_server() -> Iterator[Server]:
    """A server on loopback with the emulator in it."""
    _install()
    server = Server()
    server.start()
    yield server
    server.stop()


def reset() -> None:
    """Forget everything that any service holds."""
    BackendDict.reset()
    reset_model_data()


__all__ = ["REGION", "Client", "Cloud", "in_memory", "over_http", "running_server"]
