"""Where a handler works, if that is many registries: given as they are, or as a file. Called by ``entry``."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

from ecrops.errors import SpecError

if TYPE_CHECKING:
    from ecrops.registries.registries import Registries


class Places:
    """The registries of a handler.

    Args:
        where: What it was made with.

    Raises:
        SpecError: It is none of what is expected.
    """

    def __init__(self, where: Registries | str | PathLike[str]) -> None:
        from ecrops.registries.registries import Registries

        if not isinstance(where, Registries | str | PathLike):
            raise SpecError(f"registries: expected a Registries, or the path of a file with registries, got {where!r}")
        self._where = where
        self._found: tuple[Registries, Sequence[Sequence[str]] | None] | None = None

    def found(self) -> tuple[Registries, Sequence[Sequence[str]] | None]:
        """Return the registries, and their waves. A file is read once in a container.

        Raises:
            SpecError: With every mistake of the file.
            OSError: It cannot be read.
            ClientError: The file asks for the accounts of an organization, and they cannot be read.
        """
        if self._found is None:
            if isinstance(self._where, str | PathLike):
                from ecrops.registries.file import read_registries

                file = read_registries(self._where)
                self._found = file.registries, file.waves
            else:
                self._found = self._where, None
        return self._found
