"""Clients of services that make one attempt, and name ecrops in the user agent, so that CloudTrail shows it.

Called by ``client``. The handlers are called by botocore for each request: the one of the user agent after botocore has
written its own. The signature does not cover that header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSRequest
from botocore.config import Config

from ecrops.aws.arn import partition_of
from ecrops.aws.attempt import blobs
from ecrops.aws.attempt.answers import forget_attempts
from ecrops.aws.attempt.whole import keep_body
from ecrops.version import __version__

if TYPE_CHECKING:
    import boto3

MANY_CALLS = 50
"""From so many calls on, a client that takes less time for each is worth the time to make it."""
CONNECT_SECONDS, READ_SECONDS = 10, 30
"""How long a call may take to connect to one address, and how long it may wait for the next bytes of an answer."""
NO_TOKEN = r"(?a:[^\w!$%&'*+.^`|~-])"
"""What no name in a user agent has."""


class Clients:
    """The clients of a session, each made when it is first needed.

    Args:
        session: The session of the caller.
        workers: How many connections a client keeps.

    Attributes:
        made: The clients, by service.
        connections: HTTP sessions of botocore for what is no API of AWS, by scheme and host: ``http`` makes them.
    """

    def __init__(self, session: boto3.Session, workers: int) -> None:
        self._session = session
        self._workers = workers
        self._frequent: set[str] = set()
        self.made: dict[str, Any] = {}
        self.connections: dict[str, Any] = {}

    def of(self, service: str, region: str, calls: int) -> Any:
        """Return the client of a service, for about so many calls."""
        if service not in self.made:
            partition_of(region)  # an unknown region is reported before a host name fails to resolve
            self.made[service] = make_client(self._session, service, region, self._workers)
        if calls >= MANY_CALLS and service not in self._frequent:
            self.made[service] = make_frequent(self._session, service, region, self.made[service])
            self._frequent.add(service)
        return self.made[service]


def make_client(session: boto3.Session, service: str, region: str, workers: int) -> Any:
    """Return a client that leaves retries to ecrops.

    Args:
        session: The session of the caller.
        service: The service, as boto3 names it.
        region: The region.
        workers: How many connections it keeps.
    """
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=workers,
    )
    client = _made(session, service, region, config)
    created = f"request-created.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.register_last(created, name_agent, unique_id="ecrops-agent")
    return client


def make_frequent(session: boto3.Session, service: str, region: str, client: Any) -> Any:
    """Return a client for many calls, like one that is there.

    botocore composes the user agent anew for each request, which takes a quarter of the processor time of a call. A
    client that is given one sends it as it is.
    """
    config: Config = client.meta.config
    return _made(session, service, region, config.merge(Config(user_agent=agent_of(config), user_agent_extra="")))


def _made(session: boto3.Session, service: str, region: str, config: Config) -> Any:
    make: Any = session.client  # typed for literal names only
    client = make(service, region_name=region, config=config)
    client.meta.events.register("after-call", forget_attempts, unique_id="ecrops")
    client.meta.events.register("before-parse", keep_body, unique_id="ecrops-body")
    if service == "ecr":
        blobs.register(client)
    return client


def name_agent(request: AWSRequest, **_: object) -> None:
    """Add ecrops to the user agent of a request, behind what the session of the caller adds."""
    agent = request.headers["User-Agent"]
    text = agent.decode() if isinstance(agent, bytes) else agent
    request.headers.replace_header("User-Agent", f"{text} ecrops/{__version__}")


def agent_of(config: Config) -> str:
    """Return the user agent of a client, with the application of the caller, and ecrops behind it."""
    application: Any = getattr(config, "user_agent_appid", None)
    parts = [str(getattr(config, "user_agent", ""))]
    if application:
        parts.append(f"app/{re.sub(NO_TOKEN, '-', application)}")
    return " ".join([*parts, f"ecrops/{__version__}"])


def is_configured(session: boto3.Session, setting: str) -> bool:
    """Whether the configuration of a session, a file or the environment, turns a setting of botocore on."""
    configuration: Any = session._session  # boto3 has no public way to its botocore session
    return bool(configuration.get_config_variable(setting))


def account_known_to(session: boto3.Session) -> dict[str, str]:
    """Return the account of a session that was made for one, as ``account``; nothing of other sessions."""
    account: str = getattr(session, "account", "")
    return {"account": account} if account else {}
