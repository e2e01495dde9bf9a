"""Where a command writes: its result to stdout, everything else to stderr.

A pipe that nobody reads any more (``| head``), and a stream that was closed before (``>&-``), end nothing: what was
begun goes on, and is written nowhere. A result that cannot be written, as on a full disk, is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from ecrops.base.change import Change

_ROWS = 1_000
"""How many rows of CSV are written at a time."""


class Shown(Protocol):
    """What the library returns: a text for people, and data for programs."""

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""


class Console:
    """The streams of one command.

    Args:
        as_json: Whether the result is JSON.

    Attributes:
        applied: The changes that the command has made so far.
        is_lost: Whether a part of the result could not be written.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.applied: list[Change] = []
        self.is_lost = False
        self._logs = ExitStack()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal of ASCII shows what it can

    def show(self, value: Shown) -> None:
        """Write a result: as ``print`` shows it, a plan in colour on a terminal; or as JSON."""
        if self.as_json:
            self.data(value.to_dict())
        else:
            self.text(_text(value, sys.stdout))

    def show_aside(self, value: Shown) -> None:
        """Write something to stderr as ``print`` shows it, in colour on a terminal."""
        self.say(_text(value, sys.stderr))

    def text(self, text: str) -> None:
        """Write a text to stdout."""
        self._write(sys.stdout, text)

    def data(self, data: Any) -> None:
        """Write JSON to stdout."""
        self._write(sys.stdout, as_json(data))

    def raw(self, text: str) -> None:
        """Write a text to stdout as it is: a file that is redirected."""
        self._write(sys.stdout, text.rstrip("\n"))

    def csv(self, rows: Iterable[Iterable[Any]]) -> None:
        """Write rows to stdout as CSV, while they come."""
        import csv
        from io import StringIO
        from itertools import islice

        left = iter(rows)
        while some := list(islice(left, _ROWS)):
            file = StringIO()
            csv.writer(file, lineterminator="\n").writerows(some)
            self._write(sys.stdout, file.getvalue(), end="")

    def say(self, text: str) -> None:
        """Write to stderr: what is no part of the result."""
        self._write(sys.stderr, text)

    def ask(self, question: str) -> bool:
        """Ask on the terminal. Only ``y`` and ``yes`` mean yes."""
        try:
            self._write(sys.stderr, f"{question} [y/N] ", end="")
            return sys.stdin.readline().strip().lower() in ("y", "yes")
        except KeyboardInterrupt:
            self.say("")  # the question has no line break
            raise

    def can_ask(self) -> bool:
        """Whether somebody sees a question and can answer it."""
        from ecrops.base.render import is_terminal

        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def log(self, *, debug: bool) -> None:
        """Show the warnings of the library on stderr; with ``debug`` every call, until ``close``."""
        from ecrops.cli.logs import show

        self._logs.enter_context(show(self.say, debug=debug))

    def close(self) -> None:
        """Write what is still buffered, and show no more logs.

        Raises:
            OSError: It cannot be written.
        """
        self._logs.close()
        for stream in (sys.stderr, sys.stdout):
            self._write(stream, "", end="")

    def _write(self, stream: TextIO | None, text: str, end: str = "\n") -> None:
        """Write to a stream; nowhere, if it is ``None`` because it was closed when the process began."""
        if stream is None or stream.closed:
            return
        try:
            stream.write(f"{text}{end}")
            stream.flush()
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())  # what is buffered goes there, at the end of the process too
            os.close(nowhere)
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                self.is_lost = True
                error.filename = error.filename or "the standard output"
                raise


def as_json(data: Any) -> str:
    """Return data as JSON. What a terminal would take for commands is escaped."""
    import json

    return json.dumps(data, indent=2, default=str)


def _text(value: Shown, stream: TextIO) -> str:
    """Return what ``print`` shows of a value. A plan is in colour, where the stream shows colours."""
    from ecrops.base.render import has_colour
    from ecrops.engine.plan import Plan

    return value.text(colour=has_colour(stream)) if isinstance(value, Plan) else str(value)
