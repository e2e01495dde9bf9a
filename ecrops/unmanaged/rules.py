"""The EventBridge rules that ecrops made for what no spec has. It reads, and decides nothing about them.

A rule on the events of one repository has its name in a tag. A rule on those of several is the registry's: it is looked
at if the spec of the registry manages events, and found if all repositories of its pattern are within the prefix. Rules
that somebody else made, or that may have a copied tag, are never found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.engine.reading import Goal
from ecrops.events import aspect as rules_aspect
from ecrops.events import reading
from ecrops.events.value import SEVERAL, TAG, Origin, RuleValue, stored
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.values import Part, UnmanagedRule
from ecrops.unmanaged.within import Within

NAMES = ("repository-name", "repositoryName")
"""The fields of a pattern that name repositories: ``events/patterns/kinds`` writes no other."""


def find(aws: Aws, managed: Managed, within: Within, known: Mapping[Goal, Any]) -> Part[UnmanagedRule]:
    """Return the rules of the default bus that ecrops made, and no spec wants.

    One call lists 100 rules. The tags of those whose patterns name something within the prefix are read, and the
    targets of those that are found.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        known: Rules that were read before.

    Raises:
        ClientError: botocore's own error; the caller may not list rules, for example.
    """
    if not managed.events:
        return Part()
    rules = {key: value for (aspect, key), value in known.items() if aspect is rules_aspect}
    aws.client("events")
    listed = {reading.key_of(rule["Name"]): rule for rule in reading.every(aws) if _may_be_within(rule, within)}
    new = [key for key in listed if key not in rules]
    rules |= dict(zip(new, aws.map(lambda key: _without_targets(aws, key, listed[key]), new), strict=True))
    made = {key: rule for key, rule in rules.items() if _is_made(key, rule) and _is_within(rule, managed, within)}
    left = sorted(key for key, rule in made.items() if key not in managed.rules and not _has_spec(rule, managed))
    found = aws.map(partial(_whole, aws, made, new), left)
    return Part([UnmanagedRule.of(key, rule) for key, rule in zip(left, found, strict=True)], len(made))


def _may_be_within(rule: Mapping[str, Any], within: Within) -> bool:
    """Whether a rule is on events of AWS, and its pattern has the prefix in it."""
    pattern = rule.get("EventPattern", "")
    return "aws." in pattern and within.beginning in pattern


def _without_targets(aws: Aws, key: str, listed: Mapping[str, Any]) -> RuleValue:
    settings = {name: listed[name] for name in reading.SETTINGS if listed.get(name)}
    tags = reading.read_tags(aws, listed["Arn"])
    return replace(reading.missing_rule(aws, key, "BASIC"), settings=settings, tags=tags)


def _whole(aws: Aws, rules: Mapping[str, RuleValue], new: list[str], key: str) -> RuleValue:
    """Return a rule with its targets."""
    if key not in new:
        return rules[key]
    return replace(rules[key], targets={target["Id"]: target for target in reading.read_targets(aws, key)})


def _is_made(key: str, rule: RuleValue) -> bool:
    is_on_default = reading.name_and_bus(key)[1] == reading.DEFAULT_BUS
    return is_on_default and rule.settings is not None and rule.origin is Origin.MADE


def _is_within(rule: RuleValue, managed: Managed, within: Within) -> bool:
    if rule.tags[TAG] != SEVERAL:
        return within.has(rule.tags[TAG])
    pattern = stored(str((rule.settings or {}).get("EventPattern", "")))
    names = list(_names(pattern))
    is_about_names = bool(names) and all(name is not None and within.has(name) for name in names)
    return managed.registry.events is not None and (is_about_names or not within.beginning)


def _has_spec(rule: RuleValue, managed: Managed) -> bool:
    """Whether the repository of a rule is in a spec: then that decides about the rule, if it manages events."""
    return rule.tags[TAG] in managed.repositories


def _names(pattern: object, is_name: bool = False) -> Iterator[str | None]:
    """Yield the names, and the beginnings of names, that a pattern is about; ``None`` for one in another form."""
    if isinstance(pattern, Mapping):
        for field, value in pattern.items():
            yield from _names(value, field in NAMES)
    elif isinstance(pattern, list):
        for value in pattern:
            if not is_name:
                yield from _names(value)
            else:
                text = value.get("prefix") if isinstance(value, Mapping) and len(value) == 1 else value
                yield text.rpartition(":repository/")[2] if isinstance(text, str) else None
