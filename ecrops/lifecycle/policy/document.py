"""A lifecycle policy: its canonical form, and the order of its rules. Pure.

Everything here works on ECR's own JSON form, as a list of rules; an empty list is no policy.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.lifecycle.policy.checks import EcrRule, policy_problems, rule_problems, tag_status, text_problems
from ecrops.lifecycle.policy.rule import LifecycleRule

Rules = list[dict[str, Any]]
TAG_LISTS = {"tagPrefixList", "tagPatternList"}


def parse(text: str) -> Rules:
    """The rules of a policy as ECR returns it."""
    rules: Rules = json.loads(text).get("rules", [])
    return rules


def to_text(rules: Sequence[EcrRule]) -> str:
    """The policy as it is sent."""
    return json.dumps({"rules": list(rules)}, separators=(",", ":"), ensure_ascii=False)


def canonical(rules: Iterable[EcrRule]) -> Rules:
    """What a policy means: rules by priority, lists of tags sorted, defaults and empty lists left out.

    Keys that ecrops does not know are kept, so that a difference in them is a difference.
    """
    return sorted((_canonical(rule) for rule in rules), key=lambda rule: int(rule.get("rulePriority", 0)))


def _canonical(rule: EcrRule) -> dict[str, Any]:
    kept = {key: value for key, value in rule.items() if value is not None}
    selection = {key: value for key, value in rule.get("selection", {}).items() if value not in (None, [])}
    for key in TAG_LISTS & selection.keys():
        selection[key] = sorted(selection[key])
    if selection.get("storageClass") == "standard":
        del selection["storageClass"]
    action = {key: value for key, value in rule.get("action", {}).items() if value is not None}
    numbers = {"rulePriority": kept, "countNumber": selection}
    for key, part in numbers.items():
        if isinstance(part.get(key), str) and part[key].isdecimal():
            part[key] = int(part[key])
    return kept | {"selection": selection, "action": action}


def render(rules: Iterable[LifecycleRule | EcrRule]) -> Rules:
    """Give every rule a priority, in the order of the CDK, and check the policy that results.

    Rules that have a priority keep it and come first, then those without, then ``any``; a rule without a priority
    gets the next one after the highest.

    Raises:
        SpecError: ECR would refuse the policy; with every reason.
    """
    problems = Problems()
    read = [problems.take(f"[{index}]", lambda rule=rule: to_ecr(rule)) for index, rule in enumerate(rules)]  # type: ignore[misc]
    problems.raise_any()
    plain = [rule for rule in read if rule is not None]
    rest = [rule for rule in plain if tag_status(rule) != "any"]
    last = [rule for rule in plain if tag_status(rule) == "any"]
    placed = [rule for rule in rest if "rulePriority" in rule]
    unnumbered = [rule for rule in rest if "rulePriority" not in rule]
    if unnumbered and any("rulePriority" in rule for rule in last):
        raise SpecError("an 'any' rule with a priority goes with numbered rules only: give it none, it is put last")
    result = [*placed, *numbered([*unnumbered, *last], following(plain))]
    check(result)
    return result


def following(rules: Iterable[EcrRule]) -> int:
    """The priority after the highest."""
    return max((rule["rulePriority"] for rule in rules if "rulePriority" in rule), default=0) + 1


def numbered(rules: Iterable[EcrRule], first: int) -> Rules:
    """The rules, those without a priority with one each from ``first`` on."""
    count = itertools.count(first)
    return [dict(rule) if "rulePriority" in rule else {"rulePriority": next(count), **rule} for rule in rules]


def to_ecr(rule: object) -> dict[str, Any]:
    """A rule in ECR's JSON form.

    Raises:
        SpecError: It is none; with every reason.
    """
    if isinstance(rule, LifecycleRule):
        return rule.to_ecr()
    if not isinstance(rule, Mapping):
        raise SpecError(f"expected a LifecycleRule, or a dict in ECR's JSON form, got {rule!r}")
    try:
        plain = _without_empty_lists(json.loads(json.dumps(rule, allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise SpecError(f"expected JSON, got {rule!r}: {error}") from None
    problems = Problems()
    for key, reason in rule_problems(plain):
        problems.add(key, reason)
    problems.raise_any()
    return plain


def _without_empty_lists(rule: dict[str, Any]) -> dict[str, Any]:
    """An empty list of tags says what none says, and ECR refuses it."""
    selection = rule.get("selection")
    if not isinstance(selection, Mapping):
        return rule
    kept = {key: value for key, value in selection.items() if key not in TAG_LISTS or value != []}
    return {**rule, "selection": kept}


def check(rules: Sequence[EcrRule], had: Sequence[EcrRule] = ()) -> None:
    """Refuse a policy that ECR would refuse; not for what ECR has accepted in the policy that was there.

    Raises:
        SpecError: With every reason.
    """
    accepted = set(policy_problems(had))
    reasons = [reason for reason in policy_problems(rules) if reason not in accepted]
    if rules and (reasons := [*reasons, *text_problems(to_text(rules))]):
        raise SpecError(*reasons)


def body(rule: LifecycleRule | EcrRule) -> dict[str, Any]:
    """A rule without its place in the policy: two rules with one body do the same."""
    plain = _canonical(rule.to_ecr() if isinstance(rule, LifecycleRule) else rule)
    plain.pop("rulePriority", None)
    return plain


def check_rules(rules: object) -> tuple[LifecycleRule | EcrRule, ...]:
    """The rules of a policy, each sound and sound together.

    Raises:
        SpecError: ECR would refuse them; with every reason.
    """
    if isinstance(rules, Mapping) and "rules" in rules:
        raise SpecError("expected a list of rules, got a whole document: give document['rules']")
    if not isinstance(rules, Iterable) or isinstance(rules, str | bytes | Mapping | LifecycleRule):
        raise SpecError(f"expected a list of rules, got {rules!r}")
    given = tuple(copy.deepcopy(rule) if isinstance(rule, dict) else rule for rule in rules)
    render(given)
    return given
