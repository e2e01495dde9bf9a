"""What most tests of the public registry begin with."""

from __future__ import annotations

import pytest

from ecrops import PublicRegistry
from ecrops.testing import Client, Cloud

from .support import public_registry_of


@pytest.fixture
def registry(cloud: Cloud) -> PublicRegistry:
    """The public registry of the emulated account, which waits for nothing."""
    return public_registry_of(cloud)


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    """Somebody else's plain client of ECR Public."""
    return cloud.client("ecr-public", "us-east-1")
