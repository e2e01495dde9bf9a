"""What may still be spent on one call, or on all calls of one owner: attempts and seconds.

Called by ``retry`` after every attempt that failed. It counts, and neither waits nor calls anything.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from ecrops.aws.classes import NO_CREDENTIALS_YET
from ecrops.base.waits import Waited

if TYPE_CHECKING:
    from ecrops.aws.deadline import Breaker
    from ecrops.aws.retry import RetryPolicy

CREDENTIAL_ATTEMPTS = 2
"""A credential provider that fails is asked once more: it may be a program that asks a person."""


class Budgets:
    """The attempts and seconds that are left. A success uses up neither.

    One ``Budgets`` can serve many calls, one inside another: a write that reads again before it is repeated. Seconds
    of a wait count when the wait begins, so that a ``sleep`` that does not wait counts too.

    Args:
        policy: How much there is.
        owner: The owner that it is for; empty for one call.

    Attributes:
        failures: The attempts that failed.
        successes: The attempts that succeeded.
        spent: The seconds that failed attempts and the waits after them took.
        throttled_in_a_row: The attempts that AWS throttled since a call succeeded that is not part of another.
        waited: The seconds that were waited, for the log.
        stalled: The seconds that AWS throttled the calls while no other call of their operation succeeded.
    """

    def __init__(self, policy: RetryPolicy, owner: str = "") -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._open = 0
        self._attempts = self._refusals = 0
        self._tried = self._waited = self._throttled = 0.0
        self._successes: Counter[tuple[Breaker | None, str]] = Counter()
        self._seen: dict[tuple[Breaker | None, str], int] = {}
        self.failures = self.successes = 0
        self.spent = 0.0
        self.throttled_in_a_row = 0
        self.stalled = 0.0
        self.waited = Waited(owner)

    def begin(self) -> None:
        """Begin a call, with all its attempts."""
        with self._lock:
            self._open += 1

    def end(self, *, succeeded: bool) -> None:
        """End a call."""
        with self._lock:
            self._open -= 1
            if succeeded and not self._open:
                self.throttled_in_a_row, self.stalled = 0, 0.0

    def count_success(self, operation: str, breaker: Breaker | None) -> None:
        """Count a success of these calls themselves: it does not show that AWS throttles others less."""
        with self._lock:
            self._successes.update(((breaker, operation), (breaker, "")))
            self.successes += 1

    def spend_on_visibility(self, seconds: float) -> bool:
        """Spend seconds because something is not visible yet. Returns whether there are none left."""
        with self._lock:
            self._spend(seconds)
            self._waited += seconds
            return self._waited > self._policy.propagation_budget

    def spend_on_error(self, seconds: float, error: BaseException | None) -> bool:
        """Spend an attempt, and seconds, because of an error that may pass. Returns whether there are none left."""
        with self._lock:
            self._spend(seconds)
            self._attempts += 1
            self._tried += seconds
            self._refusals += isinstance(error, NO_CREDENTIALS_YET)
            is_refused = isinstance(error, NO_CREDENTIALS_YET) and self._refusals >= CREDENTIAL_ATTEMPTS
            return is_refused or self._attempts >= self._policy.attempts or self._tried > self._policy.budget

    def spend_on_throttling(self, seconds: float, operation: str, breaker: Breaker | None) -> bool:
        """Spend seconds because AWS throttles. Returns whether there are none left."""
        with self._lock:
            self._spend(seconds)
            self.throttled_in_a_row += 1
            self._throttled += seconds
            if not self.stalled or self._has_progress(operation, breaker):
                self.stalled = 0.0
                self._look(operation, breaker)
            self.stalled += seconds
            return self.is_stalled or self._throttled > self._policy.throttling_budget

    @property
    def is_stalled(self) -> bool:
        """Whether AWS throttled the calls for the whole budget while no other call of their operation succeeded."""
        return self.stalled > self._policy.budget

    def is_alone(self, breaker: Breaker | None) -> bool:
        """Whether no other call of the account, of any operation, succeeded while AWS throttled these."""
        return not self._has_progress("", breaker)

    def _spend(self, seconds: float) -> None:
        self.failures += 1
        self.spent += seconds

    def _look(self, operation: str, breaker: Breaker | None) -> None:
        """Note how many calls of others have succeeded, of the operation and of all."""
        for name in (operation, ""):
            self._seen[breaker, name] = self._successes_of_others(name, breaker)

    def _has_progress(self, operation: str, breaker: Breaker | None) -> bool:
        return self._seen.get((breaker, operation), 0) != self._successes_of_others(operation, breaker)

    def _successes_of_others(self, operation: str, breaker: Breaker | None) -> int:
        return (breaker.successes(operation) if breaker else 0) - self._successes[breaker, operation]


class Stopwatch:
    """Measures one attempt, without the seconds that calls inside of it have spent themselves."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._began, self._spent = time.monotonic(), budgets.spent

    def seconds(self) -> float:
        """Return the seconds since the attempt began."""
        return max(time.monotonic() - self._began - (self._budgets.spent - self._spent), 0.0)
