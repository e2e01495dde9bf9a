"""``Pattern``: an event pattern of EventBridge, as a value that checks itself. Pure.

Made by ``kinds`` for each kind of event, and by users who test a pattern offline.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecrops.base.plain_json import check_depth
from ecrops.base.problems import Problems
from ecrops.events.patterns import matching
from ecrops.events.patterns.checks import check_further, check_pattern
from ecrops.events.patterns.limits import text_of
from ecrops.events.patterns.matching import OR


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event pattern, checked.

    Raises:
        SpecError: EventBridge would refuse it; with every reason.

    Example:
        >>> from ecrops.events.patterns.kinds import image_pushed
        >>> pushed = image_pushed("team/api")
        >>> pushed.matches({"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {
        ...     "action-type": "PUSH", "result": "SUCCESS", "repository-name": "team/api", "image-tag": "v1"}})
        True
    """

    document: Mapping[str, Any]

    def __post_init__(self) -> None:
        check_pattern(self.document)

    def __str__(self) -> str:
        return text_of(self.document)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether EventBridge would send this event to a rule with this pattern.

        Raises:
            SpecError: The event is too deep or too large, or its lists can be combined in too many ways.
        """
        check_depth(event)
        return matching.matches(self.document, event)

    def restricted(self, further: Mapping[str, Any]) -> Pattern:
        """Return the pattern of the events that match this pattern and another one.

        Raises:
            SpecError: Both have values for one field. EventBridge has no "and" for that: it would use the last one.
        """
        check_further(further, self.document)
        problems = Problems()
        document = _merged(problems, self.document, copy.deepcopy(further), "event_pattern")
        problems.raise_any()
        return Pattern(document)


def _merged(problems: Problems, first: Mapping[str, Any], second: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return two patterns as one. They have no field in common. Of two ``$or``, one alternative each must match."""
    result = dict(first)
    for key, value in second.items():
        field = f"{path}.{key}"
        if key not in first:
            result[key] = value
        elif key == OR:
            pairs = itertools.product(first[key], enumerate(value))
            result[key] = [
                _merged(problems, alternative, other, f"{field}[{index}]") for alternative, (index, other) in pairs
            ]
        elif isinstance(first[key], Mapping) and isinstance(value, Mapping):
            result[key] = _merged(problems, first[key], value, field)
        else:
            reason = f"the rule has {text_of(first[key])} there, and a field is an object or has values"
            problems.add(field, reason)
    return result
