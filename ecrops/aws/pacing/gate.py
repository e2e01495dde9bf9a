"""The gate that every call goes through: how many are in flight, and while AWS throttles, how many begin each second.

Called by ``client`` around each call. ``paces`` says how fast calls may begin; here threads wait for their turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ecrops.aws.locks import renew_after_fork
from ecrops.aws.pacing.pace import LOOK_AGAIN, Caller
from ecrops.aws.pacing.paces import Paces

Pause = Callable[[float], bool]
"""Waits some seconds, and returns whether they have passed. The sleep of a test may not wait."""

OnFull = Callable[[float], object]


def _go_on(seconds: float) -> None:
    """Wait on for a place."""


class Gate:
    """Lets up to ``limit`` calls through at a time, and while AWS throttles no more each second than AWS takes.

    Args:
        limit: The number of calls that may be in flight.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin with no call in flight: those of the parent of a forked process never end here."""
        self._changed = threading.Condition(threading.Lock())
        self._busy = self._waiting = 0
        self._paces = Paces()

    def rate(self, operation: str) -> float | None:
        """Return how many calls of an operation may begin each second; ``None`` while AWS throttles none."""
        with self._changed:
            pace = self._paces.of(operation)
            return pace.rate(time.monotonic()) if pace else None

    def enter(self, operation: str, pause: Pause, on_full: OnFull = _go_on, *, is_begun: bool = False) -> float:
        """Wait for a turn.

        Args:
            operation: What is called, such as ``ecr:PutLifecyclePolicy``.
            pause: Waits. An error that it raises ends the wait.
            on_full: Called with seconds that were waited because too many calls were in flight. An error that it raises
                ends the wait.
            is_begun: Whether the work that the call is a part of has begun. It then goes before others, because what
                was read for it grows old.

        Returns:
            The moment, which ``leave`` takes.
        """
        if self._paces:
            self._keep_pace(operation, pause, is_begun=is_begun)
        while not self._take_place():
            on_full(LOOK_AGAIN)
        return time.monotonic()

    def _take_place(self) -> bool:
        """Take a place among the calls in flight, and wait a moment if there is none. Returns whether it was taken."""
        with self._changed:
            if self._busy >= self._limit:
                self._waiting += 1
                self._changed.wait_for(lambda: self._busy < self._limit, LOOK_AGAIN)
                self._waiting -= 1
            is_free = self._busy < self._limit
            self._busy += is_free
            return is_free

    def leave(self, operation: str, began: float, *, throttled: bool) -> None:
        """Give the turn back.

        Args:
            operation: What was called.
            began: As returned by ``enter``.
            throttled: Whether AWS throttled the call.
        """
        now = time.monotonic()
        with self._changed:
            self._busy -= 1
            if self._waiting:
                self._changed.notify()
            if throttled:
                self._paces.slow_down(operation, began, now)
            else:
                self._paces.count(operation, now)

    def _keep_pace(self, operation: str, pause: Pause, *, is_begun: bool) -> None:
        """Wait until the pace lets another call begin."""
        caller = Caller(is_begun=is_begun)
        try:
            while True:
                with self._changed:
                    seconds = self._paces.turn(operation, caller, time.monotonic())
                if not seconds or not pause(seconds):
                    return
        finally:
            with self._changed:
                caller.wait_for(None)
