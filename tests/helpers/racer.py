"""What each of many processes does at once: it imports nothing but ecrops, so that a process is quickly made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from ecrops import Registry, RepositorySpec


def ensure(
    environment: Mapping[str, str], spec: RepositorySpec, barrier: Barrier, done: SimpleQueue[list[str]]
) -> None:
    """Wait for the others, then make the spec true; tells the operations."""
    os.environ.update(environment)
    registry = Registry()
    assert registry.account_id
    barrier.wait(60)
    done.put([change.operation for change in registry.ensure(spec)])
