"""A lifecycle policy as a document: its canonical form, and the order and the priorities of its rules. Pure.

Called by the edits, the aspect and the simulation. Everything here works on ECR's own JSON form, as a list of rules; an
empty list means no policy. What ECR refuses is listed in ``checks``; here it becomes an error.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecrops.base.plain_json import check_size, copied, plain, received
from ecrops.base.problems import Problems, is_whole
from ecrops.errors import SpecError
from ecrops.lifecycle.policy.checks import (
    EcrRule,
    part_of,
    policy_problems,
    rule_problems,
    tag_status,
    text_problems,
)
from ecrops.lifecycle.policy.memory import remembered
from ecrops.lifecycle.policy.rule import LifecycleRule

Rules = list[dict[str, Any]]
TAG_LISTS = {"tagPrefixList", "tagPatternList"}


def parse(text: str) -> Rules:
    """Return the rules of a policy, from the text that ECR returns.

    Raises:
        SpecError: The text has no list of rules.
    """
    reason = ""
    try:
        document = received(text)
    except SpecError as error:
        document, reason = None, f": {error}"
    rules = document.get("rules", []) if isinstance(document, dict) else None
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise SpecError(f"expected a lifecycle policy, {{'rules': [...]}}, and AWS has {text[:200]!r}{reason}")
    return rules


@remembered
def stored(text: str) -> Rules:
    """Return the canonical form of a policy, from the text that ECR returns.

    Raises:
        SpecError: The text has no list of rules.
    """
    return canonical(parse(text))


@remembered
def to_text(rules: Sequence[EcrRule]) -> str:
    """Return the text of a policy, as it is sent to ECR."""
    return json.dumps({"rules": list(rules)}, separators=(",", ":"), ensure_ascii=False)


@remembered
def canonical(rules: Iterable[EcrRule]) -> Rules:
    """Return the canonical form of a policy: rules by priority, sorted lists of tags, no defaults, no empty lists.

    Two policies have the same canonical form if they mean the same.

    Keys that ecrops does not know are kept, so that a difference in them is a difference.
    """
    return sorted((_canonical(rule) for rule in rules), key=priority_of)


def priority_of(rule: EcrRule) -> int:
    """Return the priority of a rule; 0 if it has none. A stored one may be of any type."""
    priority = rule.get("rulePriority", 0)
    return priority if is_whole(priority) else 0


def _canonical(rule: EcrRule) -> dict[str, Any]:
    """Return the canonical form of a rule. ECR has accepted it, so that any of its members may be of any type."""
    members = {key: value for key, value in rule.items() if value is not None}
    selection = {key: value for key, value in part_of(rule, "selection").items() if value not in (None, [])}
    for key in TAG_LISTS & selection.keys():
        if isinstance(selection[key], list | tuple):
            selection[key] = sorted(selection[key], key=str)
    if selection.get("storageClass") == "standard":
        del selection["storageClass"]
    action = {key: value for key, value in part_of(rule, "action").items() if value is not None}
    numbers = {"rulePriority": members, "countNumber": selection}
    for key, part in numbers.items():
        if isinstance(part.get(key), str) and part[key].isdecimal():
            part[key] = int(part[key])
    parts = {"selection": selection, "action": action}
    return members | {key: part for key, part in parts.items() if isinstance(rule.get(key), Mapping)}


def ecr_form(rule: LifecycleRule | EcrRule) -> dict[str, Any]:
    """Return a rule in ECR's JSON form, unchecked."""
    return rule.to_ecr() if isinstance(rule, LifecycleRule) else dict(rule)


@remembered
def render(rules: Iterable[LifecycleRule | EcrRule]) -> Rules:
    """Give every rule a priority, in the order of the CDK, and check the resulting policy.

    Rules that have a priority keep it and come first. Rules without a priority follow, ``any`` last; each gets the next
    priority after the highest one.

    Raises:
        SpecError: ECR would refuse the policy; with every reason.
    """
    problems = Problems()
    parsed = problems.each("", rules, to_ecr)
    problems.raise_any()
    selective = [rule for rule in parsed if tag_status(rule) != "any"]
    any_rules = [rule for rule in parsed if tag_status(rule) == "any"]
    fixed = [rule for rule in selective if "rulePriority" in rule]
    floating = [rule for rule in selective if "rulePriority" not in rule]
    if floating and any("rulePriority" in rule for rule in any_rules):
        raise SpecError("an 'any' rule with a priority goes with numbered rules only: give it none, it is put last")
    result = [*fixed, *numbered([*floating, *any_rules], next_priority(parsed))]
    check(result)
    return result


