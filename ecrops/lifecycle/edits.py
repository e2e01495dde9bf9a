"""Edits of a lifecycle policy: what its rules are to be, given those that are there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from ecrops.errors import SpecError
from ecrops.lifecycle.policy.checks import EcrRule, storage_class, tag_status
from ecrops.lifecycle.policy.document import Rules, body, check, following, numbered, render, to_ecr
from ecrops.lifecycle.policy.rule import LifecycleRule

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard

    GuardOption: TypeAlias = Guard | Literal[False] | None
    """What limits an edit: a guard, none, or what the registry says."""


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

    rules: Sequence[LifecycleRule | EcrRule]
    guard: GuardOption = None

    def __call__(self, have: Sequence[EcrRule]) -> Rules:
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

    rule: LifecycleRule | EcrRule
    floating: Sequence[LifecycleRule | EcrRule] = ()
    guard: GuardOption = None

    def __call__(self, have: Sequence[EcrRule]) -> Rules:
        """The rules after the edit."""
        wanted = to_ecr(self.rule)
        if any(_is(wanted, rule) for rule in have):
            return [dict(rule) for rule in have]
        others = [dict(rule) for rule in have if body(rule) != body(wanted)]
        last = [rule for rule in others if tag_status(rule) == "any"]
        if tag_status(wanted) == "any":
            _refuse_second_any(wanted, last)
            result = [*others, *numbered([wanted], following(others))]
        else:
            result = _last(self._placed(wanted, [rule for rule in others if tag_status(rule) != "any"]), last)
        check(result, had=have)
        return result

    def _placed(self, wanted: dict[str, Any], rules: Rules) -> Rules:
        if "rulePriority" not in wanted:
            return [*rules, *numbered([wanted], following(rules))]
        floating = [body(rule) for rule in self.floating if "rulePriority" not in to_ecr(rule)]
        fixed = [*(rule for rule in rules if body(rule) not in floating), wanted]
        moved = [_unnumbered(rule) for mine in floating for rule in rules if body(rule) == mine]
        return [*fixed, *numbered(moved, following(fixed))]


class Exclude(NamedTuple):
    """An edit: not this rule, wherever it stands unless it names its priority."""

    rule: LifecycleRule | EcrRule
    guard: GuardOption = None

    def __call__(self, have: Sequence[EcrRule]) -> Rules:
        """The rules after the edit."""
        wanted = to_ecr(self.rule)
        return [dict(rule) for rule in have if not _is(wanted, rule)]


Edit = Exactly | Include | Exclude


def _is(wanted: EcrRule, rule: EcrRule) -> bool:
    placed = wanted.get("rulePriority", rule["rulePriority"]) == rule["rulePriority"]
    return placed and body(wanted) == body(rule)


def _last(rules: Rules, last: Iterable[EcrRule]) -> Rules:
    """``rules``, and after them the ``any`` rules of the policy: renumbered where that keeps them last."""
    for rule in last:
        rules.append({**rule, "rulePriority": max(rule["rulePriority"], following(rules))})
    return rules


def _refuse_second_any(wanted: EcrRule, last: Iterable[EcrRule]) -> None:
    for rule in last:
        if storage_class(rule) == storage_class(wanted):
            raise SpecError(
                f"the policy has an 'any' rule already, of priority {rule['rulePriority']}, and can have one per "
                "storage class: remove_lifecycle_rule takes it out, set_lifecycle_rules replaces all rules"
            )


def _unnumbered(rule: EcrRule) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "rulePriority"}
