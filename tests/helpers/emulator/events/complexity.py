"""Whether the wildcards of a field are too complex, by trying texts.

AWS's library reads a value once, and keeps all beginnings of wildcards that fit what was read: more than ten at once
are too many. A value is read with its quotes. https://github.com/aws/event-ruler (README, "wildcard";
``MachineComplexityEvaluator``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST = 10
LONGEST = 40
"""How long the texts are that are tried."""


def is_too_complex(pattern: Mapping[str, Any]) -> bool:
    """Whether one of the fields of a pattern is too complex."""
    return any(_complexity(found) > MOST for found in _fields(pattern))


def _fields(pattern: Any) -> Iterator[list[str]]:
    """The wildcards of each field."""
    if isinstance(pattern, dict):
        for part in pattern.values():
            yield from _fields(part)
    elif isinstance(pattern, list):
        for part in pattern:
            if isinstance(part, dict) and "wildcard" not in part:
                yield from _fields(part)
        if found := [part["wildcard"] for part in pattern if isinstance(part, dict) and "wildcard" in part]:
            yield [text for text in found if isinstance(text, str)]


def _complexity(found: Sequence[str]) -> int:
    """The most beginnings that fit a text at once. Texts that fit the same beginnings go on in the same way."""
    wildcards = [['"', *re.findall(r"\\.|.", text, re.DOTALL), '"'] for text in found]
    letters = {part for text in wildcards for part in text if part != "*"} | {""}
    reached = {frozenset((number, 0) for number in range(len(wildcards)))}
    known, most = set(reached), 0
    for _ in range(LONGEST):
        reached = {_read(wildcards, state, letter) for state in reached for letter in letters} - known
        known |= reached
        most = max([most, *(len(state) for state in reached)])
        if not reached or most > MOST:
            break
    return most


def _read(
    wildcards: Sequence[Sequence[str]], state: frozenset[tuple[int, int]], letter: str
) -> frozenset[tuple[int, int]]:
    after = set()
    for number, length in state:
        text = wildcards[number]
        if length and text[length - 1] == "*":
            after.add((number, length))
        if length < len(text) and text[length] == letter:
            after.add((number, length + 1))
            if length + 1 < len(text) and text[length + 1] == "*":
                after.add((number, length + 2))
    return frozenset(after)