def next_priority(rules: Iterable[EcrRule]) -> int:
    """Return the priority after the highest one of rules; 1 if none has a priority."""
    return max(map(priority_of, rules), default=0) + 1


def numbered(rules: Iterable[EcrRule], first: int) -> Rules:
    """Return copies of rules, with priorities from ``first`` on for those that have none."""
    count = itertools.count(first)
    return [dict(rule) if "rulePriority" in rule else {"rulePriority": next(count), **rule} for rule in rules]


def is_of_fields(rule: object) -> bool:
    """Whether a rule is a mapping with the fields of ``LifecycleRule``, as in a fleet file, and not in ECR's form.

    In ECR's form the selection and the action are objects; no field is one.
    """
    if not isinstance(rule, Mapping) or not rule or {"selection", "action"} & rule.keys():
        return False
    return not any(isinstance(value, Mapping) for value in rule.values())


def to_ecr(rule: object) -> dict[str, Any]:
    """Return a rule in ECR's JSON form.

    Args:
        rule: A ``LifecycleRule``, a mapping with its fields as in a fleet file, or a rule in ECR's JSON form.

    Raises:
        SpecError: It is not a rule, or ECR would refuse it; with every reason.
    """
    check_size(rule)
    if is_of_fields(rule):
        rule = LifecycleRule.from_dict(rule)
    if isinstance(rule, LifecycleRule):
        return rule.to_ecr()
    if not isinstance(rule, Mapping):
        raise SpecError(f"expected a LifecycleRule, or a dict with its fields or in ECR's JSON form, got {rule!r}")
    copied: dict[str, Any] = plain(rule)
    if isinstance(selection := copied.get("selection"), Mapping):
        # Empty lists of tags mean the same as no list, and ECR refuses them
        copied["selection"] = {key: value for key, value in selection.items() if key not in TAG_LISTS or value != []}
    problems = Problems()
    for key, reason in rule_problems(copied):
        problems.add(key, reason)
    problems.raise_any()
    return copied


def removed_rule(rule: EcrRule) -> dict[str, Any]:
    """Return a copy of a rule that is to be removed. In ECR's form it may be of any shape: ECR has accepted it once.

    Raises:
        SpecError: It is no JSON, a document of rules, or has fields of ``LifecycleRule`` that are no rule.
    """
    if is_of_fields(rule):
        return to_ecr(rule)
    if "rules" in rule:
        raise SpecError("expected one rule, got a whole document: give one of document['rules']")
    copied: dict[str, Any] = plain(rule)
    return copied


def check(rules: Sequence[EcrRule], accepted: Sequence[EcrRule] = ()) -> None:
    """Refuse a policy that ECR would refuse.

    Args:
        rules: The rules of the policy.
        accepted: The current rules. ECR accepted them, so a reason that holds for them too is no reason.

    Raises:
        SpecError: With every reason.
    """
    accepted_reasons = set(policy_problems(accepted))
    reasons = [reason for reason in policy_problems(rules) if reason not in accepted_reasons]
    if rules and (reasons := [*reasons, *text_problems(to_text(rules))]):
        raise SpecError(*reasons)


def body(rule: LifecycleRule | EcrRule) -> dict[str, Any]:
    """Return the canonical form of a rule without its priority: two rules with the same body do the same."""
    content = _canonical(ecr_form(rule))
    content.pop("rulePriority", None)
    return content


def check_rules(rules: object) -> tuple[LifecycleRule | EcrRule, ...]:
    """Return the rules of a policy, checked one by one and together. Dicts are copied; those of fields become rules.

    Raises:
        SpecError: ECR would refuse them; with every reason.
    """
    if isinstance(rules, Mapping) and "rules" in rules:
        raise SpecError("expected a list of rules, got a whole document: give document['rules']")
    if not isinstance(rules, Iterable) or isinstance(rules, str | bytes | bytearray | Mapping | LifecycleRule):
        way_out = "; write [rule]" if rules and isinstance(rules, Mapping | LifecycleRule) else ""
        raise SpecError(f"expected a list of rules, got {rules!r}{way_out}")
    problems, given = Problems(), list(rules)
    problems.each("", given, check_size)  # before they are compared with others
    problems.raise_any()
    return tuple(rule if isinstance(rule, LifecycleRule) else copied(rule) for rule in _checked(given))


@remembered
def _checked(rules: Iterable[object]) -> Rules:
    """Return copies of the rules of a policy, checked one by one and together."""
    problems = Problems()
    copies = problems.each("", rules, _rule)
    problems.raise_any()
    render(copies)
    return copies


def _rule(rule: object) -> Any:
    if is_of_fields(rule):
        return LifecycleRule.from_dict(rule)
    return plain(rule) if isinstance(rule, Mapping) else rule
