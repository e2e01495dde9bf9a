"""What a kind of event can be told besides its repositories. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.events.patterns.kinds import KINDS

UNORDERED = ("image_tags", "severities")


def check_options(kind: str, options: object) -> dict[str, Any]:
    """What a kind of event is told, with its defaults: the same meaning is the same value.

    The scan type has none: an event that was not told follows the one that is in force.

    Raises:
        SpecError: The kind does not take one; with every reason.
    """
    if not isinstance(options, Mapping):
        raise SpecError(f"expected a mapping of names to values, got {options!r}")
    takes = options_of(kind)
    names, problems = list(takes), Problems()
    for name in options:
        problems.check(name in names, "", f"{kind} does not take {name}, but {', '.join(names) or 'no options at all'}")
    problems.raise_any()
    told = {name: value for name, value in options.items() if value is not None}
    given = {name: told.get(name, None if name == "scan_type" else takes[name]) for name in names}
    said = {name: value for name, value in given.items() if value is not None}
    return {name: _sorted(value) if name in UNORDERED else value for name, value in said.items()}


def options_of(kind: str) -> dict[str, Any]:
    """What a kind of event can be told, each with its default."""
    takes = inspect.signature(KINDS[kind]).parameters.items()
    return {name: each.default for name, each in takes if name not in ("repositories", "place")}


def _sorted(value: Any) -> Any:
    """Texts, each once. What is something else is left to be refused."""
    some = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
    return tuple(sorted(set(value))) if some and all(isinstance(each, str) for each in value) else value
