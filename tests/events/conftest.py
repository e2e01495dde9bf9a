"""What most tests of events begin with."""

from __future__ import annotations

import pytest

from ecrops import Registry
from ecrops.testing import Client, Cloud
from support import registry_of

from .support import make_queue


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A registry, and a queue to send to."""
    make_queue(cloud)
    return registry_of(cloud)


@pytest.fixture
def events(cloud: Cloud) -> Client:
    """Somebody else's client of EventBridge."""
    return cloud.client("events")
