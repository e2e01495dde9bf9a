"""When work ends before it is done: a deadline, a stop, or an error that every other call would get too.

Called by ``client`` before every call and every wait. A **run** is one plan or apply, or a part of one. What it calls
in several accounts is stopped together, and breaks off account by account. It knows no call and no error by name.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable

from ecrops.errors import DeadlineError


class Breaker:
    """What ended the work of one account in a run, and which of its operations still succeed.

    Args:
        bell: Wakes the waits of the run.
    """

    def __init__(self, bell: threading.Condition) -> None:
        self._bell = bell
        self._successes: Counter[str] = Counter()
        self._reasons: dict[str, BaseException] = {}

    def break_off(self, reason: BaseException, operation: str = "") -> None:
        """Begin no call of an operation any more, or of the account, and end their waits. The first reason counts.

        Args:
            reason: The error that all these calls would get too.
            operation: The operation, such as ``ecr:PutLifecyclePolicy``; all of the account without one.
        """
        with self._bell:
            self._reasons.setdefault(operation, reason)
            self._bell.notify_all()

    def reason(self, operation: str) -> BaseException | None:
        """Return the error that ended the work of the account, or the calls of an operation; ``None`` without one."""
        return self._reasons.get("") or self._reasons.get(operation)

    def count_success(self, operation: str) -> None:
        """Count a call that succeeded."""
        with self._bell:
            self._successes.update((operation, ""))

    def successes(self, operation: str = "") -> int:
        """Return how many calls of an operation, or of all, have succeeded in the account, in this run."""
        return self._successes[operation]


class Run:
    """A plan or an apply, or a part of one that can be stopped alone.

    Args:
        outer: The run that it is a part of. If that one is stopped, this one is too.

    Attributes:
        has_waited: Whether a call waited for its next attempt. A part of a run has it for itself.
    """

    def __init__(self, outer: Run | None = None) -> None:
        self.bell: threading.Condition = outer.bell if outer else threading.Condition()
        self._breakers: dict[Hashable, Breaker] = outer._breakers if outer else {}
        self._outer = outer
        self._stopped = False
        self._reasons: set[str] = outer._reasons if outer else set()
        self.has_waited = False

    @property
    def is_stopped(self) -> bool:
        """Whether the run, or one that it is a part of, was stopped."""
        return self._stopped or (self._outer is not None and self._outer.is_stopped)

    def stop(self) -> None:
        """Begin no call and no wait any more, in any account, and end the waits that have begun."""
        with self.bell:
            self._stopped = True
            self.bell.notify_all()

    def is_first(self, reason: str) -> bool:
        """Whether a reason for a long wait was not asked about before, in any part of the run."""
        with self.bell:
            is_first = reason not in self._reasons
            self._reasons.add(reason)
            return is_first

    def breaker_of(self, account: Hashable) -> Breaker:
        """Return the breaker of an account. All parts of a run have the same one."""
        with self.bell:
            return self._breakers.setdefault(account, Breaker(self.bell))


class Deadline:
    """The moment after which no call and no wait of an account begins.

    Args:
        end: The moment, as ``time.monotonic`` counts.
        run: The run that it is for, if there is one. Without one no wait ends early, and nothing is broken off.
        account: The account, as the run names it.
    """

    def __init__(self, end: float = math.inf, run: Run | None = None, account: Hashable = None) -> None:
        self._end = end
        self._run = run
        self._account = account
        self.breaker = run.breaker_of(account) if run else None

    def sooner(self, seconds: float) -> Deadline:
        """Return the earlier of this moment and ``seconds`` from now."""
        return Deadline(min(self._end, time.monotonic() + seconds), self._run, self._account)

    @property
    def remaining(self) -> float:
        """The seconds that remain: infinite without a deadline, never negative."""
        return max(0.0, self._end - time.monotonic())

    def of_new_run(self, account: Hashable) -> Deadline:
        """Return the same moment for a new run, or for a new part of the run that this one is for."""
        return Deadline(self._end, Run(self._run), account)

    def of_account(self, account: Hashable) -> Deadline:
        """Return the same moment in the same run, for another account."""
        return Deadline(self._end, self._run, account)

    def stop(self) -> None:
        """Stop the run, in all accounts. Without a run there is nothing to stop."""
        if self._run:
            self._run.stop()

    def break_off(self, reason: BaseException) -> None:
        """End the work of the account in this run for an error that every other call would get too."""
        if self.breaker:
            self.breaker.break_off(reason)

    def reason(self, operation: str = "") -> BaseException | None:
        """Return the error for which the work of the account, or the calls of an operation, were broken off."""
        return self.breaker.reason(operation) if self.breaker else None

    @property
    def has_waited(self) -> bool:
        """Whether a call of the run waited for its next attempt."""
        return self._run is not None and self._run.has_waited

    def wait(self, seconds: float, sleep: Callable[[float], None], operation: str = "") -> None:
        """Wait with ``sleep``, for the next attempt of an operation if one is named.

        A wait with ``time.sleep`` ends early when the run is stopped or broken off.
        """
        if self._run and operation:
            self._run.has_waited = True
        if self._run is None or sleep is not time.sleep:
            sleep(seconds)
            return
        with self._run.bell:
            self._run.bell.wait_for(lambda: self._is_over(operation), seconds)

    def is_first(self, reason: str) -> bool:
        """Whether a reason for a long wait was not asked about before in the run."""
        return self._run is None or self._run.is_first(reason)

    def check(self, doing: str, ahead: float = 0.0, operation: str = "") -> None:
        """Raise unless ``ahead`` more seconds remain.

        Raises:
            DeadlineError: Fewer seconds remain, or the run was stopped.
            Exception: The work of the account, or the calls of the operation, were broken off for this error.
        """
        reason = self.reason(operation)
        if reason is not None:
            raise reason
        if self._is_over(operation) or time.monotonic() + ahead > self._end:
            raise DeadlineError(f"the time given is over, before {doing}; run again to do what is missing")

    def _is_over(self, operation: str) -> bool:
        return self.reason(operation) is not None or (self._run is not None and self._run.is_stopped)
