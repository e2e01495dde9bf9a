"""The repositories of a registry: by name, in pages, and with the time they take to come and go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import islice

from moto.ecr.models import Repository

from . import paging


class Shelf(dict[str, Repository]):
    """Repositories by name. DescribeRepositories promises no order: here it is one nobody could expect."""

    _order: list[tuple[int, str]] | None = None

    def __setitem__(self, name: str, repository: Repository) -> None:
        self._order = None
        super().__setitem__(name, repository)

    def discard(self, name: str) -> None:
        """Take a repository away if it is there."""
        self._order = None
        super().pop(name, None)

    def page(
        self, size: int | None, token: str | None, shown: Callable[[str], bool]
    ) -> tuple[list[Repository], str | None]:
        """One page of what is shown, and the token of the next if there is one.

        A token says which repository was last, so that none is lost or repeated when others come and go.
        """
        names = (name for name in self._after(token) if shown(name))
        found = list(islice(names, size or paging.DEFAULT_SIZE))
        more = next(names, None) is not None
        return [self[name] for name in found], paging.token(found[-1]) if more else None

    def _after(self, token: str | None) -> Iterator[str]:
        if self._order is None:
            self._order = sorted(map(paging.place, self))
        start = bisect_right(self._order, paging.place(paging.position(token))) if token else 0
        order = self._order
        return (order[index][1] for index in range(start, len(order)))


class Visibility:
    """How long a change takes to be seen. Off until a test says otherwise.

    Models AWS's statement that CreateRepository is asynchronous: a repository may not be found by the calls
    right after the one that made it, although creating it again is refused; and a deleted one may still be
    described.
    """

    def __init__(self) -> None:
        self.appear_after = 0
        self.vanish_after = 0
        self._coming: dict[str, int] = {}
        self._going: dict[str, int] = {}

    def created(self, name: str) -> None:
        """A repository was made: it is not found by the next `appear_after` calls that name it."""
        if self.appear_after:
            self._coming[name] = self.appear_after

    def deleted(self, name: str) -> bool:
        """A repository was deleted; whether it is to be seen for a while yet."""
        self._coming.pop(name, None)
        if self.vanish_after:
            self._going[name] = self.vanish_after
        return bool(self.vanish_after)

    def is_listed(self, name: str) -> bool:
        """Whether a listing shows the repository. Listing names nobody, so it does not count as a call."""
        return name not in self._coming and self._going.get(name) != 0

    def is_found(self, name: str, *, by_reading: bool) -> bool:
        """Whether a call that names the repository finds it, and count it. A write finds no deleted one."""
        if name in self._coming:
            self._count(self._coming, name)
            return False
        if name in self._going:
            self._going[name] -= 1
            return by_reading
        return True

    def is_gone(self, name: str) -> bool:
        """Whether the deleted repository has been seen often enough."""
        return self._going.get(name) == 0

    def is_going(self, name: str) -> bool:
        """Whether the repository is deleted, although it may still be described."""
        return name in self._going

    def forget(self, name: str) -> None:
        """Nothing is left to be seen of the repository."""
        self._going.pop(name, None)

    @staticmethod
    def _count(remaining: dict[str, int], name: str) -> None:
        remaining[name] -= 1
        if not remaining[name]:
            del remaining[name]
