"""EventBridge rules and targets in words, for diffs. Pure.

Called by the aspect of rules. A diff says which events of which repositories go where, instead of showing JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecrops.aws import Arn
from ecrops.base.shown import Shown
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.events.event import Event
    from ecrops.events.value import RuleValue

MAX_LENGTH = 60
_REPOSITORY_FIELDS = ("repository-name", "repositoryName")


def rule_words(rule: RuleValue, description: str = "") -> str:
    """Return a rule in words: its events, its state, and its description if that is part of the difference."""
    settings = rule.settings or {}
    pattern, state = str(settings.get("EventPattern", "")), str(settings.get("State", ""))
    parts = [_pattern(pattern), state.lower(), repr(description) if description else ""]
    return ", ".join(filter(None, parts))


class InWords(Shown):
    """An event that ``print`` and a spec in a notebook show in words."""

    __slots__ = ()

    def __str__(self) -> str:
        event: Any = self
        return event_words(event)


def event_words(event: Event) -> str:
    """Return an event in words: its name if it has one of its own, its events, and its targets."""
    targets: Iterable[Any] = event.targets  # checked: targets, and no strings
    name = f"{event.name}: " if event.name else ""
    sent = target_words({"Arn": target.arn} for target in targets)
    return printable(f"{name}{_of_pattern(event.pattern().document)}{' -> ' if sent else ''}{sent}")


def _pattern(text: str) -> str:
    from ecrops.events.value import stored  # which imports the module of events, and that imports this one

    pattern = stored(text) if text else {}
    return _of_pattern(pattern) if isinstance(pattern, Mapping) else "a pattern that is too deep to be shown"


def _of_pattern(pattern: Mapping[str, Any]) -> str:
    fields = dict(_fields(pattern))
    source = fields.pop("source", "")
    kind = fields.pop("detail-type", "") or source
    repositories = [fields.pop(path) for path in list(fields) if path.rpartition(".")[2] in _REPOSITORY_FIELDS]
    filters = [f"{path.removeprefix('detail.')} {values}" for path, values in fields.items()]
    owner = f" of {', '.join(repositories)}" if repositories else ""
    return f"{kind}{owner} ({'; '.join(filters)})" if filters else f"{kind}{owner}"


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
    """Return targets in words: the service and name of each, and its other members."""
    words = []
    for target in targets:
        name = _arn(target["Arn"])
        members = [_member(key, value) for key, value in target.items() if key not in ("Id", "Arn")]
        words.append(f"{name} ({'; '.join(members)})" if members else name)
    return ", ".join(words)


def _member(name: str, value: Any) -> str:
    if name == "DeadLetterConfig" and value.get("Arn"):
        return f"dead letters to {_arn(value['Arn'])}"
    if name == "RoleArn":
        return f"as {Arn.parse(value).resource}"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{name} {text if len(text) <= MAX_LENGTH else f'{text[:MAX_LENGTH]}…'}"


def _arn(text: str) -> str:
    arn = Arn.parse(text)
    return f"{arn.service} {arn.resource}"
