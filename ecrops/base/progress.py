"""How far a verb is, drawn on the standard error: ``3 of 38``, the last change, and what ecrops waits for.

Called by ``engine/telling`` for ``progress=True``, on the caller's thread. In a terminal rich draws a bar if it is
installed, else one line is written over and over. In a notebook a cell of output is written over. Everywhere else lines
are written, every few seconds at most. Nothing is written to the standard output. An output that is closed is no error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from shutil import get_terminal_size
from time import monotonic
from typing import Any, TextIO

from ecrops.base.change import Change
from ecrops.base.render import count, is_terminal, markup
from ecrops.base.waits import LONG, Wait
from ecrops.text import printable

EVERY = 5.0
"""Seconds between two lines, at least, where no line can be written over."""
SHOWN = 1.0
"""A wait is drawn if it takes so many seconds: the last change stays while others are."""
OFTEN = 0.1
"""Seconds between two drawings, at least, where the last one is written over."""


class Progress:
    """How far a verb is. Each kind of output has a class, which draws it.

    Attributes:
        made: How many changes were made.
        total: How many there are in all, as far as it is known: ``None`` as long as they are planned.
        doing: The last change, or the wait.
        amount: How much of something long is done, such as the bytes of a copy; empty if nothing takes long.
    """

    every, shown = OFTEN, SHOWN

    def __init__(self) -> None:
        self.made = 0
        self.total: int | None = None
        self.doing, self.amount = "reading what is there", ""
        self._drawn_at = monotonic()
        self._is_broken = self._is_complete = False

    @property
    def text(self) -> str:
        """How far it is, in a line."""
        number = "" if self.total is None else f"{self.made} of {self.total}"
        words = ", ".join(filter(None, (self.amount, self.doing)))
        return ": ".join(filter(None, (number, words)))

    def begin(self, total: int) -> None:
        """Hear how many changes there are in all: more than before if something is planned again."""
        if not self.total:
            self.doing = ""
        self.total = max(self.total or 0, total)
        if total:
            self._update()

    def change(self, change: Change) -> None:
        """Hear of a change that was made."""
        self.settle(self.made + 1)
        self.doing = printable(" ".join(filter(None, (change.sign, change.owner, change.what))))
        self._update()

    def settle(self, made: int) -> None:
        """Hear how many changes were made."""
        self.made = made
        if made:
            self.total = max(self.total or 0, made)

    def wait(self, wait: Wait) -> None:
        """Hear of a wait that begins."""
        if wait.seconds + wait.waited >= self.shown:
            self.doing = str(wait)
            self._update()

    def measure(self, amount: str) -> None:
        """Hear how much of something long is done."""
        self.amount = amount
        self._update()

    def complete(self) -> None:
        """Hear that nothing is missing any more."""
        self._is_complete = True
        if self.total is not None:
            self.total = self.made

    def close(self) -> None:
        """Draw how far it came, for the last time."""
        self.doing = f"{self.made} of {count(self.total, 'change')} made" if self.total else ""
        self._safely(self._end)

    def _update(self) -> None:
        now = monotonic()
        if now - self._drawn_at >= self.every:
            self._drawn_at = now
            self._safely(self._draw)

    def _safely(self, draw: Any) -> None:
        """Draw, unless that failed before: who closes the output wants the verb to go on."""
        if self._is_broken:
            return
        try:
            draw()
        except (OSError, ValueError):
            self._is_broken = True

    def _draw(self) -> None:
        """Draw it. The classes below do."""

    def _end(self) -> None:
        """Draw the end."""


class Lines(Progress):
    """Lines, every few seconds at most, and one at the end."""

    every, shown = EVERY, LONG

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def _draw(self) -> None:
        print(self.text, file=self._stream, flush=True)

    def _end(self) -> None:
        if self.doing:
            print(self.doing, file=self._stream, flush=True)


class Line(Progress):
    """One line of a terminal, which is written over."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._safely(self._draw)

    def _draw(self) -> None:
        self._write(self.text[: get_terminal_size().columns - 1])

    def _end(self) -> None:
        self._write(f"{self.doing}\n" if self.doing else "")

    def _write(self, text: str) -> None:
        print(f"\r\x1b[K{text}", end="", file=self._stream, flush=True)


class Bar(Progress):
    """A bar that rich draws in a terminal, ten times a second."""

    every = 0.0

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        super().__init__()
        columns = BarColumn(20), TextColumn("{task.description}", markup=False)
        # what others print appears above the bar, if it goes to the same terminal: elsewhere it must stay where it goes
        self._bars = Bars(
            *columns,
            console=Console(file=stream),
            redirect_stdout=is_terminal(sys.stdout),
            redirect_stderr=is_terminal(sys.stderr),
            transient=True,
        )
        self._stream = stream
        self._task = self._bars.add_task(self.text, total=None)
        self._safely(self._bars.start)

    def _draw(self) -> None:
        self._bars.update(self._task, completed=self.made, total=self.total, description=self.text)

    def _end(self) -> None:
        self._bars.stop()
        if self.doing:
            print(self.doing, file=self._stream, flush=True)


class Cell(Progress):
    """A part of the output of a notebook, which is written over."""

    def __init__(self) -> None:
        from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

        super().__init__()
        self._handle: Any = display(self, display_id=True)  # type: ignore[no-untyped-call,unused-ignore]

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        if not self.total:
            return f"<span>{markup(self.doing)}</span>" if self.doing else ""
        text = self.doing if self.made == self.total and self._is_complete else self.text
        return f"<progress max='{self.total}' value='{self.made}'></progress> <span>{markup(text)}</span>"

    def _draw(self) -> None:
        self._handle.update(self)

    def _end(self) -> None:
        self._handle.update(self)


@contextmanager
def drawn(stream: TextIO | None = None) -> Iterator[Progress]:
    """Draw the progress of what is done inside, in the way that the output allows.

    Args:
        stream: The output; the standard error without one.
    """
    stream = sys.stderr if stream is None else stream
    progress = Progress() if stream is None else _new(stream)  # None: it was closed when the process began
    try:
        yield progress
    finally:
        progress.close()


def _new(stream: TextIO) -> Progress:
    if _is_notebook():
        with suppress(ImportError):
            return Cell()
    if not is_terminal(stream) or os.environ.get("TERM") == "dumb":
        return Lines(stream)
    return Bar(stream) if find_spec("rich") else Line(stream)


def _is_notebook() -> bool:
    """Whether this runs in a notebook: in a kernel of IPython. IPython is imported there, and not here."""
    module: Any = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    return hasattr(shell, "kernel")
