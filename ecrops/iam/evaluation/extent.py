"""Where something holds, in a universe of resources. Pure.

A resource is a bit, so that one operation answers for all of them: a question about one repository has one bit, a
matrix over a registry has thousands.
"""

from __future__ import annotations

from typing import NamedTuple


class Extent(NamedTuple):
    """The resources on which something certainly holds, and those on which it may.

    Args:
        certain: A mask of the resources on which it holds.
        possible: A mask of the resources on which it holds or may hold: it includes ``certain``.
    """

    certain: int
    possible: int

    def either(self, other: Extent) -> Extent:
        """Return where this or the other holds."""
        return Extent(self.certain | other.certain, self.possible | other.possible)

    def both(self, other: Extent) -> Extent:
        """Return where this and the other hold."""
        return Extent(self.certain & other.certain, self.possible & other.possible)

    def without(self, other: Extent) -> Extent:
        """Return where this holds and the other does not."""
        return Extent(self.certain & ~other.possible, self.possible & ~other.certain)

    def at(self, index: int) -> bool | None:
        """Return whether it holds on a resource; ``None`` if it may."""
        bit = 1 << index
        return True if self.certain & bit else None if self.possible & bit else False


NOWHERE = Extent(0, 0)


def maybe(mask: int) -> Extent:
    """Return an extent that may hold on some resources, and holds on none for certain."""
    return Extent(0, mask)


def surely(mask: int) -> Extent:
    """Return an extent that holds on some resources."""
    return Extent(mask, mask)
