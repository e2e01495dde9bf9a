"""How plans and reports look in a terminal: a diff in words. Pure. ``html`` draws them for a notebook.

Control characters, which texts of others may hold, are escaped in text and in HTML.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TextIO

from ecrops.base.change import Change, Kind, Note
from ecrops.text import printable

MOST_NAMES = 5
"""How many names a note or a change has in a row."""
COLOURS = {Kind.CREATE: "32", Kind.UPDATE: "33", Kind.DELETE: "31", Kind.CONFLICT: "1;35"}
"""Green, yellow, red, and bold magenta, as a terminal is told."""


def places(changes: Sequence[Change]) -> str:
    """Return where changes are made, such as ``account 123456789012, region eu-west-1``; empty for none."""
    pairs = dict.fromkeys((change.account or "not known yet", change.region) for change in changes)
    return " and ".join(f"account {account}, region {region}" for account, region in pairs)


def text(changes: Sequence[Change], notes: Sequence[str], summary: str, *, colour: bool = False) -> str:
    """Return a plan as a diff: where it is for, the changes, its summary, and below it the notes.

    Args:
        changes: The changes.
        notes: The notes.
        summary: How many changes there are.
        colour: Whether the sign of each change has the colour of its kind, in a terminal: see ``has_colour``.
    """
    place = [f"in {places(changes)}:"] if changes else []
    lines = (painted(change) if colour else str(change) for change in changes)
    below = page([summary, *(f"note: {brief(note)}" for note in notes)])
    return "\n".join([*map(printable, place), *lines, below])


def painted(change: Change) -> str:
    """Return a change as a line whose sign has the colour of its kind, in a terminal."""
    line = str(change)
    return f"\x1b[{COLOURS[change.kind]}m{change.sign}\x1b[0m{line.removeprefix(change.sign)}"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether an output is a terminal. One that is closed, or that there is none of, is not."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def has_colour(stream: TextIO | None) -> bool:
    """Whether an output shows colours: it is a terminal, and ``NO_COLOR`` is not set (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def brief(note: str) -> str:
    """Return a note as it is shown: some of many names. The note itself has them all."""
    return note.brief if isinstance(note, Note) else note


def page(lines: Iterable[str]) -> str:
    """Return lines as one text. No line can look like several."""
    return "\n".join(map(printable, lines))


def markup(value: object) -> str:
    """Return a text that may be a part of HTML and of XML."""
    from html import escape

    return escape(printable(str(value)))


def count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun, such as ``1 image`` or ``1,200 images``.

    Args:
        number: The number.
        one: The noun for one.
        several: The noun for several; without it that of one, with an ``s``.
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def several(names: Iterable[str], between: str = ", ", most: int = MOST_NAMES) -> str:
    """Return names in a row: the first ones, and how many more there are.

    Args:
        names: The names.
        between: What is between two of them.
        most: How many are named.
    """
    row = list(names)
    more = len(row) - most
    return f"{between.join(row[:most])} and {more:,} more" if more > 0 else between.join(row)


def text_size(size: float) -> str:
    """Return a number of bytes in words, such as ``41.2 GB``. A GB is 1,000,000,000 bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.95:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
