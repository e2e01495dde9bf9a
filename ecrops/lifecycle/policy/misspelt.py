"""Which known value a wrong one was probably meant to be. Pure.

Called by ``checks``. ECR may get new count types, and they are named alike: ``sinceImagePushed`` and
``sinceImagePulled`` differ in three letters. So a count type is a misspelling only if its last word, which tells what
it counts, is nearly that of a known one. ``imageCountMoreThan`` is told by all its words but the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ecrops.base.problems import nearest

LIKENESS, TELLING_LIKENESS, ACTION_LIKENESS = 0.6, 0.7, 0.75
"""How alike two values are, from 0 to 1, that one is taken for a misspelling; and the words that tell the meaning;
and an action, which ECR may get new ones of."""


def suggestion(value: object, names: Iterable[str], likeness: float = LIKENESS) -> str:
    """Return which of some values was probably meant, as the end of a message; empty if none is as like as that."""
    close = nearest(value, tuple(names)) if isinstance(value, str) else None
    if close and _ratio(str(value).lower(), close) < likeness:
        return ""
    return f"; did you mean {close}?" if close else ""


def meant(value: str, names: Iterable[str]) -> str:
    """Return the name that a value in camel case is a misspelling of; empty if it is a name, or resembles none."""
    names = tuple(names)
    if value in names:
        return ""
    near = [
        name
        for name in names
        if _likeness(value, name) >= LIKENESS and _likeness(*_telling(value.strip(), name)) >= TELLING_LIKENESS
    ]
    return max(near, key=lambda name: _likeness(value, name), default="")


def _telling(value: str, name: str) -> tuple[str, str]:
    """Return the words of a value and of a name that tell what is counted: the last one of those that say since when.

    A value without capitals is cut where these words of the name begin.
    """
    start = -1 if name.startswith("since") else 1
    telling = "".join(_words(name)[start:])
    words = _words(value)
    return ("".join(words[start:]) if len(words) > 1 else value[-len(telling) :]), telling


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"(?=[A-Z])|[\W_]+", text) if word]


def _likeness(one: str, other: str) -> float:
    """Return how alike two texts are. Texts that begin differently are not: ``Used`` is no ``Pushed``."""
    one, other = one.lower(), other.lower()
    return _ratio(one, other) if one[:1] == other[:1] else 0.0


def _ratio(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # for what is wrong alone

    return SequenceMatcher(None, one, other).ratio()
