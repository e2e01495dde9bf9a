"""Checking values: all that is wrong with a value at once, each reason with the path of its field. Pure.

Called by every value that checks itself, and by every reader of JSON. It never stops at the first problem.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import fields
from enum import StrEnum
from functools import partial, wraps
from types import MappingProxyType
from typing import Any, TypeGuard, TypeVar, cast

from ecrops.base.plain_json import SIMPLE, check_depth, check_text
from ecrops.errors import SpecError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
NONE: Mapping[str, str] = MappingProxyType({})


class Problems:
    """Collects the reasons why a value is refused, so that one error has all of them."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def add(self, path: str, reason: str) -> None:
        """Add a reason about the field at ``path``; about the whole value if the path is empty."""
        self._reasons.append(f"{path}: {reason}" if path else reason)

    def check(self, right: bool, path: str, reason: str) -> bool:
        """Add ``reason`` unless the value is ``right``. Returns ``right``."""
        if not right:
            self.add(path, reason)
        return right

    def take(self, path: str, make: Callable[[], T]) -> T | None:
        """Return what ``make`` returns; for a ``SpecError``, add its reasons under ``path`` and return ``None``."""
        try:
            return make()
        except SpecError as error:
            self._reasons.extend((error.at(path) if path else error).reasons)
            return None

    def each(self, path: str, items: Iterable[Any], check: Callable[[Any], T], *, numbered: bool = True) -> list[T]:
        """Check each item of a list, and return the results of those that are right.

        Args:
            path: The path of the list.
            items: The items.
            check: Returns the checked item, or raises ``SpecError``.
            numbered: Whether the path of an item has its index, such as ``rules[3]``.
        """
        results = []
        for index, item in enumerate(items):
            try:
                results.append(check(item))
            except SpecError as error:
                place = f"{path}[{index}]" if numbered else path
                self._reasons.extend((error.at(place) if place else error).reasons)
        return results

    def raise_any(self) -> None:
        """Raise ``SpecError`` with all reasons, if there are any."""
        if self._reasons:
            raise SpecError(*self._reasons)

    def known(
        self, data: object, names: Collection[str], what: str, advice: Mapping[str, str] = NONE
    ) -> dict[str, Any]:
        """Return the fields of ``data`` that are among ``names``, and add a reason for each other field.

        Args:
            data: A mapping, as it comes from JSON.
            names: The fields that are known.
            what: What the mapping describes, for messages.
            advice: What to say of unknown fields whose spelling does not tell what is meant; also if they are written
                in camel case.

        Raises:
            SpecError: It is not a mapping, or it is too deep.
        """
        check_depth(data)
        if not isinstance(data, Mapping):
            raise SpecError(f"expected a mapping with the fields of {what}, got {data!r}")
        for key in data:
            if key not in names:
                self.add(str(key), f"unknown key{_way_out(str(key), names, advice)}")
        return {key: value for key, value in data.items() if key in names}

    def strings(self, path: str, value: object) -> tuple[str, ...] | None:
        """Return a list of strings as a tuple, or ``None`` if it is no list. A single string is the usual mistake."""
        if isinstance(value, str):
            self.add(path, f"expected a list of strings, got {value!r}; write [{value!r}]")
        elif not isinstance(value, Collection) or isinstance(value, Mapping | bytes):
            self.add(path, f"expected a list of strings, got {value!r}")
        elif wrong := [entry for entry in value if not isinstance(entry, str)]:
            self.add(path, f"expected a list of strings, got {wrong[0]!r} in it")
        else:
            return tuple(sorted(value)) if isinstance(value, Set) else tuple(value)
        return None

    def seconds(self, path: str, value: object) -> None:
        """Add a reason for what is no number of seconds that something may take."""
        right = is_number(value) and not math.isnan(value) and value >= 0
        self.check(right, path, f"expected seconds, at least 0, got {value!r}")

    def texts(self, path: str, *values: object) -> None:
        """Add a reason for each text that cannot be sent to AWS. What is no text is left to other checks."""
        for value in values:
            if isinstance(value, str) and not (value.isascii() and value.isprintable()):
                self.take(path, partial(check_text, value))

    def member(self, path: str, kind: type[E], value: object) -> E | None:
        """Return the member of an enumeration that ``value`` is or names, or ``None`` if there is none."""
        try:
            return kind(value)  # type: ignore[arg-type]
        except ValueError:
            close = nearest(value, tuple(kind)) if isinstance(value, str) else None
            way_out = f"; did you mean {close}?" if close else ""
            self.add(path, f"expected one of {', '.join(kind)}, got {value!r}{way_out}")
            return None


