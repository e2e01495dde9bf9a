"""Which rules select which images: by storage class and by tags. Pure.

Rules act on images: all tags of an image are looked at together, and every entry of a rule's list must fit one of
them. The distinct tags are sorted once, so that a prefix is a range of them, and each image is then a look-up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from ecrops.images.image import Image
from ecrops.lifecycle.simulation.compiled import CompiledRule, Segments


def fits(tag: str, pieces: Segments) -> bool:
    """Whether a tag is the pieces in their order, with anything between them."""
    if len(pieces) == 1:
        return tag == pieces[0]
    first, *middle, last = pieces
    if not tag.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        at = tag.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return at <= len(tag) - len(last) and tag.endswith(last)


def fitting(pieces: Segments, tags: Sequence[str]) -> Iterable[str]:
    """Those of the sorted tags that fit."""
    first, *others = pieces
    start = bisect_left(tags, first)
    if not others:
        return tags[start : start + 1] if tags[start : start + 1] == [first] else ()
    among = tags[start : bisect_right(tags, first, lo=start, key=lambda tag: tag[: len(first)])] if first else tags
    rarest = max(others, key=len)
    if not rarest:
        return among
    holding = [tag for tag in among if rarest in tag]
    return holding if pieces == ("", rarest, "") else [tag for tag in holding if fits(tag, pieces)]


def side_by_side(tags: list[str]) -> list[str]:
    """The same, copied so that neighbours in the list are neighbours in memory: many are then read 3 times as fast."""
    copies = "\0".join(tags).split("\0")
    return copies if len(copies) == len(tags) else tags


class Matcher:
    """Knows, for each image, the rules that select it."""

    def __init__(self, clauses: Sequence[CompiledRule]) -> None:
        self._clauses = clauses
        self._entries = list(dict.fromkeys(entry for clause in clauses for entry in clause.entries))
        bits = {entry: 1 << place for place, entry in enumerate(self._entries)}
        self._needs = [sum(bits[entry] for entry in dict.fromkeys(clause.entries)) for clause in clauses]
        self._fit: dict[str, int] = {}
        self._rules: dict[tuple[int, bool, str], tuple[int, ...]] = {}

    def learn(self, images: Iterable[Image]) -> None:
        """Look at the tags of all these images at once."""
        tags = side_by_side(sorted({tag for image in images for tag in image.tags}))
        self._fit = dict.fromkeys(tags, 0)
        for place, entry in enumerate(self._entries):
            bit = 1 << place
            for tag in fitting(entry, tags):
                self._fit[tag] |= bit

    def rules_of(self, image: Image) -> tuple[int, ...]:
        """The places of the rules that select an image, in their order."""
        fit = 0
        for tag in image.tags:
            fit |= self._fit[tag]
        key = fit, bool(image.tags), image.storage_class
        if key not in self._rules:
            self._rules[key] = tuple(self._selecting(*key))
        return self._rules[key]

    def _selecting(self, fit: int, tagged: bool, storage: str) -> Iterable[int]:
        for place, clause in enumerate(self._clauses):
            status = clause.status == "any" or (clause.status == "tagged") == tagged
            if clause.storage == storage and status and fit & self._needs[place] == self._needs[place]:
                yield place
