"""Locks that a forked process can use, whatever the threads of its parent held when it was forked.

Called by ``client`` and ``gate``. A lock that another thread holds during a fork stays locked in the child for ever: so
the child gets new ones.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet


class ForkSafe(Protocol):
    """What has locks."""

    def renew(self) -> None:
        """Make new locks, and forget the calls of other threads. Called in the child, right after a fork."""


_KNOWN: WeakSet[ForkSafe] = WeakSet()


def renew_after_fork(owner: ForkSafe) -> None:
    """Call ``owner.renew`` in every process that is forked from this one."""
    _KNOWN.add(owner)


def _renew_all() -> None:
    for owner in _KNOWN:
        owner.renew()


if hasattr(os, "register_at_fork"):  # Windows forks no process
    os.register_at_fork(after_in_child=_renew_all)


class Locks:
    """The locks of an account: those of its clients, of the question which account it is, and of a run's values."""

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Make new locks."""
        self.clients = threading.RLock()
        self.account = threading.RLock()
        self.run = threading.RLock()
