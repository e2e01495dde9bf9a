"""What the values share: checking the types of their fields, and reading them from JSON by path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import fields
from enum import StrEnum
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

from ecrops.errors import SpecError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
NONE: Mapping[str, str] = MappingProxyType({})


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

    def known(
        self, data: object, names: Collection[str], what: str, advice: Mapping[str, str] = NONE
    ) -> dict[str, Any]:
        """Those fields of ``data`` that are among ``names``; the others are noted, with the advice that there is.

        Raises:
            SpecError: It is not a mapping.
        """
        if not isinstance(data, Mapping):
            raise SpecError(f"expected a mapping with the fields of {what}, got {data!r}")
        for key in data:
            self.check(key in names, str(key), f"unknown key{_way_out(str(key), names, advice)}")
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
    close = nearest(key, names)
    return f"; did you mean {before}{close}{after}?" if close else f"; expected one of {', '.join(names)}"


def nearest(key: str, names: Collection[str]) -> str | None:
    """The name that ``key`` is most like, if it is like one."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in names}
    close = get_close_matches(key.lower(), list(spelled), 1)
    return spelled[close[0]] if close else None


def _way_out(key: str, names: Collection[str], advice: Mapping[str, str]) -> str:
    return f"; {advice[key]}" if key in advice else hint(key, names)


def suggesting(advice: Mapping[str, str] = NONE) -> Callable[[type[T]], type[T]]:
    """A class decorator: a keyword that the class does not take is a ``TypeError`` that says what may be meant.

    Python does so itself since 3.13. The signature stays as it is.

    Args:
        advice: What to say of keywords whose likeness does not tell what is meant.
    """

    def decorate(cls: type[T]) -> type[T]:
        init: Any = cls.__init__
        names = init.__code__.co_varnames[1 : init.__code__.co_argcount + init.__code__.co_kwonlyargcount]

        @wraps(init)
        def checked(self: T, *args: Any, **given: Any) -> None:
            for key in given:
                if key not in names:
                    way_out = _way_out(key, names, advice)
                    raise TypeError(f"{cls.__name__}() got an unexpected keyword argument {key!r}{way_out}")
            init(self, *args, **given)

        cls.__init__ = checked  # type: ignore[assignment]
        return cls

    return decorate
