"""A lifecycle policy in the form in which the decider reads it. Pure.

Called by everything that simulates or lints: ``rules_of`` reads what a user gives, ``compile_rules`` prepares it for
the decider. Unlike ``ensure``, which lets keys pass that are newer than ecrops, this module refuses them: ecrops cannot
evaluate a rule that it does not understand.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from ecrops.base.plain_json import check_size, parsed
from ecrops.base.problems import is_whole
from ecrops.errors import SpecError
from ecrops.images.image import Image
from ecrops.images.tag_patterns import Segments, segments_of
from ecrops.lifecycle.policy.checks import (
    COUNT,
    COUNT_TYPES,
    KNOWN_KEYS,
    PULLED,
    PUSHED,
    EcrRule,
    part_of,
    storage_class,
    tag_status,
)
from ecrops.lifecycle.policy.document import TAG_LISTS, Rules, canonical, render
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.lifecycle.policy.words import words

LifecyclePolicy = str | bytes | bytearray | Mapping[str, Any] | Iterable[LifecycleRule | EcrRule]
"""A policy as users give it: rules, a document in ECR's JSON form, or its text, as a string or as bytes."""

UNKNOWN = "which ecrops does not know: only ECR can tell what it does"
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Action(StrEnum):
    """What a lifecycle policy does to an image."""

    KEEP = "keep"
    EXPIRE = "expire"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One lifecycle rule, ready to be evaluated.

    Args:
        priority: Its place in the policy.
        words: What it does, in words.
        storage: The storage class whose images it selects.
        status: ``tagged``, ``untagged`` or ``any``.
        patterns: Patterns of tags. A selected image has a tag for each of them.
        kind: What it counts by, as ECR names it.
        number: Images or days.
        action: What it does to images.
    """

    priority: int
    words: str
    storage: str
    status: str
    patterns: tuple[Segments, ...]
    kind: str
    number: int
    action: Action

    def __str__(self) -> str:
        return f"rule {self.priority} ({self.words})"

    def due(self, images: Sequence[Image], positions: Sequence[int], now: datetime) -> Sequence[int]:
        """Return the positions of the images that the rule acts on, unless an earlier rule selects them.

        Args:
            images: All images, newest first.
            positions: The positions of the images that the rule selects, in order.
            now: When the policy is run.
        """
        if self.kind == COUNT:
            return positions[self.number :]
        limit = _before(now, self.number)
        if self.kind == PUSHED:  # newest first: the old ones are at the end
            return positions[bisect_right(positions, False, key=lambda position: images[position].ordered_at < limit) :]
        if self.kind == PULLED:
            return [position for position in positions if images[position].used_at < limit]
        return [position for position in positions if (images[position].archived_at or now) < limit]


def _before(now: datetime, days: int) -> datetime:
    try:
        return now - timedelta(days=days)
    except OverflowError:
        return _EARLIEST


def rules_of(policy: LifecyclePolicy) -> Rules:
    """Return the rules of a policy in their canonical form.

    Args:
        policy: Rules, a document in ECR's JSON form, or its text, as a string or as bytes.

    Raises:
        SpecError: ECR would refuse the policy.
    """
    check_size(policy)
    rules: Any = _parsed(policy) if isinstance(policy, str | bytes | bytearray) else policy
    if isinstance(rules, Mapping):
        rules = rules.get("rules", rules)
    if not isinstance(rules, Iterable) or isinstance(rules, str | Mapping):
        is_rule = isinstance(policy, LifecycleRule) or (isinstance(rules, Mapping) and bool(rules))
        way_out = "; write [rule]" if is_rule else ""
        raise SpecError(f"expected lifecycle rules, a document {{'rules': [...]}} or its text, got {policy!r}{way_out}")
    return canonical(render(rules))


def _parsed(text: str | bytes | bytearray) -> Any:
    try:
        return parsed(text if isinstance(text, str) else bytes(text))
    except SpecError as error:
        raise error.at("the text of a lifecycle policy") from None


def compile_rules(rules: Iterable[EcrRule]) -> list[CompiledRule]:
    """Prepare canonical rules for the decider.

    Raises:
        SpecError: A rule has a key or a value that ecrops does not know; with the rule's priority.
    """
    rules = list(rules)
    if reasons := [reason for rule in rules for reason in _unknown(rule)]:
        raise SpecError(*reasons)
    return [_compiled(rule) for rule in rules]


def _unknown(rule: EcrRule) -> Iterator[str]:
    """Yield what ecrops cannot evaluate in a rule, which ECR may have accepted before ecrops was written, or since."""
    name, selection = f"rule {rule.get('rulePriority')}", part_of(rule, "selection")
    if (kind := selection.get("countType")) not in COUNT_TYPES:
        yield f"{name} counts by {kind!r}, {UNKNOWN}"
    for part, known in KNOWN_KEYS.items():
        for key in part_of(rule, part) if part else rule:
            if key not in known:
                yield f"{name} has the key {key!r}, {UNKNOWN}"
    for key, value, right in _values(rule, selection, part_of(rule, "action")):
        if not right:
            yield f"{name} has {value!r} as its {key!r}, {UNKNOWN}"


def _values(rule: EcrRule, selection: EcrRule, action: EcrRule) -> Iterator[tuple[str, object, bool]]:
    """Yield each value that the decider depends on, with its key, and whether it is one that the decider knows."""
    priority, number = rule.get("rulePriority"), selection.get("countNumber")
    yield "rulePriority", priority, is_whole(priority)
    yield "tagStatus", selection.get("tagStatus"), selection.get("tagStatus") in ("tagged", "untagged", "any")
    yield "storageClass", storage_class(rule), storage_class(rule) in ("standard", "archive")
    yield "countNumber", number, is_whole(number) and number > 0
    yield "type", action.get("type"), action.get("type") in ("expire", "transition")
    target = action.get("targetStorageClass")
    yield "targetStorageClass", target, target == "archive" or action.get("type") != "transition"
    for key in TAG_LISTS & selection.keys():
        entries = selection[key]
        yield key, entries, isinstance(entries, list | tuple) and all(isinstance(entry, str) for entry in entries)


def _compiled(rule: EcrRule) -> CompiledRule:
    selection = rule["selection"]
    prefixes = [(prefix, "") for prefix in selection.get("tagPrefixList", ())]
    patterns = [segments_of(pattern) for pattern in selection.get("tagPatternList", ())]
    return CompiledRule(
        priority=rule["rulePriority"],
        words=words([rule]),
        storage=storage_class(rule),
        status=tag_status(rule),
        patterns=(*prefixes, *patterns),
        kind=selection["countType"],
        number=selection["countNumber"],
        action=Action.ARCHIVE if rule["action"]["type"] == "transition" else Action.EXPIRE,
    )
