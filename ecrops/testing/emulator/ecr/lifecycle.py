"""Which lifecycle policies ECR accepts, and how it gives them back.

Models the user guide's "lifecycle policy parameters" and the error texts that users of the real service have
quoted. The texts of schema errors imitate the JSON schema validator whose messages were quoted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .errors import invalid

MOST_RULES, MOST_WILDCARDS, LEAST_DAYS_ARCHIVED = 50, 4, 90
_LISTS = ("tagPatternList", "tagPrefixList")
_RULE = ("rulePriority", "description", "selection", "action")
_SELECTION = ("tagStatus", *_LISTS, "storageClass", "countType", "countUnit", "countNumber")
_COUNT_TYPES = {
    # countType: (storage class, allowed actions)
    "imageCountMoreThan": ("standard", ("expire", "transition")),
    "sinceImagePushed": ("standard", ("expire", "transition")),
    "sinceImagePulled": ("standard", ("transition",)),
    "sinceImageTransitioned": ("archive", ("expire",)),
}
_ACTIONS = ({"type": "expire"}, {"type": "transition", "targetStorageClass": "archive"})
_NOT_EXACTLY_ONE = "instance failed to match exactly one schema (matched 0 out of 2)"


class _Violation(Exception):
    """Why a policy is refused."""


def stored(text: str) -> str:
    """The text ECR keeps of a policy; raise InvalidParameterException if it accepts none.

    The service re-serialises what it is given. Here: no white space, rules by priority, keys in the guide's
    order, and tag lists in an order that is not the caller's, because nothing promises that it stays.
    """
    try:
        rules = _checked(text)
    except _Violation as violation:
        reason = f"Lifecycle policy validation failure: {violation}"
        raise invalid("LifecyclePolicyText", reason) from violation
    ordered = sorted(rules, key=lambda rule: int(rule["rulePriority"]))
    document = {"rules": [_spelled(rule) for rule in ordered]}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _spelled(rule: dict[str, Any]) -> dict[str, Any]:
    selection = {key: rule["selection"][key] for key in _SELECTION if key in rule["selection"]}
    for key in _LISTS:
        if key in selection:
            selection[key] = selection[key][::-1]
    return {key: selection if key == "selection" else rule[key] for key in _RULE if key in rule}


def _checked(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _Violation("Could not map policyString into LifecyclePolicy.") from error
    rules: list[dict[str, Any]] = _typed(_object(document, required=("rules",))["rules"], list)
    if not 1 <= len(rules) <= MOST_RULES:
        raise _Violation(f"array must have 1 to {MOST_RULES} elements, found: {len(rules)}")
    for rule in rules:
        _check_rule(rule)
    _check_together(rules)
    return rules


def _check_rule(rule: object) -> None:
    body = _object(rule, required=("rulePriority", "selection", "action"), optional=("description",))
    _at_least(1, body["rulePriority"])
    _typed(body.get("description", ""), str)
    selection = _object(
        body["selection"],
        required=("tagStatus", "countType", "countNumber"),
        optional=(*_LISTS, "storageClass", "countUnit"),
    )
    if body["action"] not in _ACTIONS:
        raise _Violation(_NOT_EXACTLY_ONE)
    _check_tags(selection)
    _check_count(selection, body["action"]["type"])


def _check_tags(selection: dict[str, Any]) -> None:
    status = _among(selection["tagStatus"], ("tagged", "untagged", "any"))
    lists = [selection[key] for key in _LISTS if key in selection]
    if status != "tagged" and lists:
        raise _Violation(f"tagPrefixList and tagPatternList must be omitted when tagStatus={status.upper()}.")
    if status == "tagged" and not any(lists):
        raise _Violation("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")
    if len(lists) > 1:
        raise _Violation("Must specify either tagPrefixList or tagPatternList, not both.")
    for entry in (entry for entries in lists for entry in _typed(entries, list)):
        _typed(entry, str)
    for pattern in selection.get("tagPatternList", ()):
        if pattern.count("*") > MOST_WILDCARDS:
            raise _Violation(f"A tag pattern can have at most {MOST_WILDCARDS} wildcards: {pattern}")


def _check_count(selection: dict[str, Any], action: str) -> None:
    kind = _among(selection["countType"], tuple(_COUNT_TYPES))
    storage = _among(selection.get("storageClass", "standard"), ("standard", "archive"))
    expected, actions = _COUNT_TYPES[kind]
    if storage != expected:
        raise _Violation(f"countType {kind} requires storageClass {expected}")
    if action not in actions:
        raise _Violation(f"countType {kind} cannot be used with action {action}")
    _check_unit(selection, kind)
    _at_least(LEAST_DAYS_ARCHIVED if storage == "archive" else 1, selection["countNumber"])


def _check_unit(selection: dict[str, Any], kind: str) -> None:
    counts_images = kind == "imageCountMoreThan"
    if counts_images and "countUnit" in selection:
        raise _Violation("countUnit must be omitted when countType is imageCountMoreThan")
    if not counts_images and "countUnit" not in selection:
        raise _Violation(f"countUnit is required when countType is {kind}")
    if not counts_images:
        _among(selection["countUnit"], ("days",))


def _check_together(rules: list[dict[str, Any]]) -> None:
    if _repeated(rule["rulePriority"] for rule in rules):
        raise _Violation("Rule priorities must be unique")
    for own in _by_storage_class(rules):
        _check_storage_class(own)


def _check_storage_class(rules: list[dict[str, Any]]) -> None:
    selections = [rule["selection"] for rule in sorted(rules, key=lambda rule: int(rule["rulePriority"]))]
    if any(selection["tagStatus"] == "any" for selection in selections[:-1]):
        raise _Violation("Rule for tagStatus=ANY must have the lowest priority per storage class")
    if sum(selection["tagStatus"] == "untagged" for selection in selections) > 1:
        raise _Violation("Only one rule can select Untagged images per storage class")
    prefixes = [frozenset(selection.get("tagPrefixList", ())) for selection in selections]
    if _repeated(filter(None, prefixes)):
        raise _Violation("The rules of a storage class must contain a unique set of prefixes")


def _by_storage_class(rules: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for storage in ("standard", "archive"):
        yield [rule for rule in rules if rule["selection"].get("storageClass", "standard") == storage]


def _object(value: Any, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    body: dict[str, Any] = _typed(value, dict)
    if missing := [key for key in required if key not in body]:
        raise _Violation(f"object has missing required properties ({json.dumps(missing)})")
    if unknown := sorted(set(body) - {*required, *optional}):
        names = json.dumps(unknown)
        raise _Violation(f"object instance has properties which are not allowed by the schema: {names}")
    return body


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        found, expected = _NAMES.get(type(value), "null"), _NAMES[kind]
        raise _Violation(f'instance type ({found}) does not match any allowed primitive type (allowed: ["{expected}"])')
    return value


_NAMES = {int: "integer", str: "string", dict: "object", list: "array", bool: "boolean", float: "number"}


def _among(value: object, allowed: tuple[str, ...]) -> str:
    text: str = _typed(value, str)
    if text not in allowed:
        possible = json.dumps(allowed)
        raise _Violation(f'instance value ("{text}") not found in enum (possible values: {possible})')
    return text


def _at_least(least: int, value: object) -> None:
    number: int = _typed(value, int)
    if number < least:
        raise _Violation(f"numeric instance is lower than the required minimum (minimum: {least}, found: {number})")


def _repeated(values: Iterable[object]) -> bool:
    return any(count > 1 for count in Counter(values).values())
