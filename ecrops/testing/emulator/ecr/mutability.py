"""Tag mutability and its exclusion filters: they travel together or not at all."""

from __future__ import annotations

from typing import Literal

from ..wildcards import matches
from .errors import invalid

MOST_WILDCARDS = 2
Filters = list[dict[Literal["filter", "filterType"], str]]
_FILTERS = "imageTagMutabilityExclusionFilters"
_TITLE = "ImageTagMutabilityExclusionFilters"


def check(mode: str | None, filters: Filters | None) -> None:
    """Refuse a mode without the filters it needs, and filters without a mode that takes any."""
    excludes = (mode or "MUTABLE").endswith("_WITH_EXCLUSION")
    if excludes and not filters:
        raise invalid(_FILTERS, f"{_TITLE} can't be null when imageTagMutability is set as {mode}")
    if filters and not excludes:
        raise invalid(_FILTERS, f"{_TITLE} must be null when imageTagMutability is set as {mode}")
    for entry in filters or ():
        if entry["filter"].count("*") > MOST_WILDCARDS:
            raise invalid(_FILTERS, f"At most {MOST_WILDCARDS} wildcards are allowed: {entry['filter']}")


def is_fixed(mode: str, filters: Filters | None, tag: str) -> bool:
    """Whether a tag must stay where it is. A filter is a wildcard over the whole tag."""
    excluded = any(matches(entry["filter"], tag) for entry in filters or ())
    return mode.startswith("IMMUTABLE") != excluded
