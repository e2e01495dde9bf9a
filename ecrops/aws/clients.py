"""Clients of services that make one attempt, and name ecrops in the user agent, so that CloudTrail shows it.

Called by ``client``. The handlers are called by botocore for each request: the one of the user agent after botocore has
written its own. The signature does not cover that header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSRequest
from botocore.config import Config

from ecrops.aws.answers import forget_attempts
from ecrops.version import __version__

if TYPE_CHECKING:
    import boto3


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
        connect_timeout=10,
        read_timeout=30,
        max_pool_connections=workers,
    )
    make: Any = session.client  # typed for literal names only
    client = make(service, region_name=region, config=config)
    client.meta.events.register("after-call", forget_attempts, unique_id="ecrops")
    created = f"request-created.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.register_last(created, name_agent, unique_id="ecrops-agent")
    return client


def is_configured(session: boto3.Session, setting: str) -> bool:
    """Whether the configuration of a session, a file or the environment, turns a setting of botocore on."""
    configuration: Any = session._session  # boto3 has no public way to its botocore session
    return bool(configuration.get_config_variable(setting))


def name_agent(request: AWSRequest, **_: object) -> None:
    """Add ecrops to the user agent of a request, behind what the session of the caller adds."""
    agent = request.headers["User-Agent"]
    text = agent.decode() if isinstance(agent, bytes) else agent
    request.headers.replace_header("User-Agent", f"{text} ecrops/{__version__}")
