"""Which calls go wrong, and how: steered by the test, and deterministic."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .calls import Call
from .lag import Lag
from .verdicts import Fault


@dataclass(slots=True)
class _Rule:
    """A fault for the calls that match, after `skip` of them and at most `times` times."""

    fault: Fault
    matches: Callable[[Call], bool]
    skip: int
    times: int | None

    def strikes(self, call: Call) -> bool:
        if self.times == 0 or not self.matches(call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class _Limit:
    """A rate limit: so many calls in flight, or so many in any one second; more are throttled."""

    def __init__(self, in_flight: int | None, per_second: int | None) -> None:
        self._in_flight, self._per_second = in_flight, per_second
        self._running = 0
        self._admitted: deque[float] = deque()

    def admits(self) -> bool:
        now = time.monotonic()
        while self._admitted and now - self._admitted[0] >= 1:
            self._admitted.popleft()
        full = self._in_flight is not None and self._running >= self._in_flight
        fast = self._per_second is not None and len(self._admitted) >= self._per_second
        if full or fast:
            return False
        self._running += 1
        self._admitted.append(now)
        return True

    def release(self) -> None:
        self._running -= 1


class Faults:
    """What goes wrong with the calls of the sessions of one `Cloud`. Nothing does until told.

    The faults (`FAULTS`) are ``throttle``, ``error500`` and ``denied``, which AWS answers in the place of doing it;
    ``reset_before``: the connection is lost before the call arrives; and two that let the call take effect
    (`EXECUTED`): ``reset_after`` loses its answer, ``truncated`` half of it. Each attempt counts as a call.

    Attributes:
        latency: Seconds added to each call; calls in parallel wait in parallel.
        hits: The calls that met a fault, in order.
        lag: Which readings get older answers; over HTTP none do.

    Example:
        >>> faults = Faults()
        >>> faults.at(3, "reset_after")  # the third call from now takes effect, but its answer is lost
        >>> faults.on("throttle", operation="PutLifecyclePolicy", times=2)
        >>> faults.on("denied", where=lambda call: call.params.get("repositoryName") == "a", times=None)
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.hits: list[Call] = []
        self.lag = Lag()
        self._rules: list[_Rule] = []
        self._limit: _Limit | None = None
        self._lock = threading.Lock()

    def at(self, number: int, fault: Fault) -> None:
        """Let one call meet a fault.

        Args:
            number: Which one from now; the next one is 1.
            fault: What happens to it.
        """
        self.on(fault, skip=number - 1)

    def on(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        service: str | None = None,
        where: Callable[[Call], bool] | None = None,
        skip: int = 0,
        times: int | None = 1,
    ) -> None:
        """Let the calls that are selected meet a fault.

        Args:
            fault: What happens to them.
            operation: Only calls of this operation, such as ``CreateRepository``.
            service: Only calls of this service, such as ``iam``.
            where: Only calls for which this is true, such as ``lambda call: call.is_write``.
            skip: How many of them go through first.
            times: How many of them meet it after that; ``None``: all.
        """

        def matches(call: Call) -> bool:
            named = operation in (None, call.operation) and service in (None, call.service)
            return named and (where is None or where(call))

        with self._lock:
            self._rules.append(_Rule(fault, matches, skip, times))

    def limit(self, *, in_flight: int | None = None, per_second: int | None = None) -> None:
        """Throttle calls that are too many. Without a number there is no limit any more.

        Args:
            in_flight: How many calls may be under way at once.
            per_second: How many calls may be made in any one second.
        """
        unlimited = in_flight is None and per_second is None
        with self._lock:
            self._limit = None if unlimited else _Limit(in_flight, per_second)

    def clear(self) -> None:
        """Let nothing go wrong any more; the hits stay readable."""
        with self._lock:
            self._rules.clear()
            self._limit, self.latency = None, 0.0

    def judge(self, call: Call) -> Callable[[], None]:
        """Set the fault of a call about to be sent; return what to do when it is over. The cloud calls it.

        Args:
            call: The attempt.
        """
        with self._lock:
            struck = [rule.fault for rule in self._rules if rule.strikes(call)]
            call.fault = struck[0] if struck else None
            over = self._admit(call)
            if call.fault:
                self.hits.append(call)
            return over

    def _admit(self, call: Call) -> Callable[[], None]:
        limit = self._limit
        if limit is None or call.fault is not None:
            return _nothing
        if not limit.admits():
            call.fault = "throttle"
            return _nothing

        def release() -> None:
            with self._lock:
                limit.release()

        return release


def _nothing() -> None:
    """A call that took no place has none to give back."""
