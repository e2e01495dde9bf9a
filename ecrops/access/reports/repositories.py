"""The repositories of a matrix: sets of them are the bits of a number, and are said in few words. Pure.

Called by ``matrix`` and its rows. A repository is the bit of its place in the order of names, so that all whose names
start with one text are neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from ecrops.base.render import MOST_NAMES, several


class Repositories:
    """The repositories that a matrix is about.

    Args:
        names: The names.
        is_registry: Whether they are all of the registry.
    """

    __slots__ = ("_words", "everything", "is_registry", "names")

    def __init__(self, names: Iterable[str], *, is_registry: bool = False) -> None:
        self.names = tuple(sorted(set(names)))
        self.is_registry = is_registry
        self.everything = (1 << len(self.names)) - 1
        self._words: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (self.names, self.is_registry)

    def among(self, mask: int) -> tuple[str, ...]:
        """Return the names of the repositories whose bits are set, in their order."""
        return self.names if mask == self.everything else tuple(self.names[place] for place in places(mask))

    def numbered(self, mask: int) -> Iterator[tuple[int, str]]:
        """Yield the places and names of the repositories whose bits are set."""
        yield from ((place, self.names[place]) for place in places(mask))

    def bit(self, name: str) -> int:
        """Return the number in which only the bit of a repository is set; 0 if the matrix is not about it."""
        place = bisect_left(self.names, name)
        return 1 << place if self.names[place : place + 1] == (name,) else 0

    def words(self, mask: int) -> str:
        """Return the repositories whose bits are set in words: all, prefixes with their number, or names.

        Example:
            >>> Repositories(["team/a", "team/b", "x"]).words(0b011)
            'team/* (2)'
        """
        if mask not in self._words:
            self._words[mask] = self._all_words() if self._is_all(mask) else several(self._parts(mask), most=MOST_NAMES)
        return self._words[mask]

    def _is_all(self, mask: int) -> bool:
        return mask == self.everything and (self.is_registry or len(self.names) > 1)

    def _all_words(self) -> str:
        number = len(self.names)
        one = "the only repository" if self.is_registry else "the repository"
        return one if number == 1 else f"all {number:,} repositories"

    def _parts(self, mask: int) -> Iterator[str]:
        """Yield prefixes all of whose repositories are set, and the names of the others."""
        place = 0
        while rest := mask >> place:
            place += (rest & -rest).bit_length() - 1
            name = self.names[place]
            for folder in accumulate(name.split("/")[:-1], "{}/{}".format):
                size = self._size(folder, place)
                if size > 1 and (mask >> place) & ((1 << size) - 1) == (1 << size) - 1:
                    yield f"{folder}/* ({size:,})"
                    place += size
                    break
            else:
                yield name
                place += 1

    def _size(self, folder: str, place: int) -> int:
        """Return how many repositories are in a folder, if the first of them is at a place; else 0."""
        first, after = bisect_left(self.names, f"{folder}/"), bisect_left(self.names, f"{folder}0")  # "0" follows "/"
        return after - first if first == place else 0


def places(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set, from the lowest."""
    digits = f"{mask:b}"[::-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


def _made(names: tuple[str, ...], is_registry: bool) -> Repositories:
    return Repositories(names, is_registry=is_registry)
