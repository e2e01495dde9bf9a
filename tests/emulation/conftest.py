"""What most tests of the emulator begin with."""

from __future__ import annotations

import pytest

from ecrops.testing import Client, Cloud


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    """Somebody's plain ECR client."""
    return cloud.client("ecr")
