"""How far an apply is, on stderr: ``3 of 38``."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ecrops.cli.console import Console, is_terminal

if TYPE_CHECKING:
    from ecrops.base.change import Change

QUIET_SECONDS = 10.0
"""How often a log without a terminal hears how far it is."""


class Progress:
    """Called with each change that was made. On a terminal one line moves, elsewhere it says every ten seconds how far.

    Args:
        console: The streams of the command. Its ``applied`` gets each change.
        total: How many changes the plan has.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._moves = is_terminal(sys.stderr)
        self._said = time.monotonic()

    def __call__(self, change: Change) -> None:
        """Count a change, and show it."""
        applied = self._console.applied
        applied.append(change)
        count = f"{len(applied)} of {max(self._total, len(applied))}"
        if self._moves:
            self._console.say_in_place(f"{count}: {change}")
        elif time.monotonic() - self._said > QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.say(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave an empty line to what comes next."""
        if self._moves:
            self._console.say_in_place("")


class Waiting:
    """Called before each wait with the seconds waited so far. It says on stderr what is waited for.

    Args:
        console: The streams of the command.
        reason: What is waited for.
    """

    def __init__(self, console: Console, reason: str) -> None:
        self._console = console
        self._reason = reason
        self._moves = is_terminal(sys.stderr)
        self._said = False

    def __call__(self, seconds: float) -> None:
        """Say that it waits: again and again in one line of a terminal, elsewhere once."""
        if self._moves:
            self._console.say_in_place(f"waiting for {self._reason}: {seconds:.0f} s")
        elif not self._said:
            self._console.say(f"waiting for {self._reason}")
        self._said = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave an empty line to what comes next."""
        if self._moves and self._said:
            self._console.say_in_place("")
