"""What one principal can do with many repositories: a row of the matrix of access. Pure.

Made by ``judging``. A row holds sets of repositories as the bits of numbers, and says them in few words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.access.answers.needs import VERBS
from ecrops.access.reports.repositories import Repositories
from ecrops.access.reports.row import SHOWN_VERBS
from ecrops.base.render import page
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.iam.evaluation.extent import NOWHERE, Extent, maybe

_NONE = "none"
_WORDS = {True: "yes", False: "no", None: "depends"}
ALL = "*"
"""In JSON: all repositories of the matrix."""


@dataclass(frozen=True, slots=True, repr=False)
class MatrixRow(Shown):
    """What a principal can do with the repositories of a matrix.

    Args:
        who: The principal, in words.
        kind: ``user``, ``group``, ``role`` and so on: see ``PrincipalAccess``.
        name: The name that policies have for it: an ARN, the id of an account, the name of a service; empty for none.
        token: Whether it can get the token to log in; ``None`` if that depends. It is true for a service of AWS, which
            needs none.
        extents: By verb, where it is allowed the actions that the verb needs, the token left aside.
        repositories: The repositories of the matrix.
    """

    who: str
    kind: str
    name: str
    token: bool | None
    extents: Mapping[str, Extent]
    repositories: Repositories = field(compare=False)

    def can(self, verb: str) -> tuple[str, ...]:
        """Return the names of the repositories with which it can certainly do something.

        Args:
            verb: ``read``, ``pull``, ``push``, ``delete_images`` or ``change_policies``.

        Raises:
            SpecError: It is none of these.
        """
        return self.repositories.among(self.extent(verb).certain)

    def depends(self, verb: str) -> tuple[str, ...]:
        """Return the names of the repositories of which it depends whether it can; ``repo.can`` says on what.

        Args:
            verb: As in ``can``.

        Raises:
            SpecError: As ``can``.
        """
        extent = self.extent(verb)
        return self.repositories.among(extent.possible & ~extent.certain)

    def extent(self, verb: str) -> Extent:
        """Return where it can do something, with the token: see ``Repositories`` for the bits.

        Raises:
            SpecError: It is none of the verbs of a matrix.
        """
        if not isinstance(verb, str) or verb not in self.extents:
            raise SpecError(f"expected {', '.join(SHOWN_VERBS)}, got {verb!r}: who_can of the matrix takes every verb")
        extent = self.extents[verb]
        if not VERBS[verb][1] or self.token:
            return extent
        return NOWHERE if self.token is False else maybe(extent.possible)

    @property
    def is_idle(self) -> bool:
        """Whether it can do none of the verbs with any repository."""
        return not any(extent.possible for extent in self.extents.values())

    def cells(self) -> tuple[str, ...]:
        """Return the row as cells: who, and one for each verb."""
        return self.who, *map(self._cell, SHOWN_VERBS)

    def _cell(self, verb: str) -> str:
        extent, words = self.extent(verb), self.repositories.words
        missing = self.extents[verb].possible if extent == NOWHERE else 0
        parts = (
            ("", extent.certain),
            ("depends: ", extent.possible & ~extent.certain),
            ("no token: ", missing),
        )
        return "; ".join(f"{before}{words(mask)}" for before, mask in parts if mask) or _NONE

    def values(self) -> Iterator[tuple[str, ...]]:
        """Yield for each repository with which it can do something its name, and ``yes``, ``no`` or ``depends``."""
        extents = [self.extent(verb) for verb in SHOWN_VERBS]
        able = 0
        for extent in extents:
            able |= extent.possible
        for place, name in self.repositories.numbered(able):
            yield name, *(_WORDS[extent.at(place)] for extent in extents)

    def to_dict(self) -> dict[str, Any]:
        """Return the row, ready for JSON. Where it can do something with all repositories, ``*`` stands for them."""
        verbs = {verb: self.extent(verb) for verb in SHOWN_VERBS}
        return {
            "who": self.who,
            "kind": self.kind,
            "name": self.name,
            "token": self.token,
            "verbs": {
                verb: {
                    "certain": self._names(extent.certain),
                    "depends": self._names(extent.possible & ~extent.certain),
                }
                for verb, extent in verbs.items()
            },
        }

    def _names(self, mask: int) -> list[str]:
        return [ALL] if mask and mask == self.repositories.everything else list(self.repositories.among(mask))

    def __str__(self) -> str:
        cells = zip(SHOWN_VERBS, self.cells()[1:], strict=True)
        able = [f"{verb.replace('_', ' ')} {cell}" for verb, cell in cells if cell != _NONE]
        return page([f"{self.who}: {' | '.join(able) or 'nothing'}"])

    def __repr__(self) -> str:
        return f"<MatrixRow: {self.who}>"

    def _shown(self) -> Mapping[str, Any]:
        return dict(zip(("who", *SHOWN_VERBS), self.cells(), strict=True))
