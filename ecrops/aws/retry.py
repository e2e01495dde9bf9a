"""When a call is made again: one policy, one classification of errors, tenacity as the only retrier.

Every client has ``total_max_attempts=1``, so that attempts never multiply. botocore's own retry modes count
ECR's hard quotas (``LimitExceededException``) as throttling; here they are final.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from ecrops.errors import DeadlineError, SpecError

if TYPE_CHECKING:
    from tenacity import RetryCallState

log = logging.getLogger(__name__)
T = TypeVar("T")
Awaits = Collection[str] | Callable[[ClientError], bool]
"""What "not visible yet" looks like: error codes, or a test of the error."""

THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "SlowDown",
    }
)
MOMENTARY = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
DROPPED = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    ResponseParserError,  # a truncated answer
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long ecrops tries.

    Args:
        attempts: How often one call is made at most while AWS throttles, answers 5xx or drops the connection.
        budget: Seconds that one call may take in all while that happens.
        propagation_budget: Seconds to wait for something made a moment ago to become visible everywhere.
        sleep: What waits; give your own in tests.

    Raises:
        SpecError: A number is out of range.
    """

    attempts: int = 10
    budget: float = 60.0
    propagation_budget: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        wrong = []
        if isinstance(self.attempts, bool) or not isinstance(self.attempts, int) or self.attempts < 1:
            wrong.append(f"attempts: expected a whole number of at least 1, got {self.attempts!r}")
        for name in ("budget", "propagation_budget"):
            seconds = getattr(self, name)
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
                wrong.append(f"{name}: expected seconds, 0 or more, got {seconds!r}")
        if wrong:
            raise SpecError(*wrong)


def code_of(error: BaseException | None) -> str:
    """The error code of an answer of AWS, or an empty string."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_throttled(error: BaseException | None) -> bool:
    """Whether AWS asked for fewer calls."""
    return code_of(error) in THROTTLED or _status(error) == 429


def is_momentary(error: BaseException | None) -> bool:
    """Whether the same call may well succeed in a moment."""
    return isinstance(error, DROPPED) or is_throttled(error) or code_of(error) in MOMENTARY or _status(error) >= 500


def _status(error: BaseException | None) -> int:
    answer: Any = error.response if isinstance(error, ClientError) else {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


class Deadline:
    """The moment after which no call is begun and no wait is started."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def check(self, doing: str, ahead: float = 0.0) -> None:
        """Raise unless ``ahead`` more seconds are left.

        Raises:
            DeadlineError: They are not.
        """
        if self._end is not None and time.monotonic() + ahead > self._end:
            raise DeadlineError(f"the time given is over, before {doing}; run again to do what is missing")


def persistently(
    attempt: Callable[[], T], policy: RetryPolicy, deadline: Deadline, doing: str, awaits: Awaits = ()
) -> T:
    """Make a call until it succeeds, fails for good, or its budget is spent.

    Args:
        attempt: One attempt.
        policy: How long to try.
        deadline: When to stop in any case.
        doing: The call, for messages.
        awaits: What "not visible yet" looks like here; it has the propagation budget.
    """
    from tenacity import Retrying, retry_if_exception, wait_random_exponential

    def awaited(error: BaseException | None) -> bool:
        if not isinstance(error, ClientError):
            return False
        return awaits(error) if callable(awaits) else code_of(error) in awaits

    def enough(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        spent = max(state.idle_for, state.seconds_since_start or 0.0) + state.upcoming_sleep
        if awaited(error):
            return spent > policy.propagation_budget and _say_waited(error, spent - state.upcoming_sleep)
        return state.attempt_number >= policy.attempts or spent > policy.budget

    def before_sleep(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.debug("%s again in %.1f s, because of: %s", doing, state.upcoming_sleep, error)
        deadline.check(f"{doing} could be tried again", ahead=state.upcoming_sleep)

    return Retrying(
        retry=retry_if_exception(lambda error: is_momentary(error) or awaited(error)),
        wait=wait_random_exponential(multiplier=0.2, max=10),
        stop=enough,
        sleep=policy.sleep,
        before_sleep=before_sleep,
        reraise=True,
    )(attempt)


def _say_waited(error: BaseException | None, seconds: float) -> bool:
    if error is not None:
        error.add_note(f"waited {seconds:.0f} s for it to be visible: RetryPolicy(propagation_budget=...) is how long")
    return True
