"""Texts of others in plans, notes, reports, logs and errors. Pure.

Called by errors, changes, notes, plans and reports. Tags, conditions, descriptions and the tags of images that somebody
else wrote may hold control characters, which rewrite the lines of a terminal, or turn the direction of a text.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with its control characters escaped, as ``repr`` does; letters of all languages stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable_lines(text: str) -> str:
    """Return a text of several lines with its other control characters escaped."""
    return "\n".join(map(printable, text.split("\n")))
