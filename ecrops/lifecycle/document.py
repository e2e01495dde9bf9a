"""A lifecycle policy: its canonical form, the order of its rules, and edits of it. Pure.

Everything here works on ECR's own JSON form, as a list of rules; an empty list is no policy.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ecrops.errors import SpecError
from ecrops.fields import Problems
from ecrops.lifecycle.checks import Rule, policy_problems, rule_problems, storage_class, tag_status, text_problems
from ecrops.lifecycle.rule import LifecycleRule

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard

    Guarding = Guard | Literal[False] | None
    """What limits an edit: a guard, none, or what the registry says."""

Rules = list[dict[str, Any]]
TAG_LISTS = {"tagPrefixList", "tagPatternList"}


def parse(text: str) -> Rules:
    """The rules of a policy as ECR returns it."""
    rules: Rules = json.loads(text).get("rules", [])
    return rules


def to_text(rules: Sequence[Rule]) -> str:
    """The policy as it is sent."""
    return json.dumps({"rules": list(rules)}, separators=(",", ":"), ensure_ascii=False)


def canonical(rules: Iterable[Rule]) -> Rules:
    """What a policy means: rules by priority, lists of tags sorted, defaults and empty lists left out.

    Keys that ecrops does not know are kept, so that a difference in them is a difference.
    """
    return sorted((_canonical(rule) for rule in rules), key=lambda rule: int(rule.get("rulePriority", 0)))


def _canonical(rule: Rule) -> dict[str, Any]:
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


def render(rules: Iterable[LifecycleRule | Rule]) -> Rules:
    """Give every rule a priority, in the order of the CDK, and check the policy that results.

    Rules that have a priority keep it and come first, then those without, then ``any``; a rule without a priority
    gets the next one after the highest.

    Raises:
        SpecError: ECR would refuse the policy; with every reason.
    """
    problems = Problems()
    read = [problems.take(f"[{index}]", lambda rule=rule: _to_ecr(rule)) for index, rule in enumerate(rules)]  # type: ignore[misc]
    problems.raise_any()
    plain = [rule for rule in read if rule is not None]
    rest = [rule for rule in plain if tag_status(rule) != "any"]
    last = [rule for rule in plain if tag_status(rule) == "any"]
    numbered = [rule for rule in rest if "rulePriority" in rule]
    unnumbered = [rule for rule in rest if "rulePriority" not in rule]
    if unnumbered and any("rulePriority" in rule for rule in last):
        raise SpecError("an 'any' rule with a priority goes with numbered rules only: give it none, it is put last")
    result = [*numbered, *_numbered([*unnumbered, *last], _following(plain))]
    check(result)
    return result


def _following(rules: Iterable[Rule]) -> int:
    return max((rule["rulePriority"] for rule in rules if "rulePriority" in rule), default=0) + 1


def _numbered(rules: Iterable[Rule], first: int) -> Rules:
    count = itertools.count(first)
    return [dict(rule) if "rulePriority" in rule else {"rulePriority": next(count), **rule} for rule in rules]


def _to_ecr(rule: object) -> dict[str, Any]:
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


def check(rules: Sequence[Rule], had: Sequence[Rule] = ()) -> None:
    """Refuse a policy that ECR would refuse; not for what ECR has accepted in the policy that was there.

    Raises:
        SpecError: With every reason.
    """
    accepted = set(policy_problems(had))
    reasons = [reason for reason in policy_problems(rules) if reason not in accepted]
    if rules and (reasons := [*reasons, *text_problems(to_text(rules))]):
        raise SpecError(*reasons)


def body(rule: LifecycleRule | Rule) -> dict[str, Any]:
    """A rule without its place in the policy: two rules with one body do the same."""
    plain = _canonical(rule.to_ecr() if isinstance(rule, LifecycleRule) else rule)
    plain.pop("rulePriority", None)
    return plain


def check_guard(guard: object) -> None:
    """Refuse what cannot limit an edit. Most edits have no guard, and do not pay for importing what one is.

    Raises:
        SpecError: It is neither a ``Guard``, nor ``None`` for the registry's own, nor ``False`` for none.
    """
    if guard is not None and guard is not False:
        from ecrops.lifecycle import guard as guards

        guards.check(guard, guards.Guard, "expected a Guard, or False for none")


class Exactly(NamedTuple):
    """An edit: these rules and no others, whatever is there."""

    rules: Sequence[LifecycleRule | Rule]
    guard: Guarding = None

    def __call__(self, have: Sequence[Rule]) -> Rules:
        """The rules after the edit."""
        return render(self.rules)


class Include(NamedTuple):
    """An edit: this rule too.

    Args:
        rule: The rule to have.
        floating: The rules that the same caller added before. Those without a priority follow the ones with, as if
            all had been given at once: ECR does not tell which is which.
        guard: What the edit may take away.
    """

    rule: LifecycleRule | Rule
    floating: Sequence[LifecycleRule | Rule] = ()
    guard: Guarding = None

    def __call__(self, have: Sequence[Rule]) -> Rules:
        """The rules after the edit."""
        wanted = _to_ecr(self.rule)
        if any(_is(wanted, rule) for rule in have):
            return [dict(rule) for rule in have]
        others = [dict(rule) for rule in have if body(rule) != body(wanted)]
        last = [rule for rule in others if tag_status(rule) == "any"]
        if tag_status(wanted) == "any":
            _refuse_second_any(wanted, last)
            result = [*others, *_numbered([wanted], _following(others))]
        else:
            result = _last(self._placed(wanted, [rule for rule in others if tag_status(rule) != "any"]), last)
        check(result, had=have)
        return result

    def _placed(self, wanted: dict[str, Any], rules: Rules) -> Rules:
        if "rulePriority" not in wanted:
            return [*rules, *_numbered([wanted], _following(rules))]
        floating = [body(rule) for rule in self.floating if "rulePriority" not in _to_ecr(rule)]
        fixed = [*(rule for rule in rules if body(rule) not in floating), wanted]
        moved = [_unnumbered(rule) for mine in floating for rule in rules if body(rule) == mine]
        return [*fixed, *_numbered(moved, _following(fixed))]


class Exclude(NamedTuple):
    """An edit: not this rule, wherever it stands unless it names its priority."""

    rule: LifecycleRule | Rule
    guard: Guarding = None

    def __call__(self, have: Sequence[Rule]) -> Rules:
        """The rules after the edit."""
        wanted = _to_ecr(self.rule)
        return [dict(rule) for rule in have if not _is(wanted, rule)]


Edit = Exactly | Include | Exclude


def _is(wanted: Rule, rule: Rule) -> bool:
    placed = wanted.get("rulePriority", rule["rulePriority"]) == rule["rulePriority"]
    return placed and body(wanted) == body(rule)


def _last(rules: Rules, last: Iterable[Rule]) -> Rules:
    """``rules``, and after them the ``any`` rules of the policy: renumbered where that keeps them last."""
    for rule in last:
        rules.append({**rule, "rulePriority": max(rule["rulePriority"], _following(rules))})
    return rules


def _refuse_second_any(wanted: Rule, last: Iterable[Rule]) -> None:
    for rule in last:
        if storage_class(rule) == storage_class(wanted):
            raise SpecError(
                f"the policy has an 'any' rule already, of priority {rule['rulePriority']}, and can have one per "
                "storage class: remove_lifecycle_rule takes it out, set_lifecycle_rules replaces all rules"
            )


def _unnumbered(rule: Rule) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "rulePriority"}
