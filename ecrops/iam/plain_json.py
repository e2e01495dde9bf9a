"""JSON that a caller gave, copied. Pure.

Called by every reader of documents and conditions. A caller may change a list or a dictionary later: that never changes
what was made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from ecrops.errors import SpecError

MAX_DEPTH = 32


def plain(value: object, depth: int = 0) -> Any:
    """Return a copy of JSON in dictionaries and lists.

    Args:
        value: The JSON, of any mappings, lists and tuples.
        depth: The number of levels above the value.

    Raises:
        SpecError: The value is not JSON, or has more than 32 levels.
    """
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping | list | tuple) and depth > MAX_DEPTH:
        raise SpecError(f"expected JSON, got something more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    raise SpecError(f"expected JSON (strings, numbers, booleans, lists, mappings with strings as keys), got {value!r}")
