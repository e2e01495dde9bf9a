"""When a call is repeated: one policy, one classification of errors, tenacity as the only retrier.

Called by ``client`` for every call. ``budgets`` counts what the attempts spend, ``deadline`` ends them early.

Every client has ``total_max_attempts=1``, so that attempts never multiply. botocore's own retry modes count
ECR's hard quotas (``LimitExceededException``) as throttling; here they are final.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ecrops.aws.budgets import Budgets, Stopwatch
from ecrops.aws.classes import NO_CREDENTIALS_YET, code_of, is_momentary, is_throttled
from ecrops.aws.deadline import Breaker, Deadline
from ecrops.base.problems import is_number, is_whole, suggesting
from ecrops.base.shown import Shown
from ecrops.base.waits import nobody
from ecrops.errors import DeadlineError, SpecError
from ecrops.text import printable

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from ecrops.base.waits import Tell

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIED = "tried"
BUDGETS = ("attempts", "budget", "propagation_budget", "throttling_budget")
FIRST_WAIT, LONGEST_WAIT = 1.0, 20.0
"""Seconds between two attempts that AWS throttles, at most: at first, and after some. Half of them at least."""


@suggesting()
@dataclass(frozen=True, slots=True)
class RetryPolicy(Shown):
    """How long ecrops tries.

    Args:
        attempts: The largest number of attempts that fail because AWS answers 5xx or the connection is lost. While a
            plan is applied, all calls of one owner (such as a repository) share them. Attempts that AWS throttles do
            not count: only seconds limit them.
        budget: The seconds that such attempts, and the waits between them, may take. Also the seconds that AWS may
            throttle calls of an operation while none of them succeeds. After that ecrops begins no such call any more,
            and none at all in that account if no other call succeeded either.
        propagation_budget: The seconds to wait for something that was made a moment ago to become visible everywhere.
        throttling_budget: The seconds that AWS may throttle the calls of one owner in all while the same calls succeed
            for others.
        sleep: The function that waits. Tests give one that does not.

    Raises:
        SpecError: A number is out of range.
    """

    attempts: int = 10
    budget: float = 60.0
    propagation_budget: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    throttling_budget: float = 600.0

    def __post_init__(self) -> None:
        wrong = []
        if not is_whole(self.attempts) or self.attempts < 1:
            wrong.append(f"attempts: expected a whole number of at least 1, got {self.attempts!r}")
        for name in BUDGETS[1:]:
            seconds = getattr(self, name)
            if not is_number(seconds) or not seconds >= 0:
                wrong.append(f"{name}: expected seconds, 0 or more, got {seconds!r}")
        if not callable(self.sleep):
            wrong.append(f"sleep: expected a function of seconds, got {self.sleep!r}")
        if wrong:
            raise SpecError(*wrong)


def rounds(policy: RetryPolicy) -> Iterator[float]:
    """Yield the seconds between the rounds of an apply, longer and longer, with jitter, within the propagation budget.

    The first pause is long enough for another writer, who had read before us, to have written.
    """
    spent = pause = 1.0
    yield pause
    while (remaining := policy.propagation_budget - spent) > 0:
        pause = min(pause * random.uniform(1.3, 2), 10, remaining)
        spent += pause
        yield pause


class _Call:
    """One call with all its attempts: what is tried again, how long to wait before that, and when to stop."""

    def __init__(
        self, policy: RetryPolicy, deadline: Deadline, budgets: Budgets, doing: str, awaits: Collection[str], tell: Tell
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._budgets = budgets
        self._doing = doing
        self._awaits = awaits
        self._tell = tell

    def make(self, attempt: Callable[[], T]) -> T:
        """Make attempts until one succeeds, fails for good, or nothing is left to spend."""
        self._began, succeeded = time.monotonic(), False
        self._budgets.begin()
        try:
            result = self._make(attempt)
            succeeded = True
        finally:
            self._budgets.end(succeeded=succeeded)
        return result

    def _make(self, attempt: Callable[[], T]) -> T:
        """Make the first attempt, and leave all others to tenacity: most calls end at once."""
        self._watch = Stopwatch(self._budgets)
        try:
            return attempt()
        except Exception as error:
            if not self._may_pass(error):
                raise
            failures = [error]

        from tenacity import Retrying, retry_if_exception

        def timed() -> T:
            if failures:
                raise failures.pop()
            self._watch = Stopwatch(self._budgets)
            return attempt()

        return Retrying(
            retry=retry_if_exception(self._may_pass),
            wait=self._wait,
            stop=self._is_spent,
            sleep=lambda seconds: self._deadline.wait(seconds, self._policy.sleep, self._doing),
            before_sleep=self._before_sleep,
            reraise=True,
        )(timed)

    def _may_pass(self, error: BaseException) -> bool:
        if error is self._deadline.reason(self._doing):  # it ended this call and others
            return False
        return is_momentary(error) or code_of(error) in self._awaits

    def _wait(self, state: RetryCallState) -> float:
        """Return seconds with jitter, longer after each attempt. Under throttling no wait is short."""
        error = _error_of(state)
        if is_throttled(error) and code_of(error) not in self._awaits:
            longest = min(FIRST_WAIT * 2 ** min(self._budgets.throttled_in_a_row, 10), LONGEST_WAIT)
            return random.uniform(longest / 2, longest)
        return random.uniform(0, min(0.2 * 2 ** min(state.attempt_number - 1, 10), 10))

    def _is_spent(self, state: RetryCallState) -> bool:
        """Whether the next wait is beyond the budgets. The error then gets a note with the attempts and seconds."""
        error, budgets, breaker = _error_of(state), self._budgets, self._deadline.breaker
        self._lost = self._watch.seconds()
        cost = self._lost + state.upcoming_sleep
        if code_of(error) in self._awaits:
            spent = budgets.spend_on_visibility(cost)
        elif is_throttled(error):
            spent = budgets.spend_on_throttling(cost, self._doing, breaker)
        else:
            spent = budgets.spend_on_error(cost, error)
        if spent and error:
            self._explain(error, state)
            if is_throttled(error) and budgets.is_stalled and breaker:
                self._break_off(error, breaker, budgets.stalled - state.upcoming_sleep)
        return spent

    def _explain(self, error: BaseException, state: RetryCallState) -> None:
        failures = self._budgets.failures
        if failures < 2 or any(note.startswith(TRIED) for note in getattr(error, "__notes__", ())):
            return
        options = ", ".join(f"{name}={getattr(self._policy, name):g}" for name in BUDGETS)
        times = f"{state.attempt_number} times in {time.monotonic() - self._began:.0f} s"
        if failures > state.attempt_number:
            times += f" (for this owner {failures} attempts failed in all)"
        error.add_note(f"{TRIED} {times}, as RetryPolicy({options}) says")

    def _break_off(self, error: BaseException, breaker: Breaker, seconds: float) -> None:
        """Begin no such call any more in this run and account, and none at all if no other call succeeds either."""
        alone = self._budgets.is_alone(breaker)
        rest = "nothing else was begun in this account" if alone else f"{self._doing} was not begun again"
        calls = "no other call" if alone else "no other such call"
        error.add_note(
            f"AWS throttled {self._doing} for {seconds:.0f} s, and {calls} succeeded meanwhile: {rest}. "
            "Running again later makes what is still missing"
        )
        breaker.break_off(error, "" if alone else self._doing)

    def _before_sleep(self, state: RetryCallState) -> None:
        error = _error_of(state)
        log.debug("%s again in %.1f s, because of: %s", self._doing, state.upcoming_sleep, printable(str(error)))
        try:
            self._deadline.check(f"{self._doing} could be tried again", state.upcoming_sleep, self._doing)
        except DeadlineError as over:
            raise over from error
        seconds, reason = state.upcoming_sleep, self._reason(error)
        self._tell(self._budgets.waited, seconds, reason, self._doing, state.attempt_number, self._lost)

    def _reason(self, error: BaseException | None) -> str:
        """Return why the call is repeated. The same error has the same reason each time."""
        code = code_of(error)
        if code in self._awaits:
            return f"{self._doing} is about something that was made a moment ago, and is not visible yet"
        if is_throttled(error):
            return f"AWS throttles {self._doing}"
        what = "the credentials could not be fetched" if isinstance(error, NO_CREDENTIALS_YET) else "it failed"
        return f"{self._doing} is tried again, because {what} ({code or type(error).__name__})"


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def persistently(
    attempt: Callable[[], T],
    policy: RetryPolicy,
    deadline: Deadline,
    doing: str,
    awaits: Collection[str] = (),
    budgets: Budgets | None = None,
    tell: Tell = nobody,
) -> T:
    """Repeat an attempt until it succeeds, fails for good, or its budget is spent.

    Args:
        attempt: Makes one attempt.
        policy: How long to try.
        deadline: The moment to stop at in any case.
        doing: The operation that is called, such as ``ecr:PutLifecyclePolicy``.
        awaits: Error codes that mean "not visible yet". They have the propagation budget.
        budgets: What the call shares with others; its own without one.
        tell: Called before each wait, as ``Waiting.tell``.
    """
    return _Call(policy, deadline, budgets or Budgets(policy), doing, awaits, tell).make(attempt)
