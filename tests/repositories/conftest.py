"""Somebody else's client, for all tests of repositories."""

from __future__ import annotations

import pytest

from ecrops.testing import Client, Cloud


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")
