"""One emulated AWS for one test, in this process or behind a socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber

from ecrops.engine.turns import TURNS
from ecrops.testing.isolation import REGION

from . import botocores, ecr, ecr_public, events
from .calls import Recorder
from .distribution.door import DOOR
from .ecr.content.verbs import Pushes
from .faults import Faults
from .seeding import SeededImage, described
from .server import Server
from .services import accounts, iam, organizations, secrets, sts
from .sessions import Sessions
from .steering import Emulator
from .wire import InProcess, Wire

Client: TypeAlias = Any
"""A boto3 client, of whichever service. Untyped: tests also send what the stubs forbid."""

_IN_PROCESS = Sessions(Wire(InProcess()))
_ONCE = Config(retries={"total_max_attempts": 1})


class Cloud(Pushes):
    """An AWS of the test's own, empty at first: `in_memory` and `over_http` make one.

    `session` is for the code under test: its calls are recorded in `calls` and meet `faults`.
    `client` is for everybody else: unrecorded, and nothing goes wrong.

    Attributes:
        account: The id of its account. Other accounts are there too: `session(account=)`.
        endpoint_url: Where it is served; ``None`` for one in this process.
        calls: What the code under test asked of AWS, attempt by attempt.
        faults: What goes wrong with these calls. Nothing does until told.
        emulator: What a test may do behind the service's back: late visibility, odd values, many repositories at once.

    Example:
        >>> with in_memory() as cloud:
        ...     digests = cloud.seed_images("team/api", [SeededImage(["v1"], age=timedelta(days=9))])
        ...     cloud.faults.on("throttle", operation="DescribeImages")
        ...     session = cloud.session()
    """

    account = "123456789012"

    def __init__(self, sessions: Sessions, endpoint_url: str | None = None) -> None:
        self.endpoint_url = endpoint_url
        self.calls, self.faults = Recorder(), Faults()
        self.emulator = Emulator(self.account, REGION)
        self._sessions = sessions
        sessions.wire.serve(self.calls, self.faults)
        DOOR.serve(self.calls, self.faults)

    def session(self, region: str = REGION, *, account: str | None = None, own: bool = False) -> boto3.Session:
        """Return a session for the code under test: ``Registry(cloud.session())``.

        Args:
            region: The region of its clients.
            account: Another account than `account`: twelve digits.
            own: Whether its clients are made anew. They are shared with other tests otherwise, since making a client
                costs more than most tests; so a test that registers handlers for botocore's events needs its own.
        """
        make = self._sessions.own if own else self._sessions.shared
        return make(region, account, observed=True)

    def client(self, service: str, region: str = REGION, *, account: str | None = None) -> Client:
        """Return a plain client for somebody else: its calls are not recorded, meet no faults, and are not repeated.

        Args:
            service: The name that boto3 has for the service, such as ``ecr``.
            region: The region that it calls.
            account: Another account than `account`: twelve digits.
        """
        return self.plain_session(region, account=account).client(service, config=_ONCE)

    def plain_session(self, region: str = REGION, *, account: str | None = None) -> Any:
        """Return a session for somebody else, whose calls are not recorded and meet no faults.

        Args:
            region: The region of its clients.
            account: Another account than `account`: twelve digits.
        """
        return self._sessions.shared(region, account, observed=False)

    def registry_endpoint(self) -> str:
        """Return where the registry serves ``/v2``; from now on GetAuthorizationToken names it as ``proxyEndpoint``.

        It is one server for the registries of all accounts and regions: the password says which one is meant. What is
        asked there is in `calls` (service ``registry``, and ``s3`` for layers), and meets `faults`.
        """
        DOOR.is_endpoint = True
        return DOOR.url()

    def seed_images(self, repository: str, images: Iterable[SeededImage], *, region: str = REGION) -> list[str]:
        """Put images into a repository as if they had been pushed some time ago; make it if there is none.

        A tag that an earlier image has moves to the later one, as a push does it.

        Args:
            repository: Its name.
            images: What to put there: images, indexes with their parts, and artifacts that refer to them.
            region: The region of the registry.

        Returns:
            The digests of the images, in their order; those of parts and artifacts are not among them.
        """
        emulator, digests = self.emulator.at(region=region), []
        if not emulator.exists(repository):
            emulator.seed([repository])
        for digest, records in described(images):
            emulator.seed_images(repository, records)
            digests.append(digest)
        return digests

    def seed_role(self, role: str, *accounts: str, trusts: str = "", external_id: str = "") -> None:
        """Put a role into accounts, which the code under test can assume there; or change whom it trusts.

        Args:
            role: Its path and name, such as ``ops/ecrops``.
            accounts: The accounts: twelve digits each.
            trusts: The ARN that its trust policy names; without it, `account`.
            external_id: The external id that the trust policy asks for.
        """
        principal = {"AWS": trusts or f"arn:aws:iam::{self.account}:root"}
        statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        if external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
        for account in accounts:
            sts.put_role(account, role, {"Version": "2012-10-17", "Statement": [statement]})


def _install() -> None:
    botocores.install()
    ecr.install()
    ecr_public.install()
    events.install()
    iam.install()
    secrets.install()
    accounts.install()
    organizations.install()
    sts.install()


@contextmanager
def in_memory() -> Iterator[Cloud]:
    """Make a cloud in this process, for one test; two at once would be one AWS, and the second is refused.

    Only sessions of the cloud, and what was made after `ecrops.testing` was imported, reach it.
    ``as_default_session`` makes it the AWS of everything that names no session.

    Raises:
        RuntimeError: There is one already.

    Example:
        >>> with in_memory() as cloud:
        ...     cloud.client("ecr").describe_repositories()["repositories"]
        []
    """
    if botocore_stubber.enabled:
        raise RuntimeError("there is a cloud in this process already: use that one, or leave its with-block first")
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
    """Make a cloud behind a running server, for one test. The server forgets everything before and after.

    Args:
        server: What `running_server` gave.

    Example:
        >>> with running_server() as server, over_http(server) as cloud:
        ...     cloud.endpoint_url == server.url
        True
    """
    reset()
    try:
        yield Cloud(server.sessions, server.url)
    finally:
        reset()


@contextmanager
def running_server(port: int = 0) -> Iterator[Server]:
    """Serve the emulated AWS on 127.0.0.1, in a thread of this process.

    Args:
        port: The port; 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """
    _install()
    server = Server(port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def reset() -> None:
    """Forget everything that any service holds, and what this process wrote there."""
    BackendDict.reset()
    reset_model_data()
    DOOR.reset()
    TURNS.renew()


__all__ = ["REGION", "Client", "Cloud", "in_memory", "over_http", "running_server"]
