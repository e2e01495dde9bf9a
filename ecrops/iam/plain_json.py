"""JSON as it comes from a caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from ecrops.errors import SpecError

DEEPEST = 32


def plain(value: object, deep: int = 0) -> Any:
    """A copy of JSON in dictionaries and lists: who changes what they gave does not change what was made from it.

    Raises:
        SpecError: It is no JSON.
    """
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping | list | tuple) and deep > DEEPEST:
        raise SpecError(f"expected JSON, got something more than {DEEPEST} levels deep")
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(part, deep + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, deep + 1) for part in value]
    raise SpecError(f"expected JSON (strings, numbers, booleans, lists, mappings with strings as keys), got {value!r}")
