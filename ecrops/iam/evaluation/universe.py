"""The resources that a question is about, as bits of a mask. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecrops.iam.evaluation.facts import NO_FACTS, Facts
from ecrops.iam.evaluation.variables import Filled, fits_pattern

ANY = "*"
"""The resource of an action that has none."""


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
        return sum(1 << index for index, arn in enumerate(self.arns) if fits_pattern(arn, filled))

    def indexes(self, mask: int) -> Iterator[int]:
        """Yield the numbers of the resources of a mask."""
        while mask:
            bit = mask & -mask
            yield bit.bit_length() - 1
            mask ^= bit
