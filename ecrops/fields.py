"""What the values share: checking the types of their fields, and reading them from JSON by path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeVar

from ecrops.errors import SpecError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Problems:
    """Collects what is wrong with a value, so that all of it is said at once."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def add(self, path: str, reason: str) -> None:
        """Note what is wrong with the field at ``path``, or without one, with the value as a whole."""
        self._reasons.append(f"{path}: {reason}" if path else reason)

    def check(self, right: bool, path: str, reason: str) -> bool:
        """Note ``reason`` unless it is ``right``; returns ``right``."""
        if not right:
            self.add(path, reason)
        return right

    def take(self, path: str, make: Callable[[], T]) -> T | None:
        """What ``make`` returns; the reasons of its error are noted as those of the part at ``path``."""
        try:
            return make()
        except SpecError as error:
            self._reasons.extend((error.at(path) if path else error).reasons)
            return None

    def raise_any(self) -> None:
        """Raise a ``SpecError`` if anything was noted."""
        if self._reasons:
            raise SpecError(*self._reasons)

    def known(self, data: object, names: Collection[str], what: str) -> dict[str, Any]:
        """Those fields of ``data`` that are among ``names``; the others are noted.

        Raises:
            SpecError: It is not a mapping.
        """
        if not isinstance(data, Mapping):
            raise SpecError(f"expected a mapping with the fields of {what}, got {data!r}")
        for key in data:
            self.check(key in names, str(key), f"unknown key{hint(str(key), names)}")
        return {key: value for key, value in data.items() if key in names}

    def strings(self, path: str, value: object) -> tuple[str, ...] | None:
        """A list of strings as a tuple, or ``None`` if it is not one. One string in its place is the usual mistake."""
        if isinstance(value, str):
            self.add(path, f"expected a list of strings, got {value!r}; write [{value!r}]")
        elif not isinstance(value, Collection) or isinstance(value, Mapping | bytes):
            self.add(path, f"expected a list of strings, got {value!r}")
        elif wrong := [entry for entry in value if not isinstance(entry, str)]:
            self.add(path, f"expected a list of strings, got {wrong[0]!r} in it")
        else:
            return tuple(sorted(value)) if isinstance(value, Set) else tuple(value)
        return None

    def member(self, path: str, kind: type[E], value: object) -> E | None:
        """The member of an enumeration that ``value`` is or names."""
        try:
            return kind(value)  # type: ignore[arg-type]
        except ValueError:
            self.add(path, f"expected one of {', '.join(kind)}, got {value!r}")
            return None


def compact(value: Any) -> str:
    """A dataclass as Python, without the fields that say nothing."""
    said = {field.name: getattr(value, field.name) for field in fields(value)}
    parts = (
        f"{name}={str(part)!r}" if isinstance(part, StrEnum) else f"{name}={part!r}"
        for name, part in said.items()
        if part is not None
    )
    return f"{type(value).__name__}({', '.join(parts)})"


def hint(key: str, names: Collection[str], before: str = "", after: str = "") -> str:
    """What may have been meant by a name that there is not, with what goes around it; or which names there are."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in names}
    close = get_close_matches(key.lower(), list(spelled), 1)
    return f"; did you mean {before}{spelled[close[0]]}{after}?" if close else f"; expected one of {', '.join(names)}"
