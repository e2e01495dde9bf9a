"""Fixtures for every test: an emulated AWS, in process and over HTTP, and no way out to the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import pytest

from ecrops import Registry
from ecrops.engine.turns import TURNS
from ecrops.testing import Cloud, Server, in_memory, over_http, running_server
from ecrops.testing.emulator import network
from ecrops.testing.isolation import keys, without_aws
from support import AT_ONCE, registry_of
from tests.access.ministack import running, session


@pytest.fixture(scope="session", autouse=True)
def nothing_real() -> Iterator[None]:
    """No real credentials, no real configuration, no network."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - without_aws(os.environ).keys():
            patch.delenv(name)
        for name, value in keys().items():
            patch.setenv(name, value)
        patch.delenv("DOCKER_AUTH_CONFIG", raising=False)
        network.block(patch)
        yield


@pytest.fixture(autouse=True)
def a_process_of_its_own() -> None:
    """No test waits for what another one wrote: each has an AWS of its own."""
    TURNS.renew()


@pytest.fixture(scope="session")
def server(nothing_real: None) -> Iterator[Server]:
    """The one emulator behind a socket that all tests over HTTP share."""
    with running_server() as server:
        yield server


@pytest.fixture
def memory_cloud() -> Iterator[Cloud]:
    """An empty AWS in this process."""
    with in_memory() as cloud:
        yield cloud


@pytest.fixture
def http_cloud(server: Server) -> Iterator[Cloud]:
    """An empty AWS behind a socket on loopback."""
    with over_http(server) as cloud:
        yield cloud


@pytest.fixture(params=["memory", "http"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """An empty AWS: each test runs once in process and once over real HTTP."""
    transport: Literal["memory", "http"] = request.param
    cloud: Cloud = request.getfixturevalue(f"{transport}_cloud")
    return cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A registry of the emulated account that waits for nothing."""
    return registry_of(cloud)


@pytest.fixture(scope="session")
def shared_ministack(nothing_real: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ministack that runs as long as the tests; its URL."""
    with running(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="module")
def ministack(shared_ministack: str) -> Iterator[str]:
    """A ministack that every client of the module calls; its URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", shared_ministack)
        yield shared_ministack


@pytest.fixture(scope="module")
def ministack_registry(ministack: str) -> Registry:
    """The registry of ministack's account."""
    return Registry(session(), retry=AT_ONCE)
