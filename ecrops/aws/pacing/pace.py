"""How fast calls begin while AWS throttles: a rate, cut after a throttled call, that grows again like a cubic curve.

Called by ``gate``, with its lock held. It counts and computes. It neither waits nor calls anything.
"""

from __future__ import annotations

CUT, PLATEAU = 0.85, 5.0
"""What a cut leaves of the rate that AWS takes, and the seconds until the rate is that again."""
SEARCHING, SEARCHING_CUT, SEARCHING_PLATEAU = 1.0, 0.7, 2.0
"""The seconds after a cut in which another one means that the rate is not known well, and the same for such a cut."""
BLIND, BLIND_CUT, BLIND_PLATEAU = 2.0, 0.5, 0.5
"""The lowest rate while nothing passes, in calls a second, and the same for such a cut, which is short."""
SETTLED = 0.3
"""Seconds after a cut in which there is no other: what succeeds in less time says too little."""
GROWN = 1.5
"""A rate that has grown so many times says more in its last second than in all the time since its cut."""
ENOUGH = 3.0
"""The pace ends at so many times the rate before AWS throttled."""
CREDIT = 0.02
"""Seconds that a caller may be late without losing its turn: threads wake up late."""
SLOWEST = 0.2
"""The lowest rate, in calls a second."""
LOOK_AGAIN = 0.5
"""The longest wait before a caller looks again: the pace may have grown, or ended."""


class Meter:
    """Counts calls, and tells how many a second.

    Args:
        now: The moment, as ``time.monotonic`` counts.
    """

    def __init__(self, now: float) -> None:
        self._since, self._count, self._before = now, 0, 0.0

    def count(self, now: float) -> None:
        """Count a call."""
        if now - self._since > 1:
            self._before = self._count / (now - self._since)
            self._since, self._count = now, 0
        self._count += 1

    def rate(self, now: float) -> float:
        """Return the calls a second, over the last second or two."""
        elapsed = now - self._since
        if elapsed > 2:
            return self._count / elapsed
        if not self._before:
            return self._count / max(elapsed, 0.1)
        return (self._before * (2 - elapsed) + self._count) / 2


class Caller:
    """Who waits for a turn.

    Args:
        is_begun: Whether the work that the call is a part of has begun.

    Attributes:
        pace: The pace that it waits for; ``None`` if it waits for none.
    """

    def __init__(self, *, is_begun: bool) -> None:
        self.is_begun = is_begun
        self.pace: Pace | None = None

    def wait_for(self, pace: Pace | None) -> None:
        """Wait for a pace, and for no other any more."""
        if pace is self.pace:
            return
        if self.pace:
            self.pace.leave(self)
        if pace:
            pace.join(self)
        self.pace = pace


class Pace:
    """A rate of calls, and the callers that wait for their turn.

    AWS has a bucket of tokens: it fills at some rate, and each call takes one. When a call is throttled, the bucket is
    empty. What passed between two such moments is therefore the rate at which the bucket fills. The pace is cut to a
    part of that, once for all calls that were in flight together. Then it grows: quickly at first, slowly near that
    rate, quickly again when AWS takes more.

    Args:
        now: The moment, as ``time.monotonic`` counts.
        measured: How many calls a second passed before AWS throttled.
    """

    def __init__(self, now: float, measured: float) -> None:
        self._known = self._unpaced = max(measured, SLOWEST)
        self._share, self._plateau = SEARCHING_CUT, SEARCHING_PLATEAU
        self._next = now
        self._begin(now)
        self._first: list[Caller] = []
        self._others: list[Caller] = []

    def rate(self, now: float) -> float:
        """Return the calls a second that may begin now."""
        distance = 1 - (now - self._cut_at) / self._plateau
        return max(self._known * (1 - (1 - self._share) * distance**3), SLOWEST)

    def is_over(self, now: float) -> bool:
        """Whether AWS takes far more than passed before it throttled."""
        return self.rate(now) > ENOUGH * self._unpaced

    def was_cut_since(self, moment: float) -> bool:
        """Whether the rate was cut after a moment."""
        return self._cut_at >= moment

    def cut(self, now: float) -> None:
        """Cut the rate: AWS throttled a call that began after the last cut."""
        elapsed, rate = now - self._cut_at, self.rate(now)
        if elapsed < SETTLED:
            return
        has_grown = rate > GROWN * self._known
        passed = self._meter.rate(now) if has_grown else self._passed / elapsed
        if not passed:  # what AWS takes is not known
            self._known, self._share, self._plateau = max(rate / 2, BLIND), BLIND_CUT, BLIND_PLATEAU
        else:
            self._known = max(min(passed, rate), SLOWEST)
            searching = elapsed <= SEARCHING
            self._share, self._plateau = (SEARCHING_CUT, SEARCHING_PLATEAU) if searching else (CUT, PLATEAU)
        self._begin(now)

    def _begin(self, now: float) -> None:
        """Begin to count what passes."""
        self._cut_at, self._passed, self._meter = now, 0, Meter(now)

    def count(self, now: float) -> None:
        """Count a call that AWS did not throttle."""
        self._passed += 1
        self._meter.count(now)

    def join(self, caller: Caller) -> None:
        """Begin to wait: behind the callers before, but before those whose work has not begun."""
        (self._first if caller.is_begun else self._others).append(caller)

    def leave(self, caller: Caller) -> None:
        """End to wait."""
        (self._first if caller.is_begun else self._others).remove(caller)

    def seconds_until(self, caller: Caller, now: float) -> float:
        """Return the seconds until the turn of a caller, or until it looks again."""
        place = (self._first + self._others).index(caller)
        return min(max(self._next - now, 0.0) + place / self.rate(now), LOOK_AGAIN)

    def take(self, now: float) -> None:
        """Take the next turn."""
        self._next = max(self._next, now - CREDIT) + 1 / self.rate(now)
