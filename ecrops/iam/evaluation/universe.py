"""The resources that a question is about, as bits of a mask. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile

from ecrops.base.wildcards import One
from ecrops.iam.evaluation.facts import NO_FACTS, Facts
from ecrops.iam.evaluation.variables import Filled, fits_pattern, segments_of

ANY = "*"
"""The resource of an action that has none."""
_LAST = "\U0010ffff"  # no ARN has it
_ONE = ord("1")


class Universe:
    """Resources by their ARNs, and what is known of each.

    Args:
        arns: The ARNs; ``*`` alone for actions without a resource.
        facts: What is known of each resource, such as its tags, in the order of the ARNs.
        varying: What the keys begin with by which resources differ, such as ``aws:resourcetag/``.
    """

    def __init__(self, arns: Sequence[str], facts: Sequence[Facts] = (), varying: Sequence[str] = ()) -> None:
        self.arns = tuple(arns)
        self.all = (1 << len(self.arns)) - 1
        self.varying = tuple(varying)
        self._facts = tuple(facts)
        self._masks: dict[tuple[tuple[str, bool], ...], int] = {}
        self._places = {arn: 1 << index for index, arn in enumerate(self.arns)}

    @property
    def is_nothing(self) -> bool:
        """Whether the actions have no resource."""
        return self.arns == (ANY,)

    def facts(self, index: int) -> Facts:
        """Return what is known of a resource."""
        return self._facts[index] if self._facts else NO_FACTS

    def fitting(self, filled: Filled) -> int:
        """Return a mask of the resources that a pattern fits."""
        mask = self._masks.get(filled.pieces)
        if mask is None:
            mask = self._masks[filled.pieces] = self._fitting(filled)
        return mask

    def _fitting(self, filled: Filled) -> int:
        text = filled.text
        if text.strip("*") == "" and text and all(is_pattern for _, is_pattern in filled.pieces):
            return self.all
        if self.is_nothing:
            return 0
        if not any(is_pattern and {"*", "?"} & set(piece) for piece, is_pattern in filled.pieces):
            return self._places.get(text, 0)
        return self._mask(index for arn, index in self._beginning(filled) if fits_pattern(arn, filled))

    def _beginning(self, filled: Filled) -> Sequence[tuple[str, int]]:
        """Return the resources that begin as a pattern does: no other one fits it."""
        first = segments_of(filled.pieces)[0]
        beginning = first if isinstance(first, str) else "".join(map(str, takewhile(_is_text, first)))
        after = bisect_left(self._sorted, (f"{beginning}{_LAST}", 0))
        return self._sorted[bisect_left(self._sorted, (beginning, 0)) : after]

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((arn, index) for index, arn in enumerate(self.arns))

    def _mask(self, indexes: Iterable[int]) -> int:
        digits = bytearray(b"0" * len(self.arns))
        for index in indexes:
            digits[-1 - index] = _ONE
        return int(digits or b"0", 2)

    def indexes(self, mask: int) -> Iterator[int]:
        """Yield the numbers of the resources of a mask."""
        while mask:
            bit = mask & -mask
            yield bit.bit_length() - 1
            mask ^= bit


def _is_text(token: str | One) -> bool:
    return isinstance(token, str)
