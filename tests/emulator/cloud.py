"""One emulated AWS for one test, in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import boto3
import botocore.session
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from . import ecr, events, iam
from .calls import Recorder
from .faults import Faults
from .server import Server
from .steering import Emulator
from .wire import InProcess, OverHttp, Transport, Wire

Client: TypeAlias = Any
"""A boto3 client, of whichever service. Untyped: tests also send what the stubs forbid."""

REGION = "eu-west-1"
_LOADER = botocore.session.get_session().get_component("data_loader")
"""Shared by all sessions: reading the service models anew costs more than most tests."""


class Cloud:
    """An AWS of the test's own, empty at first.

    `session()` is for the code under test: its calls are recorded in `calls` and meet `faults`.
    `client()` is for everybody else: unrecorded, and nothing goes wrong.
    """

    account = "123456789012"

    def __init__(self, transport: Transport, endpoint_url: str | None = None) -> None:
        self.endpoint_url = endpoint_url
        self.calls = Recorder()
        self.faults = Faults()
        self.emulator = Emulator(self.account, REGION)
        self._clients: dict[tuple[str, str | None, str | None], Client] = {}
        self._wire = Wire(transport, self.calls, self.faults)

    def session(self, region: str | None = None, *, account: str | None = None) -> boto3.Session:
        """A fresh boto3 session for the code under test, in a region and account of the test's choice."""
        return self._session(region, account, observed=True)

    def client(self, service: str, region: str | None = None, *, account: str | None = None) -> Client:
        """A plain boto3 client for somebody else, whose calls are neither recorded nor judged."""
        which = (service, region, account)
        if which not in self._clients:
            session: Any = self._session(region, account, observed=False)
            self._clients[which] = session.client(service)
        return self._clients[which]

    def _session(self, region: str | None, account: str | None, *, observed: bool) -> boto3.Session:
        core = botocore.session.Session()
        core.register_component("data_loader", _LOADER)
        session = boto3.Session("testing", "testing", region_name=region or REGION, botocore_session=core)
        self._wire.attach(session, observed=observed, account=account)
        return session


def _install() -> None:
    ecr.install()
    events.install()
    iam.install()


@contextmanager
def in_memory() -> Iterator[Cloud]:
    """A cloud in this process."""
    _install()
    with mock_aws():
        yield Cloud(InProcess())


@contextmanager
def over_http(server: Server) -> Iterator[Cloud]:
    """A cloud behind a running server, emptied before and after."""
    reset()
    yield Cloud(OverHttp(server.url), server.url)
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
