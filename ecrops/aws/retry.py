"""When a call is repeated: one policy, one classification of errors, tenacity as the only retrier.

Called by ``client`` for every call.

Every client has ``total_max_attempts=1``, so that attempts never multiply. botocore's own retry modes count
ECR's hard quotas (``LimitExceededException``) as throttling; here they are final.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ecrops.aws.classes import NO_CREDENTIALS_YET, code_of, is_momentary
from ecrops.base.problems import is_number, is_whole, suggesting
from ecrops.errors import DeadlineError, SpecError
from ecrops.text import printable

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger(__name__)
T = TypeVar("T")

CREDENTIAL_ATTEMPTS = 2
"""A credential provider that fails is asked once more: it may be a program that asks a person."""
BUDGETS = ("attempts", "budget", "propagation_budget")


@suggesting()
@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long ecrops tries.

    Args:
        attempts: The largest number of attempts of one call while AWS throttles, answers 5xx or drops the connection.
        budget: The seconds that one call may take in all while that happens.
        propagation_budget: The seconds to wait for something that was made a moment ago to become visible everywhere.
        sleep: The function that waits. Tests give one that does not.

    Raises:
        SpecError: A number is out of range.
    """

    attempts: int = 10
    budget: float = 60.0
    propagation_budget: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        wrong = []
        if not is_whole(self.attempts) or self.attempts < 1:
            wrong.append(f"attempts: expected a whole number of at least 1, got {self.attempts!r}")
        for name in ("budget", "propagation_budget"):
            seconds = getattr(self, name)
            if not is_number(seconds) or not seconds >= 0:
                wrong.append(f"{name}: expected seconds, 0 or more, got {seconds!r}")
        if not callable(self.sleep):
            wrong.append(f"sleep: expected a function of seconds, got {self.sleep!r}")
        if wrong:
            raise SpecError(*wrong)


class Deadline:
    """The moment after which no call and no wait begins.

    Args:
        end: The moment, as ``time.monotonic`` counts.
        of_run: Whether it is the deadline of one plan or apply, which can be broken off alone.
    """

    def __init__(self, end: float = math.inf, *, of_run: bool = False) -> None:
        self._end = end
        self._of_run = of_run
        self._stopped = threading.Event()
        self.reason: Exception | None = None

    def sooner(self, seconds: float = math.inf, *, of_run: bool = False) -> Deadline:
        """Return the earlier of this moment and ``seconds`` from now."""
        return Deadline(min(self._end, time.monotonic() + seconds), of_run=of_run)

    @property
    def remaining(self) -> float:
        """The seconds that remain: infinite without a deadline, never negative."""
        return max(0.0, self._end - time.monotonic())

    def break_off(self, reason: Exception) -> None:
        """Stop a run for an error that every other call would get too. A deadline that is of no run goes on."""
        if self._of_run and self.reason is None:
            self.reason = reason
            self.stop()

    def stop(self) -> None:
        """Set the moment to now, and end the waits that have begun."""
        self._end = -math.inf
        self._stopped.set()

    def wait(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Wait with ``sleep``. A wait with ``time.sleep`` ends early when the deadline is stopped."""
        if sleep is time.sleep:
            self._stopped.wait(seconds)
        else:
            sleep(seconds)

    def check(self, doing: str, ahead: float = 0.0) -> None:
        """Raise unless ``ahead`` more seconds remain.

        Raises:
            DeadlineError: Fewer seconds remain.
            Exception: The run was broken off for this error.
        """
        if self.reason is not None:
            raise self.reason
        if time.monotonic() + ahead > self._end:
            raise DeadlineError(f"the time given is over, before {doing}; run again to do what is missing")


class _Budgets:
    """When to stop: passing errors and things that are not visible yet have a budget each."""

    def __init__(self, policy: RetryPolicy, awaits: Collection[str]) -> None:
        self._policy = policy
        self._awaits = awaits
        self._attempts = 0
        self._waited = self._tried = self._seen = self._slept = 0.0

    def __call__(self, state: RetryCallState) -> bool:
        """Whether the next wait is beyond the budget. The error then gets a note with the attempts and seconds."""
        error = state.outcome.exception() if state.outcome else None
        spent = self._is_spent(state, error)
        if spent and error and state.attempt_number > 1:
            options = ", ".join(f"{name}={getattr(self._policy, name):g}" for name in BUDGETS)
            seconds = state.seconds_since_start or 0.0
            error.add_note(f"tried {state.attempt_number} times in {seconds:.0f} s, as RetryPolicy({options}) says")
        return spent

    def _is_spent(self, state: RetryCallState, error: BaseException | None) -> bool:
        now = state.seconds_since_start or 0.0
        cost = max(now - self._seen - self._slept, 0.0) + state.upcoming_sleep
        self._seen, self._slept = now, state.upcoming_sleep
        if code_of(error) in self._awaits:
            self._waited += cost
            return self._waited > self._policy.propagation_budget
        self._attempts += 1
        self._tried += cost
        if isinstance(error, NO_CREDENTIALS_YET) and self._attempts >= CREDENTIAL_ATTEMPTS:
            return True
        return self._attempts >= self._policy.attempts or self._tried > self._policy.budget


def persistently(
    attempt: Callable[[], T], policy: RetryPolicy, deadline: Deadline, doing: str, awaits: Collection[str] = ()
) -> T:
    """Repeat an attempt until it succeeds, fails for good, or its budget is spent.

    Args:
        attempt: Makes one attempt.
        policy: How long to try.
        deadline: The moment to stop at in any case.
        doing: The call, for messages.
        awaits: Error codes that mean "not visible yet". They have the propagation budget.
    """
    from tenacity import Retrying, retry_if_exception, wait_random_exponential

    def before_sleep(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.debug("%s again in %.1f s, because of: %s", doing, state.upcoming_sleep, printable(str(error)))
        try:
            deadline.check(f"{doing} could be tried again", ahead=state.upcoming_sleep)
        except DeadlineError as over:
            raise over from error

    return Retrying(
        retry=retry_if_exception(lambda error: is_momentary(error) or code_of(error) in awaits),
        wait=wait_random_exponential(multiplier=0.2, max=10),
        stop=_Budgets(policy, awaits),
        sleep=lambda seconds: deadline.wait(seconds, policy.sleep),
        before_sleep=before_sleep,
        reraise=True,
    )(attempt)
