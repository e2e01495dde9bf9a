"""Rules in words: a diff says which events of whom go where, not JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.aws import Arn
from ecrops.events.event import Event
from ecrops.events.state import Rule

_WHOSE = ("repository-name", "repositoryName")


def rule_words(events: Sequence[Event], rule: Rule, described: str = "") -> str:
    """A rule: by the events that are wanted of it, or by its pattern."""
    settings = rule.settings or {}
    said = [f"{event.kind} of {event.whose}" for event in events] or [_pattern(str(settings.get("EventPattern", "")))]
    return ", ".join(filter(None, [*said, str(settings.get("State", "")).lower(), described and f"{described!r}"]))


def _pattern(text: str) -> str:
    fields = dict(_fields(json.loads(text))) if text else {}
    source = fields.pop("source", "")
    kind = fields.pop("detail-type", "") or source
    whose = [fields.pop(path) for path in list(fields) if path.rpartition(".")[2] in _WHOSE]
    more = [f"{path.removeprefix('detail.')} {values}" for path, values in fields.items()]
    of, which = f" of {', '.join(whose)}" if whose else "", f" ({'; '.join(more)})" if more else ""
    return f"{kind}{of}{which}"


def _fields(pattern: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in pattern.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", " or ".join(map(_value, value))


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"prefix"} and isinstance(value["prefix"], str):
        return f"{value['prefix']}*"
    return value if isinstance(value, str) else json.dumps(value)


def target_words(targets: Iterable[Mapping[str, Any]]) -> str:
    """Targets by service and name."""
    arns = [Arn.parse(each["Arn"]) for each in targets]
    return ", ".join(f"{arn.service} {arn.resource}" for arn in arns)
