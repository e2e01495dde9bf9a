"""Who hears of an apply: the function of the caller, and the progress that is drawn.

Called by ``account`` for verbs that are given ``on_change``, ``on_wait`` or ``progress``, and by ``apply`` for each
change, on the caller's thread. It decides nothing, and calls nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ecrops.base.change import Change
from ecrops.base.problems import check_function
from ecrops.base.waits import OnWait, Wait
from ecrops.errors import SpecError

if TYPE_CHECKING:
    from ecrops.base.progress import Progress
    from ecrops.engine.account import Account

OnChange = Callable[[Change], object]
A = TypeVar("A", bound="Account")


class Listener:
    """Hears of the changes of an apply.

    Args:
        on_change: The function of the caller, if there is one.
        progress: What is drawn, if anything is.
    """

    def __init__(self, on_change: OnChange | None = None, progress: Progress | None = None) -> None:
        self._on_change, self._progress = on_change, progress
        self._told, self._is_telling = 0, False

    @property
    def is_deaf(self) -> bool:
        """Whether there is nobody to tell."""
        return not (self._on_change or self._progress)

    def begin(self, made: int, missing: int) -> None:
        """Begin a round.

        Args:
            made: How many changes were made.
            missing: How many are missing, as far as it is known.
        """
        if self._progress:
            self._progress.begin(made + missing)

    def hear(self, applied: Sequence[Change]) -> None:
        """Hear of the changes that were made, and that were not told yet.

        Args:
            applied: All changes that were made, in order. Workers may add to them meanwhile.
        """
        while self._told < len(applied):
            change = applied[self._told]
            self._told += 1
            if self._progress:
                self._progress.change(change)
            if self._on_change:
                self._is_telling = True
                self._on_change(change)
                self._is_telling = False

    def settle(self, applied: Sequence[Change]) -> None:
        """Hear of the changes that were not told yet, when the apply ends early.

        The function of the caller is not called again if it was what ended the apply.
        """
        try:
            if not self._is_telling:
                self.hear(applied)
        finally:
            if self._progress:
                self._progress.settle(len(applied))

    def end(self) -> None:
        """Hear that nothing is missing any more."""
        if self._progress:
            self._progress.complete()


@contextmanager
def telling(account: A, on_change: OnChange | None, on_wait: OnWait | None, progress: object) -> Iterator[A]:
    """Yield an account for one verb: see ``Account.telling``."""
    check_function("on_change", on_change, "change")
    check_function("on_wait", on_wait, "wait")
    if not isinstance(progress, bool):
        raise SpecError(f"progress: expected True or False, got {progress!r}")
    other = copy.copy(account)
    hears = on_wait or account.aws.on_wait
    if not progress:
        other.aws = account.aws.telling(hears)
        other._listener = Listener(on_change)
        yield other
        return
    from ecrops.base.progress import drawn

    with drawn() as drawing:

        def on_wait_too(wait: Wait) -> None:
            drawing.wait(wait)
            if hears:
                hears(wait)

        other.aws = account.aws.telling(on_wait_too, drawing.measure)
        other._listener = Listener(on_change, drawing)
        yield other
