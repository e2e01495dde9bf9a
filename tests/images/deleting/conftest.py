"""An empty repository to delete images from."""

from __future__ import annotations

import pytest

from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    memory_cloud.emulator.seed(["app"])
    return memory_cloud


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    return registry_of(cloud).repository("app")


@pytest.fixture
def dry(cloud: Cloud) -> Repository:
    return registry_of(cloud, dry_run=True).repository("app")
