"""What a target gets: the event, a part of it, or something made from it.

Templates are filled as AWS fills them: https://github.com/localstack/localstack, tests/aws/services/events, whose
snapshots were taken from AWS (test_events_inputs). In a template that is a text, an object or a list loses its quotes.
In one that is an object, a filled template that is no JSON is dropped without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


def message(target: Mapping[str, Any], event: Event, rule: str) -> str | None:
    """The text that is sent to a target; none if EventBridge drops the event."""
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


def _transformed(transformer: Mapping[str, Any], event: Event, rule: str) -> str | None:
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    part = {"detailType" if name == "detail-type" else name: value for name, value in event.items() if name != "detail"}
    values |= {
        "aws.events.event.json": event,
        "aws.events.event": part,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.rule-arn": rule,
        "aws.events.rule-name": rule.split("/")[-1],
    }
    template: str = transformer["InputTemplate"]
    is_object = template.lstrip().startswith("{")

    def filled(match: re.Match[str]) -> str:
        value, quoted = values.get(match[1]), _is_quoted(template[: match.start()])
        if value is None:
            return "" if quoted else '""'
        if isinstance(value, dict | list) and not is_object:
            return json.dumps(value, separators=(",", ":")).replace('"', "")
        return value if quoted and isinstance(value, str) else json.dumps(value)

    text = re.sub(r"<([\w.\-]+)>", filled, template)
    if not is_object:
        return text
    try:
        json.loads(text)
    except ValueError:
        return None
    return text


def _is_quoted(text: str) -> bool:
    return len(re.findall(r'(?<!\\)"', text)) % 2 == 1
