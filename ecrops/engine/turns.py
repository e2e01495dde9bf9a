"""Who writes what in this process: one apply at a time writes an owner, and each knows who wrote it after it was read.

Called by ``apply`` around the reading and the writes of one owner, and by ``reading`` for what this process wrote last.
It calls nothing. Other processes and other programs are not seen here: see ``verify`` in ``aspect``.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from ecrops.aws import Aws
from ecrops.aws.locks import renew_after_fork

GLOBAL = ("iam",)
"""The services that have no regions."""
CHECKED_EVERY = 0.2
"""Seconds between two looks at the deadline, while another thread writes the owner."""


class Place(NamedTuple):
    """An owner and where it is.

    Args:
        account: Its account; empty as long as no answer has named it. It may then be any account.
        region: Its region; empty for what has none, such as IAM.
        owner: Its key.
    """

    account: str
    region: str
    owner: str

    def may_be(self, account: str) -> bool:
        """Whether an account may be the account of this place."""
        return not (self.account and account) or self.account == account


def place_of(aws: Aws, service: str, owner: str) -> Place:
    """Return where an owner is that a service has."""
    return Place(aws.known_account, "" if service in GLOBAL else aws.region, owner)


class Moment(NamedTuple):
    """When something was read.

    Args:
        turn: The number of turns before it in which something was written.
        time: As ``time.monotonic`` counts.
    """

    turn: int
    time: float


NEVER = Moment(-1, -math.inf)
"""The moment of values that were not read together."""


class Write(NamedTuple):
    """The last write of an aspect of an owner.

    Args:
        account: The account, as far as it was known.
        moment: When it was made, as ``time.monotonic`` counts.
        edits: What was wanted.
        parts: The difference that it made, as ``Change.parts``.
    """

    account: str
    moment: float
    edits: tuple[Any, ...]
    parts: frozenset[tuple[str, str]]


class Turns:
    """The turns of this process, and its last writes. A forked process begins with none."""

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin anew."""
        self._changed = threading.Condition()
        self._held = ContextVar[frozenset[tuple[str, str]]]("held", default=frozenset())
        self._count = 0
        self._busy: dict[tuple[str, str], list[str]] = {}
        self._written: dict[tuple[str, str], dict[str, int]] = {}
        self._last: dict[tuple[str, str, str], Write] = {}

    @property
    def now(self) -> Moment:
        """This moment: what is read now was read after all turns before it."""
        return Moment(self._count, time.monotonic())

    @property
    def held(self) -> frozenset[tuple[str, str]]:
        """The region and the key of each owner that this thread writes now, or reads on behalf of one that does."""
        return self._held.get()

    @contextmanager
    def of(self, place: Place, check: Callable[[], object], held: Collection[tuple[str, str]] = ()) -> Iterator[None]:
        """Wait until no other thread of this process writes an owner, then keep them from it.

        Args:
            place: The owner.
            check: Called before each part of the wait, of ``CHECKED_EVERY`` seconds: raises if the deadline is over.
            held: What the caller's thread held when the apply began: an apply inside of another one, such as in a
                function that waits, has the turns of the outer one, and must not wait for them.
        """
        key = place.region, place.owner
        if key in held:
            yield
            return
        with self._changed:
            while any(map(place.may_be, self._busy.get(key, ()))):
                check()
                self._changed.wait(CHECKED_EVERY)
            self._busy.setdefault(key, []).append(place.account)
        before = self._held.set(self.held | {key})
        try:
            yield
        finally:
            self._held.reset(before)
            with self._changed:
                self._busy[key].remove(place.account)
                if not self._busy[key]:
                    del self._busy[key]
                self._changed.notify_all()

    def record(self, place: Place, aspect: str, edits: Collection[Any], parts: Collection[tuple[str, str]]) -> None:
        """Record that an owner was written.

        Args:
            place: The owner.
            aspect: The name of the aspect that was written.
            edits: What was wanted of it.
            parts: The difference that it made.
        """
        with self._changed:
            self._count += 1
            self._written.setdefault((place.region, place.owner), {})[place.account] = self._count
            write = Write(place.account, time.monotonic(), tuple(edits), frozenset(parts))
            self._last[place.region, place.owner, aspect] = write

    def is_written_since(self, place: Place, moment: Moment) -> bool:
        """Whether this process wrote an owner after a moment."""
        written = self._written.get((place.region, place.owner), {})
        return any(count > moment.turn for account, count in written.items() if place.may_be(account))

    def last(self, place: Place, aspect: str) -> Write | None:
        """Return what this process wrote last of an aspect of an owner."""
        write = self._last.get((place.region, place.owner, aspect))
        return write if write and place.may_be(write.account) else None


TURNS = Turns()
