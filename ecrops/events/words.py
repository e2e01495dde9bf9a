"""Rules in words: a diff says which events of whom go where, not JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecrops.aws import Arn
from ecrops.events.edits import Rule

LONGEST = 60
_WHOSE = ("repository-name", "repositoryName")


def rule_words(rule: Rule, described: str = "") -> str:
    """A rule: which events of whom it is for, its state, and how it is described if that matters."""
    settings = rule.settings or {}
    said = [_pattern(str(settings.get("EventPattern", ""))), str(settings.get("State", "")).lower()]
    return ", ".join(filter(None, [*said, described and f"{described!r}"]))


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
    """Targets by service and name, with what else is said of them."""
    return ", ".join(map(_target, targets))


def _target(target: Mapping[str, Any]) -> str:
    more = [_member(name, value) for name, value in target.items() if name not in ("Id", "Arn")]
    return f"{_arn(target['Arn'])} ({'; '.join(more)})" if more else _arn(target["Arn"])


def _member(name: str, value: Any) -> str:
    if name == "DeadLetterConfig" and value.get("Arn"):
        return f"dead letters to {_arn(value['Arn'])}"
    if name == "RoleArn":
        return f"as {Arn.parse(value).resource}"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{name} {text if len(text) <= LONGEST else f'{text[:LONGEST]}…'}"


def _arn(text: str) -> str:
    arn = Arn.parse(text)
    return f"{arn.service} {arn.resource}"
