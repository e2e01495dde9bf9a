"""Registries of others, each with an empty store, for the tests of real images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecrops.aws import Aws, RetryPolicy
from ecrops.aws.http import Http
from ecrops.images.copying.stores.token import Token
from ecrops.testing import Cloud
from support import registry_of
from tests.access import ministack
from tests.access.ministack import REGION

from .registries import Place, docker_registry, session

NAMES = ("team/api", "prod/api", "team/web")
KINDS = [
    pytest.param("docker-registry"),
    pytest.param("emulator"),
    pytest.param("ministack", marks=ministack.needs_ministack),
]


@pytest.fixture(scope="module")
def aws(nothing_real: None) -> Aws:
    """An account whose session has keys that are words."""
    return Aws(session(), 8, RetryPolicy(attempts=2))


@pytest.fixture(scope="module")
def http(aws: Aws) -> Http:
    """What sends the requests."""
    return Http(aws)


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory, nothing_real: None) -> Iterator[str]:
    """The URL of a docker-registry."""
    with docker_registry(tmp_path_factory.mktemp("docker")) as url:
        yield url


@pytest.fixture(scope="module")
def other_docker(tmp_path_factory: pytest.TempPathFactory, nothing_real: None) -> Iterator[str]:
    """The URL of another docker-registry, with a store of its own."""
    with docker_registry(tmp_path_factory.mktemp("other")) as url:
        yield url


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, nothing_real: None) -> Iterator[str]:
    """The URL of a ministack that asks nobody who it is."""
    with ministack.running(tmp_path_factory.mktemp("ministack"), "ecr,sts", asks_iam=False) as url:
        make: Any = session().client
        for name in NAMES:  # its /v2 makes none by itself, as ECR
            make("ecr", endpoint_url=url).create_repository(repositoryName=name)
        yield url


@pytest.fixture
def emulated(memory_cloud: Cloud) -> Place:
    """The registry of the emulator."""
    memory_cloud.registry_endpoint()
    ecr = memory_cloud.client("ecr")
    for name in NAMES:
        ecr.create_repository(repositoryName=name)
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    return Place.of(memory_cloud, REGION)._replace(token=Token(registry_of(memory_cloud).aws))


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Place:
    """A registry that asks nobody who it is, or that of the emulator."""
    if request.param == "emulator":
        found: Place = request.getfixturevalue("emulated")
        return found
    return Place(request.getfixturevalue({"docker-registry": "docker", "ministack": "stack"}[request.param]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where tools may write."""
    return tmp_path
