"""A lifecycle policy as the evaluator reads it. Pure.

What ecrops does not know it cannot evaluate: unlike ``ensure``, which lets a field pass that is newer than ecrops,
everything here refuses it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from ecrops.errors import SpecError
from ecrops.images.image import Image
from ecrops.lifecycle.policy.checks import COUNT, COUNT_TYPES, KNOWN, PULLED, PUSHED, EcrRule, storage_class, tag_status
from ecrops.lifecycle.policy.document import Rules, canonical, render
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.lifecycle.policy.words import words

LifecyclePolicy = str | Mapping[str, Any] | Iterable[LifecycleRule | EcrRule]
Segments = tuple[str, ...]
"""A pattern without its wildcards: the texts between them. One piece is a whole tag."""

_EVER = datetime.min.replace(tzinfo=UTC)


class Action(StrEnum):
    """What becomes of an image."""

    KEEP = "keep"
    EXPIRE = "expire"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule, ready to be evaluated.

    Args:
        priority: Its place in the policy.
        words: What it does, in words.
        storage: The storage class whose images it selects.
        status: ``tagged``, ``untagged`` or ``any``.
        entries: What tags must fit, each entry at least one of them.
        kind: What it counts by.
        number: Images or days.
        action: What it does.
    """

    priority: int
    words: str
    storage: str
    status: str
    entries: tuple[Segments, ...]
    kind: str
    number: int
    action: Action

    def __str__(self) -> str:
        return f"rule {self.priority} ({self.words})"

    def due(self, images: Sequence[Image], places: Sequence[int], now: datetime) -> Sequence[int]:
        """Those of the selected images that the rule acts on, if no earlier rule sees them.

        Args:
            images: All images, newest first.
            places: Of the selected ones among them, in the same order.
            now: When the policy is run.
        """
        if self.kind == COUNT:
            return places[self.number :]
        limit = _before(now, self.number)
        if self.kind == PUSHED:  # newest first: the old ones are at the end
            return places[bisect_right(places, False, key=lambda place: images[place].ordered_at < limit) :]
        if self.kind == PULLED:
            return [place for place in places if images[place].used_at < limit]
        return [place for place in places if (images[place].archived_at or now) < limit]


def _before(now: datetime, days: int) -> datetime:
    try:
        return now - timedelta(days=days)
    except OverflowError:
        return _EVER


def rules_of(policy: LifecyclePolicy) -> Rules:
    """The rules of a policy in their canonical form.

    Args:
        policy: Rules, a document in ECR's JSON form, or its text.

    Raises:
        SpecError: ECR would refuse the policy.
    """
    found: Any = _loaded(policy) if isinstance(policy, str) else policy
    if isinstance(found, Mapping):
        found = found.get("rules", found)
    if not isinstance(found, Iterable) or isinstance(found, str | Mapping):
        raise SpecError(f"expected lifecycle rules, a document {{'rules': [...]}} or its text, got {policy!r}")
    return canonical(render(found))


def _loaded(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        raise SpecError(f"expected the JSON text of a lifecycle policy: {error}") from None


def compile_rules(rules: Iterable[EcrRule]) -> list[CompiledRule]:
    """Canonical rules, ready to be evaluated.

    Raises:
        SpecError: A rule has something that is newer than ecrops; with the rule's priority.
    """
    rules = list(rules)
    if unknown := [reason for rule in rules for reason in _newer(rule)]:
        raise SpecError(*unknown)
    return [_clause(rule) for rule in rules]


def _newer(rule: EcrRule) -> Iterator[str]:
    name = f"rule {rule['rulePriority']}"
    if (kind := rule["selection"]["countType"]) not in COUNT_TYPES:
        yield f"{name} counts by {kind!r}, which ecrops does not know: only ECR can tell what it does"
    for part, known in KNOWN.items():
        for key in rule[part] if part else rule:
            if key not in known:
                yield f"{name} has the key {key!r}, which ecrops does not know: only ECR can tell what it does"


def _clause(rule: EcrRule) -> CompiledRule:
    selection = rule["selection"]
    prefixes = [(prefix, "") for prefix in selection.get("tagPrefixList", ())]
    patterns = [tuple(pattern.split("*")) for pattern in selection.get("tagPatternList", ())]
    return CompiledRule(
        rule["rulePriority"],
        words([rule]),
        storage_class(rule),
        tag_status(rule),
        (*prefixes, *patterns),
        selection["countType"],
        selection["countNumber"],
        Action.ARCHIVE if rule["action"]["type"] == "transition" else Action.EXPIRE,
    )
