"""The limits of EventBridge for patterns and rules, and the text of a pattern that they count. Pure.

Called by ``checks``, when a pattern is checked, and by ``events/wants``, when rules are planned. A quota that AWS
raises on request is no limit: ``base/quotas`` has those, and a plan notes them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.base.problems import Problems, is_number
from ecrops.events.patterns.matching import OR, listed

# botocore's model of PutRule: AWS raises its quota of 2,048 characters to no more than this
MOST_CHARACTERS = 4096
MOST_WILDCARD_RULES = 30
MOST_ALTERNATIVES = 1000


def check_limits(problems: Problems, path: str, pattern: Mapping[str, Any]) -> None:
    """Add a problem for each limit that a pattern exceeds, whatever quotas AWS has raised."""
    size, count = len(text_of(pattern)), alternatives(pattern)
    too_long = (
        f"has at most {MOST_CHARACTERS:,} characters, this has {size:,}: a prefix makes a shorter pattern, and "
        "registry.on_...(..., split=True) makes several rules of a long list of repositories"
    )
    problems.check(size <= MOST_CHARACTERS, path, too_long)
    reason = f"its '$or' make at most {MOST_ALTERNATIVES:,} alternatives, these make {count:,}"
    problems.check(count <= MOST_ALTERNATIVES, path, reason)


def text_of(pattern: object) -> str:
    """Return a pattern as the shortest JSON: EventBridge limits its length."""
    return json.dumps(pattern, separators=(",", ":"))


def canonical(pattern: Any) -> Any:
    """Return a copy of a pattern in one form.

    Lists whose order means nothing are sorted, each of their values once. A whole number is written without a fraction.
    """
    if isinstance(pattern, Mapping):
        return {key: _canonical_part(key, value) for key, value in sorted(pattern.items())}
    if isinstance(pattern, list | tuple):
        return [json.loads(text) for text in sorted({text_of(canonical(item)) for item in pattern})]
    return int(pattern) if is_number(pattern) and pattern == int(pattern) else pattern


def _canonical_part(key: str, value: Any) -> Any:
    ordered = key == "numeric" and all(not isinstance(item, Mapping) for item in listed(value))
    if ordered:
        return list(map(canonical, listed(value)))
    if key == OR:  # equal alternatives stay: "$or" needs two at least
        return sorted(map(canonical, listed(value)), key=text_of)
    return canonical(value)


def wildcards(pattern: Any) -> Iterator[str]:
    """Yield the wildcards in a pattern."""
    if isinstance(pattern, Mapping):
        for key, value in pattern.items():
            yield from listed(value) if key == "wildcard" else wildcards(value)
    elif isinstance(pattern, list | tuple):
        for part in pattern:
            yield from wildcards(part)


def alternatives(pattern: Mapping[str, Any]) -> int:
    """Return the number of patterns without ``$or`` that mean the same as a pattern."""
    count = 1
    for key, wanted in pattern.items():
        if key == OR:
            count *= sum(map(alternatives, wanted))
        elif isinstance(wanted, Mapping):
            count *= alternatives(wanted)
    return count
