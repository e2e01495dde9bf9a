"""The options of one kind of event. Pure.

Called by ``Event``, when it checks itself. The values of options are checked where patterns are made (``kinds``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.events.patterns.kinds import KINDS

UNORDERED = ("image_tags", "severities")


def check_options(kind: str, options: object) -> dict[str, Any]:
    """Return the options of a kind of event, with their defaults: the same meaning is the same value.

    Raises:
        SpecError: The kind has no such option; with every reason.
    """
    if not isinstance(options, Mapping):
        raise SpecError(f"expected a mapping of names to values, got {options!r}")
    defaults, problems = KINDS[kind].options, Problems()
    expected = ", ".join(defaults) or "no options at all"
    for name in options:
        problems.check(name in defaults, "", f"{kind} does not take {name}, but {expected}")
    problems.raise_any()
    values = {name: default if options.get(name) is None else options[name] for name, default in defaults.items()}
    return {name: _sorted(value) if name in UNORDERED else value for name, value in values.items() if value is not None}


def _sorted(value: Any) -> Any:
    """Return strings in order, each once. Anything else is returned as it is, to be refused where patterns are made."""
    is_list = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
    return tuple(sorted(set(value))) if is_list and all(isinstance(item, str) for item in value) else value
