"""The gate that limits how many calls are in flight."""

from __future__ import annotations

import threading

from ecrops.aws.locks import renew_after_fork


class Gate:
    """Lets up to ``limit`` calls through at a time; fewer while AWS throttles.

    A throttled call halves the limit, once for all calls that were in flight with it. Every success raises the limit
    a little: as many successes as the limit make room for one more call.
    """

    def __init__(self, limit: int) -> None:
        self._highest = self._limit = float(limit)
        self._era = 0
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin with no call in flight: those of the parent of a forked process never end here."""
        self._busy = 0
        self._turn = threading.Condition()

    @property
    def limit(self) -> int:
        """The number of calls that may be in flight now."""
        return int(self._limit)

    def enter(self) -> int:
        """Wait for a turn. Returns the era, which ``leave`` takes."""
        with self._turn:
            self._turn.wait_for(lambda: self._busy < self.limit)
            self._busy += 1
            return self._era

    def leave(self, era: int, *, throttled: bool) -> None:
        """Give the turn back.

        Args:
            era: As returned by ``enter``. The limit is halved once for each era.
            throttled: Whether AWS throttled the call.
        """
        with self._turn:
            self._busy -= 1
            if not throttled:
                self._limit = min(self._highest, self._limit + 1 / self._limit)
            elif era == self._era:
                self._limit = max(1.0, self._limit / 2)
                self._era += 1
            self._turn.notify_all()
