"""One rule of a lifecycle policy, as a value. Pure.

Made by users, and by ``from_ecr`` from what ECR has. A value checks itself when it is made: what ECR would never accept
is a ``SpecError``, with the names of the fields and not with ECR's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from ecrops.base.problems import Problems, compact, from_fields, is_whole, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.lifecycle.policy.checks import (
    COUNT,
    PULLED,
    PUSHED,
    TRANSITIONED,
    EcrRule,
    part_of,
    rule_problems,
    tag_problems,
)
from ecrops.text import printable


class TagStatus(StrEnum):
    """Which images a lifecycle rule selects, by their tags."""

    ANY = "any"
    TAGGED = "tagged"
    UNTAGGED = "untagged"


FIELDS = {
    "rulePriority": "rule_priority",
    "selection.tagStatus": "tag_status",
    "selection.tagPrefixList": "tag_prefix_list",
    "selection.tagPatternList": "tag_pattern_list",
    "selection.storageClass": "storage_class",
    "action.type": "transition_to",
    "action.targetStorageClass": "transition_to",
}
_COUNTS = "write max_image_count for a number of images, or max_image_age, since_image_pulled … for days"
ADVICE = {
    "max_images": "did you mean max_image_count?",
    "count_number": _COUNTS,
    "count_type": _COUNTS,
    "count_unit": _COUNTS,
    "action": "transition_to='archive' archives images; without it they are expired",
    "target_storage_class": "did you mean transition_to?",
}
AGES = {"max_image_age": PUSHED, "since_image_pulled": PULLED, "since_image_transitioned": TRANSITIONED}


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule(Shown):
    """A lifecycle rule: which images ECR expires or archives, and when.

    Exactly one of ``max_image_count``, ``max_image_age``, ``since_image_pulled`` and ``since_image_transitioned``
    is needed. Ages are a ``timedelta`` or a number of days; ECR knows whole days only.

    Args:
        rule_priority: Rules with lower numbers come first. A rule without a number gets one: after the rules that
            have one, in the order of the list, ``any`` last.
        description: For people.
        tag_status: ``tagged`` if a list of tags is given, else ``any``.
        tag_prefix_list: The starts of tags. The rule selects an image if **every** entry matches one of its tags.
        tag_pattern_list: Patterns of tags, with ``*`` for any characters, at most four in one pattern. The rule selects
            an image if **every** entry matches one of its tags.
        max_image_count: How many images are kept, the newest ones.
        max_image_age: How many days after its push an image is expired or archived.
        since_image_pulled: How many days after its last pull an image is archived.
        since_image_transitioned: How many days after it was archived an image is expired, at least 90.
        storage_class: The storage class whose images the rule selects: ``archive`` with ``since_image_transitioned``,
            else ``standard``.
        transition_to: ``archive`` to archive images; without it they are expired, that is deleted.

    Raises:
        SpecError: ECR would never accept such a rule.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """

    rule_priority: int | None = None
    description: str | None = None
    tag_status: Literal["any", "tagged", "untagged"] | TagStatus | None = None
    tag_prefix_list: Sequence[str] | None = None
    tag_pattern_list: Sequence[str] | None = None
    max_image_count: int | None = None
    max_image_age: timedelta | int | None = None
    since_image_pulled: timedelta | int | None = None
    since_image_transitioned: timedelta | int | None = None
    storage_class: Literal["standard", "archive"] | None = None
    transition_to: Literal["archive"] | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __str__(self) -> str:
        from ecrops.lifecycle.policy.words import words

        return printable(words([self.to_ecr()]))

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("tag_prefix_list", "tag_pattern_list"):
            if (value := getattr(self, name)) is not None:
                entries = problems.strings(name, value)
                problems.texts(name, *(entries or ()))
                # a wrong list is replaced by a right one, so that the checks below do not refuse it again
                object.__setattr__(self, name, ("*",) if entries is None else entries)
        for name in AGES:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, _age(problems, name, value))
        status = problems.member("tag_status", TagStatus, self._tag_status())
        # a wrong status is replaced by the default, so that the checks below do not refuse it again
        object.__setattr__(self, "tag_status", status or self._default_status())
        if self.since_image_transitioned is not None and self.storage_class is None:
            object.__setattr__(self, "storage_class", "archive")
        self._check_strings(problems)
        self._check_as_ecr(problems)
        problems.raise_any()

    def _tag_status(self) -> str:
        return self._default_status() if self.tag_status is None else self.tag_status

    def _default_status(self) -> TagStatus:
        selects_by_tag = self.tag_prefix_list is not None or self.tag_pattern_list is not None
        return TagStatus.TAGGED if selects_by_tag else TagStatus.ANY

    def _check_strings(self, problems: Problems) -> None:
        for name in ("description", "storage_class", "transition_to"):
            value = getattr(self, name)
            problems.check(value is None or isinstance(value, str), name, f"expected a string, got {value!r}")
            problems.texts(name, value)

    def _check_as_ecr(self, problems: Problems) -> None:
        counts = ("max_image_count", *AGES)
        names = [name for name in counts if getattr(self, name) is not None]
        rule = self.to_ecr()
        if len(names) == 1:
            reasons = rule_problems(rule)
        else:
            problems.add("", f"expected exactly one of {', '.join(counts)}, got {' and '.join(names) or 'none'}")
            reasons = tag_problems(rule["selection"])
        for key, reason in reasons:
            problems.add(FIELDS.get(key) or names[0], reason)

    def to_ecr(self) -> dict[str, Any]:
        """Return the rule in ECR's own JSON form; without ``rulePriority`` if it has none."""
        selection: dict[str, Any] = {"tagStatus": str(self.tag_status)}
        if self.tag_prefix_list is not None:
            selection["tagPrefixList"] = list(self.tag_prefix_list)
        if self.tag_pattern_list is not None:
            selection["tagPatternList"] = list(self.tag_pattern_list)
        if self.storage_class not in (None, "standard"):
            selection["storageClass"] = self.storage_class
        selection |= self._count()
        action = {"type": "expire"}
        if self.transition_to is not None:
            action = {"type": "transition", "targetStorageClass": self.transition_to}
        head = {"rulePriority": self.rule_priority, "description": self.description}
        return {key: value for key, value in head.items() if value is not None} | {
            "selection": selection,
            "action": action,
        }

    def _count(self) -> dict[str, Any]:
        if self.max_image_count is not None:
            return {"countType": COUNT, "countNumber": self.max_image_count}
        for name, kind in AGES.items():
            age = getattr(self, name)
            if age is not None:
                return {"countType": kind, "countNumber": age.days, "countUnit": "days"}
        return {}

    @classmethod
    def from_ecr(cls, rule: EcrRule) -> LifecycleRule | EcrRule:
        """Return a rule in ECR's JSON form as a value; unchanged if a ``LifecycleRule`` cannot express it."""
        selection, action = part_of(rule, "selection"), part_of(rule, "action")
        ages = {kind: name for name, kind in AGES.items()} | {COUNT: "max_image_count"}
        try:
            value = cls(
                rule_priority=rule.get("rulePriority"),
                description=rule.get("description"),
                tag_status=selection.get("tagStatus"),
                tag_prefix_list=selection.get("tagPrefixList"),
                tag_pattern_list=selection.get("tagPatternList"),
                storage_class=selection.get("storageClass"),
                transition_to=action.get("targetStorageClass"),
                **{ages[selection["countType"]]: selection["countNumber"]},
            )
        except (SpecError, KeyError, TypeError):
            return rule
        return value if value.to_ecr() == rule else rule

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        return from_fields(cls, data, "a lifecycle rule", ADVICE)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set, ready for JSON; ages in days."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value is not None}


