"""A wait, as a value: how long, and why. Pure.

Made by ``aws/waiting`` before every wait for AWS, told to ``on_wait``, drawn by ``base/progress``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ecrops.text import printable

LONG = 5.0
"""No wait is silent for more seconds: the log then has a warning with the reason."""


class Wait(NamedTuple):
    """A wait that begins. ``print(wait)`` says how long it takes, and why.

    Args:
        seconds: How long it takes, at most.
        reason: Why ecrops waits, such as ``AWS throttles ecr:CreateRepository``.
        operation: The call that is made after it, such as ``ecr:CreateRepository``; empty if it is not one call.
        owner: What is waited for, such as a repository; empty if it is not known, or if there are several.
        attempt: The attempts, or the looks, that came before, with the one that led to this wait: 1 at the first wait.
        waited: The seconds that the same call, or the calls of the same owner, have taken in vain before.
    """

    seconds: float
    reason: str
    operation: str = ""
    owner: str = ""
    attempt: int = 1
    waited: float = 0.0

    def __str__(self) -> str:
        owner = f" for {self.owner}" if self.owner and self.owner not in self.reason else ""
        return printable(f"waiting {self.seconds:.1f} s{owner}: {self.reason}")


OnWait = Callable[[Wait], object]
OnAmount = Callable[[str], object]


if TYPE_CHECKING:
    from typing import Protocol

    class Tell(Protocol):
        """Tells of a wait before it begins: ``aws.waiting.Waiting.tell``."""

        def __call__(
            self,
            waited: Waited,
            seconds: float,
            reason: str,
            operation: str = ...,
            attempt: int = ...,
            lost: float = ...,
            *,
            is_new: bool = ...,
        ) -> None:
            """Tell of a wait."""


def nobody(*wait: object, **options: object) -> None:
    """Tell nobody of a wait."""


class Waited:
    """The seconds that one call, or the calls of one owner, have taken in vain, and the reasons that were logged.

    Args:
        owner: The owner; empty for one call.
        outer: What it is a part of: the calls of the owner that a call is for.

    Attributes:
        seconds: The seconds.
        count: How many waits.
    """

    __slots__ = ("_outer", "_said", "count", "owner", "seconds")

    def __init__(self, owner: str = "", outer: Waited | None = None) -> None:
        self.owner: str = owner or (outer.owner if outer else "")
        self.seconds, self.count = 0.0, 0
        self._outer = outer
        self._said: set[str] | None = None

    @property
    def total(self) -> float:
        """The seconds, with those of what it is a part of."""
        return self._outer.total if self._outer else self.seconds

    def add(self, seconds: float) -> None:
        """Count a wait."""
        self.seconds += seconds
        self.count += 1
        if self._outer:
            self._outer.add(seconds)

    def is_to_be_said(self, reason: str) -> bool:
        """Whether it takes long by now, for a reason that was not asked about before."""
        if self._outer:
            return self._outer.is_to_be_said(reason)
        if self.seconds <= LONG or reason in (self._said or ()):
            return False
        self._said = {*(self._said or ()), reason}
        return True
