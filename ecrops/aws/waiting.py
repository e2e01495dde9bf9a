"""The waits of an account: each is told before it begins, and none that takes long is silent.

A part of ``client.Aws``. Every wait of ecrops for AWS, or for another thread, passes here: a test looks for others.
"""

from __future__ import annotations

import copy
import logging
import time
from functools import partial
from typing import Self

from ecrops.aws import callers
from ecrops.aws.budgets import Budgets
from ecrops.aws.deadline import Deadline
from ecrops.aws.retry import RetryPolicy
from ecrops.base.waits import OnAmount, OnWait, Wait, Waited

log = logging.getLogger(__name__)
FOR_TURN = "AWS throttles, and calls wait for their turn"


class Waiting:
    """What ``Aws`` does to wait."""

    retry: RetryPolicy
    _deadline: Deadline
    _budgets: Budgets | None
    on_wait: OnWait | None = None
    """Called on the caller's thread before each wait."""
    on_amount: OnAmount | None = None
    """Called on the caller's thread with how much of something long is done, in words."""

    def telling(self, on_wait: OnWait | None, on_amount: OnAmount | None = None) -> Self:
        """Return the same clients and memory, with functions that are told of each wait, and of amounts."""
        other = copy.copy(self)
        other.on_wait, other.on_amount = on_wait, on_amount
        return other

    def tell_amount(self, words: str) -> None:
        """Tell how much of something long is done, such as the bytes of a copy: ``3.0 MB of 12.1 MB``."""
        if self.on_amount:
            callers.tell(partial(self.on_amount, words))

    def check(self, doing: str) -> None:
        """Raise if the deadline is over, or the run was stopped."""
        self._deadline.check(doing)

    def pause(self, seconds: float, doing: str, reason: str, waited: Waited) -> None:
        """Wait, unless the deadline comes first.

        Args:
            seconds: How long.
            doing: What is done after it, for the error: ``the time given is over, before …``.
            reason: Why.
            waited: What was waited for the same thing before.
        """
        self._deadline.check(doing, ahead=seconds)
        log.debug("a wait of %.1f s, before %s", seconds, doing)
        self.tell(waited, seconds, reason)
        self._deadline.wait(seconds, self.retry.sleep)

    def waits_on_thread(self, seconds: float, waited: Waited) -> None:
        """Tell of a part of a wait for another thread, which writes the same owner. The caller waits.

        Args:
            seconds: How long the part takes.
            waited: What was waited for that thread before.

        Raises:
            DeadlineError: The deadline is over, or the run was stopped.
        """
        self._deadline.check(f"another thread was done with {waited.owner}")
        self.tell(waited, seconds, f"another thread writes {waited.owner}", is_new=not waited.count)

    def tell(
        self,
        waited: Waited,
        seconds: float,
        reason: str,
        operation: str = "",
        attempt: int = 0,
        lost: float = 0.0,
        *,
        is_new: bool = True,
    ) -> None:
        """Tell of a wait before it begins: ``on_wait``, and the log if it, or what came before it, takes long.

        Args:
            waited: What the same call, or owner, has waited before.
            seconds: How long it takes.
            reason: Why.
            operation: The call that is made after it.
            attempt: The attempt that led to it; without it the number of the wait.
            lost: The seconds that this attempt took.
            is_new: Whether it is not a part of a wait that was told.
        """
        total = waited.total + lost
        waited.add(seconds + lost)
        if waited.is_to_be_said(reason) and self._deadline.is_first(reason):
            extra = {"owner": waited.owner, "operation": operation}
            whom = f" for {waited.owner}" if waited.owner and waited.owner not in reason else ""
            log.warning("waiting %.0f s in all%s: %s", total + seconds, whom, reason, extra=extra)
        if is_new and self.on_wait:
            wait = Wait(seconds, reason, operation, waited.owner, attempt or waited.count, total)
            callers.tell(partial(self.on_wait, wait))

    def _pause_for_place(self, doing: str, waited: Waited, seconds: float) -> None:
        """Tell of a part of a wait for other calls, because as many are in flight as the account has workers."""
        self._deadline.check(doing, operation=doing)
        self.tell(waited, seconds, "as many calls are in flight as there are workers", doing, is_new=not waited.count)

    def _pause_for_turn(self, doing: str, waited: Waited, seconds: float) -> bool:
        """Wait until AWS takes another call. Returns whether the time has passed: the sleep of a test may not wait."""
        self._deadline.check(doing, ahead=seconds, operation=doing)
        self.tell(waited, seconds, FOR_TURN, doing, is_new=not waited.count)
        self._deadline.wait(seconds, self.retry.sleep)
        return self.retry.sleep is time.sleep
