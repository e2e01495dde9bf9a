"""Where a command writes: its result to stdout, everything else to stderr.

A pipe that nobody reads any more (``| head``) ends nothing: what was begun goes on, and is written nowhere.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ecrops.base.change import Change

_COLOURS = {"+": "32", "~": "33", "-": "31", "!": "1;31", "note:": "36", "warning:": "33"}
_HEADS = re.compile(r"^(\+|~|-|!|note:|warning:)(?= ).*$", re.M)


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
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.applied: list[Change] = []
        self._logs = ExitStack()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal of ASCII shows what it can

    def show(self, value: Shown) -> None:
        """Write a result: as ``print`` shows it, or as JSON."""
        if self.as_json:
            self.data(value.to_dict())
        else:
            self.text(str(value))

    def text(self, text: str) -> None:
        """Write a text of the library to stdout, in colour on a terminal."""
        self._write(sys.stdout, painted(text) if has_colour(sys.stdout) else text)

    def data(self, data: Any) -> None:
        """Write JSON to stdout."""
        self._write(sys.stdout, as_json(data))

    def raw(self, text: str) -> None:
        """Write a text to stdout as it is: a file that is redirected."""
        self._write(sys.stdout, text.rstrip("\n"))

    def say(self, text: str) -> None:
        """Write to stderr: what is no part of the result."""
        self._write(sys.stderr, painted(text) if has_colour(sys.stderr) else text)

    def say_in_place(self, text: str) -> None:
        """Write to the last line of the terminal behind stderr, in place of what stood there."""
        width = max(os.get_terminal_size(sys.stderr.fileno()).columns - 1, 20)
        self._write(sys.stderr, f"\r\x1b[K{text[:width]}", end="")

    def ask(self, question: str) -> bool:
        """Ask on the terminal. Only ``y`` and ``yes`` mean yes."""
        self._write(sys.stderr, f"{question} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def can_ask(self) -> bool:
        """Whether somebody sees a question and can answer it."""
        return is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def log(self, *, debug: bool) -> None:
        """Show the warnings of the library on stderr; with ``debug`` every call, until ``close``."""
        from ecrops.cli.logs import show

        self._logs.enter_context(show(self.say, debug=debug))

    def close(self) -> None:
        """Write what is still buffered, and show no more logs."""
        self._logs.close()
        for stream in (sys.stdout, sys.stderr):
            self._write(stream, "", end="")

    def _write(self, stream: IO[str], text: str, end: str = "\n") -> None:
        try:
            stream.write(f"{text}{end}")
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def as_json(data: Any) -> str:
    """Return data as JSON. What a terminal would take for commands is escaped."""
    import json

    return json.dumps(data, indent=2, default=str)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person is at the other end of a stream."""
    return stream is not None and not stream.closed and stream.isatty()


def has_colour(stream: IO[str]) -> bool:
    """Whether colours are shown: on a terminal, unless the user wants none (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(text: str) -> str:
    """Return a text with the lines of a diff in colour."""
    return _HEADS.sub(lambda found: f"\x1b[{_COLOURS[found[1]]}m{found[0]}\x1b[0m", text)
