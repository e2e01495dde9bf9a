"""Clients of services that make one attempt, and name ecrops in the user agent, so that CloudTrail shows it.

Called by ``client``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from ecrops.aws.answers import forget_attempts
from ecrops.version import __version__

if TYPE_CHECKING:
    import boto3

NO_TOKEN = re.compile(r"[^\w!$%&'*+.^`|~-]", re.ASCII)
"""What no name in a user agent has."""


def make_client(session: boto3.Session, service: str, region: str, workers: int) -> Any:
    """Return a client that leaves retries to ecrops.

    botocore composes the user agent anew for each request, which takes a quarter of the processor time of a call. A
    client that is given one sends it as it is. So a first client tells what botocore would send.

    Args:
        session: The session of the caller.
        service: The service, as boto3 names it.
        region: The region.
        workers: How many connections it keeps.
    """
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=10,
        read_timeout=30,
        max_pool_connections=workers,
    )
    make: Any = session.client  # typed for literal names only
    agent = _agent(make(service, region_name=region, config=config).meta.config)
    client = make(service, region_name=region, config=config.merge(Config(user_agent=agent, user_agent_extra="")))
    client.meta.events.register("after-call", forget_attempts, unique_id="ecrops")
    return client


def _agent(config: Config) -> str:
    """Return the user agent of a client, with the application of the caller, and ecrops behind it."""
    application: Any = getattr(config, "user_agent_appid", None)
    parts = [str(getattr(config, "user_agent", ""))]
    if application:
        parts.append(f"app/{NO_TOKEN.sub('-', application)}")
    return " ".join([*parts, f"ecrops/{__version__}"])


def is_configured(session: boto3.Session, setting: str) -> bool:
    """Whether the configuration of a session, a file or the environment, turns a setting of botocore on."""
    configuration: Any = session._session  # boto3 has no public way to its botocore session
    return bool(configuration.get_config_variable(setting))
