"""Which calls have a pace: each operation that AWS throttles its own, until two are throttled together.

Called by ``gate``, with its lock held. AWS does not say which operations it throttles together. It counts and computes,
with the moments that it is given. It neither waits nor calls anything.
"""

from __future__ import annotations

import logging

from ecrops.aws.pacing.pace import Caller, Meter, Pace

log = logging.getLogger(__name__)
TOGETHER = 2.0
"""Seconds within which two operations are throttled together."""
LEAST = 16.0
"""The lowest rate to begin with, in calls a second: who makes few calls is not slowed down by what others made."""
ALL = ""
"""In the place of an operation: all of them."""


class Paces:
    """The paces of the operations of one account in one region. All moments are as ``time.monotonic`` counts."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}
        self._meters: dict[str, Meter] = {}

    def __bool__(self) -> bool:
        """Whether any operation has a pace."""
        return bool(self._paces)

    def of(self, operation: str) -> Pace | None:
        """Return the pace of an operation; ``None`` while AWS does not throttle it."""
        return self._paces.get(ALL) or self._paces.get(operation)

    def turn(self, operation: str, caller: Caller, now: float) -> float:
        """Take the turn of a caller, if it has come. Returns the seconds until it comes; 0 if it was taken.

        The pace of an operation may become another one while a caller waits.
        """
        caller.wait_for(pace := self.of(operation))
        seconds = pace.seconds_until(caller, now) if pace else 0.0
        if seconds <= 0:
            if pace:
                pace.take(now)
            caller.wait_for(None)
        return max(seconds, 0.0)

    def count(self, operation: str, now: float) -> None:
        """Count a call that AWS did not throttle."""
        for name in (operation, ALL):
            if name not in self._meters:
                self._meters[name] = Meter(now)
            self._meters[name].count(now)
        if pace := self.of(operation):
            pace.count(now)
            if pace.is_over(now):
                self._paces = {name: other for name, other in self._paces.items() if other is not pace}
                log.debug("AWS throttles %s no more", operation)

    def slow_down(self, operation: str, began: float, now: float) -> None:
        """Cut the pace of an operation, or begin one: for all operations if another one was throttled just now.

        Args:
            operation: What AWS throttled.
            began: When the call began. Calls that were in flight together cut a pace once.
            now: The moment.
        """
        pace = self.of(operation)
        if pace and pace.was_cut_since(began):
            return
        others = [other for other in self._paces.values() if other is not pace]
        shared = ALL in self._paces or any(other.was_cut_since(now - TOGETHER) for other in others)
        name = ALL if shared else operation
        if pace and name in self._paces:
            pace.cut(now)
        else:
            meter = self._meters.get(name)
            pace = Pace(now, max(meter.rate(now) if meter else 0.0, LEAST))
            self._paces = {name: pace} if shared else {**self._paces, name: pace}
        log.debug("AWS throttles %s: %.1f calls a second", name or "all operations", pace.rate(now))
