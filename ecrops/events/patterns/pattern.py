"""An event pattern of EventBridge, as a value that checks itself. Pure."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecrops.base.problems import Problems
from ecrops.events.patterns import matching
from ecrops.events.patterns.checks import check_further, check_pattern, text_of
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
        """Whether EventBridge would send this event to a rule with this pattern."""
        return matching.matches(self.document, event)

    def restricted(self, more: Mapping[str, Any]) -> Pattern:
        """This pattern and another one: what both match.

        Raises:
            SpecError: Both say something of one field; EventBridge has no "and" for that, and would use the last one.
        """
        check_further(more, self.document)
        problems = Problems()
        both = _merged(problems, self.document, copy.deepcopy(more), "event_pattern")
        problems.raise_any()
        return Pattern(both)


def _merged(problems: Problems, one: Mapping[str, Any], other: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Two patterns that say nothing of one field. Of two ``$or`` one alternative each must match."""
    result = dict(one)
    for key, value in other.items():
        here = f"{path}.{key}"
        if key not in one:
            result[key] = value
        elif key == OR:
            pairs = itertools.product(one[key], enumerate(value))
            result[key] = [_merged(problems, first, second, f"{here}[{index}]") for first, (index, second) in pairs]
        elif isinstance(one[key], Mapping) and isinstance(value, Mapping):
            result[key] = _merged(problems, one[key], value, here)
        else:
            reason = f"the rule has {text_of(one[key])} there, and a field is an object or has values"
            problems.add(here, reason)
    return result
