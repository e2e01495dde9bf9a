"""The pytest plugin: an emulated AWS for each test, in this process or over HTTP.

pytest loads it wherever ecrops is installed. So it imports nothing until a test asks for a fixture; without
``pip install 'ecrops[testing]'`` that test fails with one sentence, and all others run as they did.

Both fixtures make their cloud the default of boto3 (``ecrops.testing.as_default_session``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ecrops.testing import Cloud, Server


@pytest.fixture
def ecr_cloud() -> Iterator[Cloud]:
    """An empty AWS in this process, which ``boto3`` and ``Registry()`` take for AWS."""
    from ecrops.testing import as_default_session, in_memory

    with in_memory() as cloud, as_default_session(cloud):
        yield cloud


@pytest.fixture(scope="session")
def ecr_server() -> Iterator[Server]:
    """The server on 127.0.0.1 that all tests with ``ecr_cloud_http`` share."""
    from ecrops.testing import running_server

    with running_server() as server:
        yield server


@pytest.fixture
def ecr_cloud_http(ecr_server: Server) -> Iterator[Cloud]:
    """An empty AWS behind a socket, also for programs that the test starts; ``cloud.endpoint_url`` says where."""
    from ecrops.testing import as_default_session, over_http

    with over_http(ecr_server) as cloud, as_default_session(cloud):
        yield cloud
