"""What keeps a test, or a command, from AWS: the environment, boto3's default session, and a block on the way out.

Called by the fixtures, by ``python -m ecrops.testing``, and by tests that call code which makes sessions of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ecrops.testing.emulator.cloud import Cloud
    from ecrops.testing.emulator.server import Server

REGION = "eu-west-1"
LOOPBACK = "127.0.0.1"


def environment(server: Server | str) -> dict[str, str]:
    """Return the variables that point boto3, and every other AWS SDK, at a server.

    They name no account of yours: the keys are words, and the files of profiles are not read. Put them over what is
    left of ``os.environ`` without its own ``AWS_…`` (`without_aws`), since a profile or a token of yours would win.

    Args:
        server: A running server, or its URL.

    Example:
        >>> environment("http://127.0.0.1:4566")["AWS_ENDPOINT_URL"]
        'http://127.0.0.1:4566'
    """
    url = server if isinstance(server, str) else server.url
    return {"AWS_ENDPOINT_URL": url, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false", **keys(), **_direct()}


def without_aws(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables without those that tell AWS's SDKs, or moto, whose account it is, and where."""
    return {name: value for name, value in variables.items() if not name.startswith(("AWS_", "MOTO_"))}


@contextmanager
def as_default_session(cloud: Cloud) -> Iterator[None]:
    """Make a cloud the AWS of everything that names no session: ``Registry()``, ``boto3.client("ecr")``.

    boto3's default session is then one of the cloud: its calls are recorded, and meet faults. Sessions that are made
    meanwhile reach the cloud too, but are not recorded. Clients that were made before it, such as those of a module
    that was imported earlier, know nothing of the cloud: what they send to AWS is refused.

    Args:
        cloud: The cloud of the test.

    Raises:
        NetworkBlocked: In the code under test, if it sends something to AWS.

    Example:
        >>> from ecrops import Registry
        >>> from ecrops.testing import in_memory
        >>> with in_memory() as cloud, as_default_session(cloud):
        ...     Registry().repository("team/api").exists()
        False
    """
    import boto3

    address = environment(cloud.endpoint_url) if cloud.endpoint_url else keys()
    variables = {**without_aws(os.environ), **address}
    default = mock.patch.object(boto3, "DEFAULT_SESSION", cloud.session())
    with mock.patch.dict(os.environ, variables, clear=True), default, _no_way_out():
        yield


@contextmanager
def _no_way_out() -> Iterator[None]:
    from botocore.httpsession import URLLib3Session

    from ecrops.testing.emulator.network import NetworkBlocked, is_local

    send = URLLib3Session.send

    def guarded(self: Any, request: Any) -> Any:
        host = urlsplit(request.url).hostname or ""
        if not is_local(host):
            raise NetworkBlocked(
                f"a client of boto3 was about to send a request to {host}, and this test is to reach no AWS: "
                "the client was made before the test began. Make it, and its session, in the test or in what it calls"
            )
        return send(self, request)

    with mock.patch.object(URLLib3Session, "send", guarded):
        yield


def keys() -> dict[str, str]:
    """Return the variables that name no account of yours: keys that are words, a region, and no files of profiles."""
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _direct() -> dict[str, str]:
    """Return the variables that keep a proxy out of the way to this machine."""
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host for host in excepted.split(",") if host]
    text = ",".join([*hosts, *([] if LOOPBACK in hosts else [LOOPBACK])])
    return {"NO_PROXY": text, "no_proxy": text}
