"""What a target gets: the event, a part of it, or something made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


def message(target: Mapping[str, Any], event: Event, rule: str) -> str:
    """The text that is sent to a target."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(target["InputPath"], event))
    if transformer := target.get("InputTransformer"):
        return _transformed(transformer, event, rule)
    return json.dumps(event)


def _at(path: str, event: Event) -> Any:
    value: Any = event
    for part in path.removeprefix("$").strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) and part else (value if not part else None)
    return value


def _transformed(transformer: Mapping[str, Any], event: Event, rule: str) -> str:
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {"aws.events.event.json": event, "aws.events.rule-arn": rule, "aws.events.rule-name": rule.split("/")[-1]}
    template: str = transformer["InputTemplate"]

    def filled(match: re.Match[str]) -> str:
        value, quoted = values.get(match[1], ""), template[: match.start()].count('"') % 2
        return value if quoted and isinstance(value, str) else json.dumps(value)

    return re.sub(r"<([\w.\-]+)>", filled, template)
