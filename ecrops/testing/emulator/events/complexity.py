"""Whether the wildcards of a pattern are too complex, by trying texts.

AWS's library reads a value once, and keeps all beginnings of wildcards that fit what was read: more than ten at once
are too many. A value is read with its quotes. What the alternatives of ``$or`` want of a field counts together, if they
want the same of the fields before. (The library also puts alternatives together that want some of the same.)
https://github.com/aws/event-ruler (README, "wildcard"; ``MachineComplexityEvaluator``)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .matching import alternatives

MOST = 10
LONGEST = 40
"""How long the texts are that are tried."""
State = frozenset[tuple[int, int]]
"""The numbers of wildcards, and how much of each a text fits."""


def is_too_complex(pattern: Mapping[str, Any]) -> bool:
    """Whether one of the fields of a pattern is too complex."""
    return any(_complexity(found) > MOST for found in _fields(pattern) if found)


def _fields(pattern: Mapping[str, Any]) -> Iterator[list[tuple[str, str]]]:
    """The wildcards of each field, each with the element of the field's list that it is in."""
    lists: dict[str, list[Any]] = {}
    for fields in alternatives(pattern, ""):
        before = ""
        for path in sorted(fields) if "wildcard" in json.dumps(list(fields.values())) else ():
            lists.setdefault(f"{before} {path}", []).extend(fields[path])
            before += json.dumps([path, fields[path]])
            if all(element == {"exists": False} for element in fields[path]):
                break  # nothing is read after what is not there
    for wanted in lists.values():
        yield [(json.dumps(element), text) for element in wanted for text in _wildcards(element)]


def _wildcards(element: Any) -> list[str]:
    """The wildcards of one element: those of an ``anything-but`` are one pattern."""
    if not isinstance(element, dict):
        return []
    if isinstance(element.get("anything-but"), dict):
        element = element["anything-but"]
    found = element.get("wildcard", [])
    return [text for text in (found if isinstance(found, list) else [found]) if isinstance(text, str)]


def _complexity(found: Sequence[tuple[str, str]]) -> int:
    """The most beginnings that fit a text at once. Texts that fit the same beginnings go on in the same way."""
    wildcards = [['"', *re.findall(r"\\.|.", text, re.DOTALL), '"'] for _, text in found]
    letters = {part for text in wildcards for part in text if part != "*"} | {""}
    reached = {frozenset((number, 0) for number in range(len(wildcards)))}
    known, most = set(reached), 0
    for _ in range(LONGEST):
        reached = {_read(wildcards, state, letter) for state in reached for letter in letters} - known
        known |= reached
        most = max([most, *(_count(found, wildcards, state) for state in reached)])
        if not reached or most > MOST:
            break
    return most


def _count(found: Sequence[tuple[str, str]], wildcards: Sequence[Sequence[str]], state: State) -> int:
    """How many beginnings there are. One pattern has its beginnings up to the first ``*`` once, and its end once."""
    counted = set[Any]()
    for number, length in state:
        element, text = found[number][0], wildcards[number]
        if length == len(text):
            counted.add(element)
        else:
            counted.add((number, length) if "*" in text[: length - 1] else (element, *text[:length]))
    return len(counted)


def _read(wildcards: Sequence[Sequence[str]], state: State, letter: str) -> State:
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
