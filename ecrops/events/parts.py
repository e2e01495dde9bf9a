"""What an EventBridge rule says, part by part, as canonical text. Pure.

Called by the aspect of rules: a change says in full what it takes away and adds, where words name a few things.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecrops.events.value import OWN_TARGETS, UNAUTHORIZED, canonical_settings, canonical_target

_LISTS = (OWN_TARGETS, UNAUTHORIZED)


def settings_parts(settings: Mapping[str, Any] | None) -> frozenset[str]:
    """Return a part for each setting of a rule; none if there is no rule."""
    return frozenset(_named(name, value) for name, value in canonical_settings(settings or {}).items() if value)


def tag_parts(tags: Mapping[str, str]) -> frozenset[str]:
    """Return a part for each tag of a rule, and for each item of a tag that is a list."""
    return frozenset(
        _named(f"tag {key}", item)
        for key, value in tags.items()
        for item in (value.split() if key in _LISTS else [value])
    )


def target_parts(targets: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return a part for each member of each target. A member of a member, such as a number of retries, counts alone."""
    return frozenset(
        _named(f"target {target['Id']}", member) for target in targets for member in _members(canonical_target(target))
    )


def _members(target: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in target.items():
        if name == "RetryPolicy":
            yield from ({name: {key: item}} for key, item in value.items())
        elif name != "Id" and value != {}:
            yield {name: value}


def _named(name: str, value: Any) -> str:
    return f"{name} {json.dumps(value, sort_keys=True)}"
