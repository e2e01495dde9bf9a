"""How far an apply is, on stderr: ``3 of 38``."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ecrops.cli.console import Console, is_terminal

if TYPE_CHECKING:
    from ecrops.base.change import Change


class Progress:
    """Called with each change that was made. On a terminal one line moves, elsewhere each change has a line.

    Args:
        console: The streams of the command. Its ``applied`` gets each change.
        total: How many changes the plan has.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._moves = is_terminal(sys.stderr)

    def __call__(self, change: Change) -> None:
        """Count a change, and show it."""
        applied = self._console.applied
        applied.append(change)
        line = f"{len(applied)} of {max(self._total, len(applied))}: {change}"
        if self._moves:
            self._console.say_in_place(line)
        else:
            self._console.say(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave an empty line to what comes next."""
        if self._moves:
            self._console.say_in_place("")