def rules_from(problems: Problems, fields: dict[str, Any]) -> None:
    """Make values of the lifecycle rules among the fields of a spec or a template, as they come from JSON.

    Rules in ECR's own form stay as they are. If one is wrong, there are no rules, and a problem says why.

    Args:
        problems: Takes the reasons.
        fields: The fields; ``lifecycle_rules`` is one of them, or not.
    """
    rules = fields.get("lifecycle_rules")
    if isinstance(rules, Sequence) and not isinstance(rules, str):
        checked = problems.each("lifecycle_rules", rules, _rule_from)
        fields["lifecycle_rules"] = checked if len(checked) == len(rules) else None


def _rule_from(rule: object) -> LifecycleRule | Mapping[str, Any]:
    if isinstance(rule, LifecycleRule) or (isinstance(rule, Mapping) and "selection" in rule):
        return rule
    return LifecycleRule.from_dict(rule)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.days
    if isinstance(value, StrEnum):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _age(problems: Problems, name: str, value: object) -> timedelta | None:
    """Return an age; one day in the place of a wrong one, so that it is refused only once."""
    if is_whole(value):
        try:
            return timedelta(days=value)
        except OverflowError:
            problems.add(name, f"expected days, got {value!r}")
            return timedelta(days=1)
    if isinstance(value, timedelta):
        whole = value % timedelta(days=1) == timedelta(0)
        problems.check(whole, name, f"ECR knows whole days only, got {value}; round it up or down")
        return value
    problems.add(name, f"expected a timedelta or a whole number of days, got {value!r}")
    return timedelta(days=1)
