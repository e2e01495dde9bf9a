"""A repository, and those whom the cases name."""

from __future__ import annotations

import pytest

from ecrops import Registry, Repository
from ecrops.testing import Cloud
from support import registry_of

from ..world import OTHER


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """A repository and those who are named, in process: what goes over the wire is tested with the grants."""
    memory_cloud.emulator.make_principals(user="ci", role="nodes")
    memory_cloud.emulator.at(account=OTHER).make_principals(role="nodes")
    memory_cloud.emulator.at(account=OTHER).make_principals(role="mirror")
    memory_cloud.emulator.seed(["ab"])
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A registry that does not wait."""
    return registry_of(cloud)


@pytest.fixture
def repo(registry: Registry) -> Repository:
    """The repository."""
    return registry.repository("ab")
