"""JSON and texts of a caller that are sent to AWS: one rule for what can be sent. Pure.

Called by ``problems`` and by every value that takes JSON or a text, such as patterns, inputs, rules, policy documents,
tags and descriptions. It copies: a caller may change a list or a dictionary later, and that never
changes what was made from it. No message shows a value that is too deep or too large.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from math import isfinite
from typing import Any

from ecrops.errors import SpecError

MAX_DEPTH = 100
MAX_VALUES = 100_000
"""The limits of ecrops. What AWS takes in one text is shorter than either allows."""
MAX_BITS = 1024
"""A whole number of more bits is larger than every ``double``, the numbers of JSON for most programs."""
SIMPLE = frozenset({str, float, bool, type(None)})
"""The types of values that have no parts, and whose size does not matter here."""
_TOO_DEEP = f"expected JSON, got something more than {MAX_DEPTH} levels deep"


def plain(value: object) -> Any:
    """Return a copy of JSON in dictionaries and lists.

    Args:
        value: The JSON, of any mappings, lists and tuples.

    Raises:
        SpecError: The value is not JSON, or one of its texts cannot be sent, or it has more than 100 levels.
    """
    check_size(value)
    return _copied(value)


def copied(value: Any) -> Any:
    """Return a copy of JSON that was checked before, of dictionaries and lists."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def data_of(value: Any) -> Any:
    """Return a value that a user made, ready for JSON: what has a ``to_dict`` as that, bytes as base64."""
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: data_of(part) for key, part in value.items()}
    return [data_of(part) for part in value] if isinstance(value, tuple | list) else value


def parsed(text: str | bytes, number: Callable[[str], Any] | None = None) -> Any:
    """Return the value of a JSON text. Its strings are not checked.

    Args:
        text: The text.
        number: Makes the value of a number from its text; without it numbers are of Python.

    Raises:
        SpecError: The text is not JSON, or has more than 100 levels.
    """
    try:
        value: Any = json.loads(text, parse_constant=no_constant, parse_float=number, parse_int=number)
    except RecursionError:
        raise SpecError(_TOO_DEEP) from None
    except ValueError as error:
        raise SpecError(f"expected JSON, and this is none: {error}") from None
    check_size(value)
    return value


def received(text: str) -> Any:
    """Return the value of a JSON text that a service has stored, if it could be sent back as it is.

    Raises:
        SpecError: The text is not JSON, or more than can be handled, or has a number or a text that cannot be sent.
    """
    return plain(parsed(text))


def check_size(value: object) -> None:
    """Refuse JSON that is too deep, or too large, to be handled.

    Raises:
        SpecError: It is.
    """
    check_depth(value)
    waiting, count = [value], 0
    while waiting:
        parts = _parts(waiting.pop())
        count += len(parts)
        if count > MAX_VALUES:
            raise SpecError(f"expected JSON of at most {MAX_VALUES:,} values, got more")
        waiting.extend(part for part in parts if type(part) not in SIMPLE)


def check_depth(value: object) -> None:
    """Refuse JSON that is too deep, or holds a number that is too large, to be shown in a message.

    A value that contains itself is too deep. A part that is at several places is looked at once for each depth.

    Raises:
        SpecError: It is.
    """
    waiting, level = [] if type(value) in SIMPLE else [value], 0
    while waiting:
        parts: dict[int, Any] = {}
        for item in waiting:
            if isinstance(item, int):
                if item.bit_length() > MAX_BITS:
                    raise SpecError("expected JSON, got a number that is too large")
            elif inner := _parts(item):
                if level == MAX_DEPTH:
                    raise SpecError(_TOO_DEEP)
                parts.update((id(part), part) for part in inner if type(part) not in SIMPLE)
        waiting = list(parts.values())
        level += 1


def _parts(value: object) -> Collection[Any]:
    if type(value) is dict:
        return value.values()
    if type(value) is list:
        return value
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def check_text(text: str) -> str:
    """Return a text that can be sent to AWS.

    Raises:
        SpecError: It has a NUL, or half of a pair of surrogates, which is no character.
    """
    if "\0" in text:
        raise SpecError(f"expected a text without NUL characters, got {text!r}")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise SpecError(f"expected a text of whole characters, got {text!r} with half of a surrogate pair")
    return text


def _copied(value: object) -> Any:
    if isinstance(value, str):
        return check_text(value)
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {check_text(key): _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    raise SpecError(
        f"expected JSON, got {value!r}: JSON is strings, finite numbers, booleans, null, lists, and mappings whose "
        "keys are strings"
    )


def no_constant(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, which Python's parser takes: it is a ``parse_constant``.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is no number of JSON")