def from_fields(
    cls: type[T], data: object, what: str, advice: Mapping[str, str] = NONE, required: Mapping[str, str] = NONE
) -> T:
    """Return a value of a dataclass from a mapping with its fields: the ``from_dict`` of most values.

    Args:
        cls: The dataclass.
        data: The mapping, as it comes from JSON.
        what: What it describes, for messages.
        advice: As in ``Problems.known``.
        required: The fields that have to be there, each with the reason if it is not.

    Raises:
        SpecError: With the path of each field that is missing, unknown or wrong.
    """
    problems = Problems()
    names = [field.name for field in fields(cast("Any", cls)) if field.name != "_"]
    values = problems.known(data, names, what, advice)
    for name, reason in required.items():
        problems.check(name in values, name, reason)
    if required:
        problems.raise_any()  # without them there is no value to check
    value = problems.take("", lambda: cls(**values))
    problems.raise_any()
    return cast("T", value)


def compact(value: Any) -> str:
    """Return a dataclass as Python, without the fields that are ``None``."""
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    parts = (
        f"{name}={str(part)!r}" if isinstance(part, StrEnum) else f"{name}={part!r}"
        for name, part in values.items()
        if part is not None
    )
    return f"{type(value).__name__}({', '.join(parts)})"


def repeated(values: Iterable[T]) -> list[T]:
    """Return the values that are there more than once, each once, in their order. They can be hashed."""
    return [value for value, count in Counter(values).items() if count > 1]


def hint(key: object, names: Collection[str], before: str = "", after: str = "") -> str:
    """Return which name was probably meant by a wrong one, or else all names, as the end of a message."""
    close = nearest(key, names)
    return f"; did you mean {before}{close}{after}?" if close else f"; expected one of {', '.join(names)}"


def nearest(key: object, names: Collection[str]) -> str | None:
    """Return the name that ``key`` resembles most, or ``None`` if it resembles none."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in names}
    close = get_close_matches(str(key).lower(), list(spelled), 1)
    return spelled[close[0]] if close else None


def check_codes(ignore: object, codes: Collection[str]) -> frozenset[str]:
    """Return the codes of findings that are left out.

    Args:
        ignore: The codes that somebody gave.
        codes: The codes that there are.

    Raises:
        SpecError: One is no code of a finding; with the nearest.
    """
    problems = Problems()
    ignored = problems.strings("ignore", ignore) or ()
    for code in ignored:
        problems.check(code in codes, "ignore", f"{code!r} is no code of a finding{hint(code, codes)}")
    problems.raise_any()
    return frozenset(ignored)


def _way_out(key: str, names: Collection[str], advice: Mapping[str, str]) -> str:
    name = key if key in advice else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    if name in advice:
        return f"; {advice[name]}"
    return f"; did you mean {name}?" if name in names else hint(key, names)


def suggesting(advice: Mapping[str, str] = NONE) -> Callable[[type[T]], type[T]]:
    """Decorate a class: its ``TypeError`` for an unknown keyword says which keyword was probably meant.

    Python does so itself since 3.13. The signature stays as it is. A value that is too deep to be shown in a message is
    a ``SpecError`` before the class checks it.

    Args:
        advice: What to say of keywords whose spelling does not tell what is meant.
    """

    def decorate(cls: type[T]) -> type[T]:
        init: Any = cls.__init__
        names = init.__code__.co_varnames[1 : init.__code__.co_argcount + init.__code__.co_kwonlyargcount]

        @wraps(init)
        def checked(self: T, *args: Any, **keywords: Any) -> None:
            for key in keywords:
                if key not in names:
                    way_out = _way_out(key, names, advice)
                    raise TypeError(f"{cls.__name__}() got an unexpected keyword argument {key!r}{way_out}")
            check_depths(dict(zip(names, args, strict=False)) | keywords)
            init(self, *args, **keywords)

        cls.__init__ = checked  # type: ignore[assignment]
        return cls

    return decorate


def check_depths(fields: Mapping[str, object]) -> None:
    """Refuse fields that are too deep to be shown in a message.

    Raises:
        SpecError: With every such field.
    """
    problems = Problems()
    for name, value in fields.items():
        if type(value) not in SIMPLE:
            problems.take(name, partial(check_depth, value))
    problems.raise_any()


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number, and not a truth value: ``True`` is an ``int`` in Python."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number, and not a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_function(name: str, function: object, of: str) -> None:
    """Refuse what is no function.

    Args:
        name: What the function is given as, such as ``on_change``.
        function: The function, or ``None``.
        of: What it is called with, such as ``change``.

    Raises:
        SpecError: It is none, and not ``None``.
    """
    if function is not None and not callable(function):
        raise SpecError(f"{name}: expected a function of a {of}, got {function!r}")


def given(arguments: Mapping[str, Any], *besides: str) -> dict[str, Any]:
    """Return the keyword arguments that the caller of a verb gave: called with ``locals()``, as a first step.

    Args:
        arguments: The ``locals()`` of a method whose options are written out, and end in ``**misspelt: Never``. That is
            how an editor completes them, a type checker refuses a wrong one, and the runtime says what was meant.
        besides: Names of arguments that are no options.
    """
    options = {
        name: value
        for name, value in arguments.items()
        if value is not None and name not in ("self", "misspelt", *besides)
    }
    misspelt: dict[str, Any] = arguments["misspelt"]
    return options | misspelt
