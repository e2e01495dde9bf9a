"""The one matcher of wildcards. Pure.

Called by the languages that have wildcards: IAM (``iam/wildcards``), EventBridge (``events/patterns/matching``) and
lifecycle policies (``lifecycle/simulation/matching``). Each language parses its own patterns into segments: IAM has
``?``, EventBridge escapes ``*``. This module knows none of them.

A pattern is a sequence of **segments**, with any text between two of them. A pattern of one segment has no ``*``.
Segments are found from left to right, each where it comes first: going back cannot find more. So a match takes at most
as many steps as the pattern is long, times the length of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class One(NamedTuple):
    """Any one character.

    Args:
        excluded: Characters that it does not stand for.
    """

    excluded: str = ""


Segment = str | tuple[str | One, ...]
"""A text; or, if it holds a ``One``, its characters."""


def fits(text: str, segments: Sequence[Segment]) -> bool:
    """Whether a text is the segments in their order, with any text between them."""
    first, *others = segments
    if not others:
        return len(text) == len(first) and _is_at(first, text, 0)
    *middle, last = others
    if not _is_at(first, text, 0):
        return False
    position = len(first)
    for segment in middle:
        position = _find(segment, text, position)
        if position < 0:
            return False
        position += len(segment)
    start = len(text) - len(last)
    return position <= start and _is_at(last, text, start)


def _find(segment: Segment, text: str, start: int) -> int:
    """Return the first position from ``start`` on that a segment is at, or -1."""
    if isinstance(segment, str):
        return text.find(segment, start)
    positions = range(start, len(text) - len(segment) + 1)
    return next((position for position in positions if _is_at(segment, text, position)), -1)


def _is_at(segment: Segment, text: str, position: int) -> bool:
    if isinstance(segment, str):
        return text.startswith(segment, position)
    characters = text[position : position + len(segment)]
    return len(characters) == len(segment) and all(
        character not in token.excluded if isinstance(token, One) else character == token
        for token, character in zip(segment, characters, strict=True)
    )
