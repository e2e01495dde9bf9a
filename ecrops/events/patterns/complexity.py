"""How many beginnings of the wildcards of one field a text can match at once. Pure.

Called by ``machines``. EventBridge reads a value once, byte by byte, and keeps every beginning of every wildcard that
the bytes so far match. Its library counts how many those can be for the worst text. Several wildcards in one
``anything-but`` are one element: they share their beginnings up to the first ``*``, and their end.

The worst text is found without trying all texts. Either no ``*`` of some wildcard was reached: then the text is the
beginning of that wildcard. Or every ``*`` that can be reached with the text was: then only the last bytes count, and
the worst ones are a piece between two ``*`` up to some byte.

https://github.com/aws/event-ruler (README, ``MachineComplexityEvaluator``, ``ByteMachine``)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ecrops.events.patterns.matching import tokens

MOST_BEGINNINGS = 10
MOST_STEPS = 200_000
"""How many beginnings are visited at most: EventBridge judges what needs more."""
Beginning = tuple[int, int]
"""The number of a wildcard of the field, and how many of its bytes and ``*`` a text has matched."""


class Element(NamedTuple):
    """An element of a field's list that has wildcards: one, or those of an ``anything-but``.

    Args:
        is_excluding: Whether it is an ``anything-but``.
        wildcards: The wildcards.
        after: The number of what comes after it in the pattern. Elements that lead to different fields share no end.
    """

    is_excluding: bool
    wildcards: tuple[str, ...]
    after: int = 0


class _Wildcard(NamedTuple):
    """A wildcard of a field.

    Args:
        element: Its element.
        parts: Its bytes, and ``None`` for each ``*``.
        first: How many bytes come before the first ``*``; all, if it has none.
    """

    element: Element
    parts: Sequence[int | None]
    first: int

    @property
    def fixed(self) -> bytes:
        """The bytes before the first ``*``."""
        return bytes(part for part in self.parts[: self.first] if part is not None)


def complexity(elements: Iterable[Element]) -> int:
    """Return how many beginnings of wildcards one text can match at once; more than the limit is not counted on.

    Args:
        elements: The elements of a field's list. One that is there twice counts twice, but for what copies share.
    """
    return _complexity(tuple(sorted(elements)))


@lru_cache(maxsize=256)
def _complexity(elements: tuple[Element, ...]) -> int:
    wildcards = [
        _wildcard(element, text)
        for element, count in Counter(elements).items()
        for _ in range(min(count, MOST_BEGINNINGS + 1))
        for text in sorted(set(element.wildcards))
    ]
    most = 0
    for beginnings in _within_budget(wildcards):
        most = max(most, len({_counted(wildcards[number], number, length) for number, length in beginnings}))
        if most > MOST_BEGINNINGS:
            break
    return most


def _wildcard(element: Element, text: str) -> _Wildcard:
    """Return a wildcard in bytes. A value is text in quotes, so each wildcard begins and ends with a quote."""
    parts: list[int | None] = []
    for token in ('"', *tokens(text), '"'):
        parts += [None] if token is None else token.encode(errors="replace")
    return _Wildcard(element, parts, parts.index(None) if None in parts else len(parts))


def _counted(wildcard: _Wildcard, number: int, length: int) -> tuple[object, ...]:
    """Return what is counted once: the wildcards of one element, and its copies, share beginnings and their end."""
    if length == len(wildcard.parts):
        return "end", wildcard.element
    if length <= wildcard.first + 1:
        return length <= wildcard.first, length, wildcard.element[:2]
    return number, length


def _within_budget(wildcards: Sequence[_Wildcard]) -> Iterator[Collection[Beginning]]:
    steps = 0
    for visit in (_before_stars, _behind_stars):
        for beginnings in visit(wildcards):
            steps += len(beginnings)
            if steps > MOST_STEPS:
                return
            yield beginnings


def _before_stars(wildcards: Sequence[_Wildcard]) -> Iterator[Collection[Beginning]]:
    """Yield what each text matches that is the beginning of a wildcard without a ``*``."""
    waiting: list[tuple[int, list[int], set[Beginning]]] = [(0, list(range(len(wildcards))), set())]
    while waiting:
        length, fixed, behind = waiting.pop()
        by_byte: dict[int, list[int]] = {}
        for number in fixed:
            if length < len(wildcards[number].parts) and (byte := wildcards[number].parts[length]) is not None:
                by_byte.setdefault(byte, []).append(number)
        for byte, numbers in by_byte.items():
            reached = _after(wildcards, behind, byte)
            for number in numbers:
                wildcard = wildcards[number]
                if wildcard.first == length + 1 < len(wildcard.parts):
                    reached.add((number, length + 2))
            yield reached | {(number, length + 1) for number in numbers}
            waiting.append((length + 1, numbers, reached))


def _after(wildcards: Sequence[_Wildcard], beginnings: Iterable[Beginning], byte: int) -> set[Beginning]:
    """Return the beginnings behind a ``*`` that match after one more byte."""
    reached = set[Beginning]()
    for number, length in beginnings:
        parts = wildcards[number].parts
        if parts[length - 1] is None:
            reached.add((number, length))
        if length < len(parts) and parts[length] == byte:
            reached.add((number, length + 1))
            if length + 1 < len(parts) and parts[length + 1] is None:  # "*" also stands for no byte
                reached.add((number, length + 2))
    return reached


def _behind_stars(wildcards: Sequence[_Wildcard]) -> Iterator[Collection[Beginning]]:
    """Yield what texts match that have reached every ``*`` of wildcards whose first ``*`` one text can reach."""
    starred = [number for number, wildcard in enumerate(wildcards) if wildcard.first < len(wildcard.parts)]
    fixed = {number: wildcards[number].fixed for number in starred}
    texts = sorted(set(fixed.values()))
    for text, following in pairwise([*texts, b""]):
        if not following.startswith(text):
            yield from _pieces(wildcards, [number for number in starred if text.startswith(fixed[number])])


def _pieces(wildcards: Sequence[_Wildcard], numbers: Sequence[int]) -> Iterator[Collection[Beginning]]:
    """Yield what is matched after each beginning of a piece between two ``*``, behind every ``*``.

    The pieces are a trie. What the end of a piece matches is what its longest shorter end matches, and more.
    """
    stars, ends, trie = list[Beginning](), [list[Beginning]()], [dict[int, int]()]
    for number in numbers:
        node = 0
        for length, part in enumerate(wildcards[number].parts, 1):
            if part is None:
                node = 0
                stars.append((number, length))
            elif length > wildcards[number].first:
                if part not in trie[node]:
                    trie[node][part] = len(trie)
                    trie.append({})
                    ends.append([])
                node = trie[node][part]
                ends[node].append((number, length))
    yield stars
    shorter, waiting = [0] * len(trie), [0]
    for node in waiting:
        for byte, child in trie[node].items():
            other = shorter[node]
            while node and other and byte not in trie[other]:
                other = shorter[other]
            shorter[child] = trie[other].get(byte, 0) if node else 0
            ends[child] += ends[shorter[child]]
            yield [*stars, *ends[child]]
            waiting.append(child)
