"""How plans and reports look in a terminal: a diff in words. Pure. ``html`` draws them for a notebook.

Control characters, which texts of others may hold, are escaped in text and in HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecrops.base.change import Change, Note
from ecrops.text import printable


def places(changes: Sequence[Change]) -> str:
    """Return where changes are made, such as ``account 123456789012, region eu-west-1``; empty for none."""
    pairs = dict.fromkeys((change.account or "not known yet", change.region) for change in changes)
    return " and ".join(f"account {account}, region {region}" for account, region in pairs)


def text(changes: Sequence[Change], notes: Sequence[str], summary: str) -> str:
    """Return a plan as a diff: where it is for, the changes, its summary, and below it the notes."""
    place = [f"in {places(changes)}:"] if changes else []
    return page([*place, *map(str, changes), summary, *(f"note: {brief(note)}" for note in notes)])


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


def text_size(size: float) -> str:
    """Return a number of bytes in words, such as ``41.2 GB``. A GB is 1,000,000,000 bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.95:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
