"""How many calls may be in flight."""

from __future__ import annotations

import threading


class Gate:
    """Lets up to ``most`` calls through at a time; fewer while AWS throttles.

    A throttled call halves the number, once for all the calls that were in flight with it; every success raises
    it a little, so that as many successes as calls may be in flight make room for one more.
    """

    def __init__(self, most: int) -> None:
        self._most = self._limit = float(most)
        self._busy = self._era = 0
        self._turn = threading.Condition()

    @property
    def limit(self) -> int:
        """The number of calls that may be in flight now."""
        return int(self._limit)

    def enter(self) -> int:
        """Wait for a turn; returns the era to leave with."""
        with self._turn:
            self._turn.wait_for(lambda: self._busy < self.limit)
            self._busy += 1
            return self._era

    def leave(self, era: int, *, throttled: bool) -> None:
        """Give the turn back."""
        with self._turn:
            self._busy -= 1
            if not throttled:
                self._limit = min(self._most, self._limit + 1 / self._limit)
            elif era == self._era:
                self._limit = max(1.0, self._limit / 2)
                self._era += 1
            self._turn.notify_all()
