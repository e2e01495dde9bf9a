"""Edits of a lifecycle policy: from its current rules to the desired ones. Pure.

Made by the verbs and by ``aspects``, called by ``aspect``. An edit that is called returns the desired rules. It never
changes the rules that it is called with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from ecrops.errors import SpecError
from ecrops.lifecycle.policy.checks import EcrRule, storage_class, tag_status
from ecrops.lifecycle.policy.document import (
    Rules,
    body,
    canonical,
    check,
    ecr_form,
    next_priority,
    numbered,
    priority_of,
    render,
    to_ecr,
)
from ecrops.lifecycle.policy.rule import LifecycleRule

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard

    GuardOption: TypeAlias = Guard | Literal[False] | None
    """The guard of an edit: a guard, ``False`` for none, or ``None`` for the registry's."""


def check_guard(guard: object) -> None:
    """Refuse what is not a guard. ``lifecycle.guard`` is imported only if there is one: most edits have none.

    Raises:
        SpecError: It is neither a ``Guard``, nor ``None`` for the registry's own, nor ``False`` for none.
    """
    if guard is not None and guard is not False:
        from ecrops.lifecycle import guard as guards

        guards.check(guard, guards.Guard, "expected a Guard, or False for none")


class Exactly(NamedTuple):
    """An edit: these rules and no others.

    Args:
        rules: The rules.
        guard: Limits of what the policy may remove.
        verbatim: Whether they are compared and never written: ECR has accepted them, and ecrops would not write them.
    """

    rules: Sequence[LifecycleRule | EcrRule]
    guard: GuardOption = None
    verbatim: bool = False

    def rederived(self) -> Exactly:
        """Return the edit without its guard, which judges once: when the edit is planned."""
        return self._replace(guard=False) if self.guard else self

    def __call__(self, current: Sequence[EcrRule]) -> Rules:
        """Return the desired rules."""
        return canonical(map(ecr_form, self.rules)) if self.verbatim else render(self.rules)


class Include(NamedTuple):
    """An edit: this rule too.

    Args:
        rule: The rule.
        floating: The rules that the same caller added before. Those without a priority follow the ones with, as if
            all had been added together: ECR does not store which rules had no priority.
        guard: Limits of what the policy may remove.
    """

    rule: LifecycleRule | EcrRule
    floating: Sequence[LifecycleRule | EcrRule] = ()
    guard: GuardOption = None

    def rederived(self) -> Include:
        """Return the edit without its guard, which judges once: when the edit is planned."""
        return self._replace(guard=False) if self.guard else self

    def __call__(self, current: Sequence[EcrRule]) -> Rules:
        """Return the desired rules."""
        added = to_ecr(self.rule)
        if any(_is(added, rule) for rule in current):
            return [dict(rule) for rule in current]
        remaining = [dict(rule) for rule in current if body(rule) != body(added)]
        any_rules = [rule for rule in remaining if tag_status(rule) == "any"]
        if tag_status(added) == "any":
            _refuse_second_any(added, any_rules)
            desired = [*remaining, *numbered([added], next_priority(remaining))]
        else:
            selective = [rule for rule in remaining if tag_status(rule) != "any"]
            desired = self._with_added(added, selective)
            for rule in any_rules:  # they come last, with higher priorities if that needs them
                desired.append({**rule, "rulePriority": max(priority_of(rule), next_priority(desired))})
        check(desired, accepted=current)
        return desired

    def _with_added(self, added: dict[str, Any], rules: Rules) -> Rules:
        """Return rules and the added one. A rule with a priority moves the floating ones behind it."""
        if "rulePriority" not in added:
            return [*rules, *numbered([added], next_priority(rules))]
        floating = [body(rule) for rule in self.floating if "rulePriority" not in to_ecr(rule)]
        fixed = [*(rule for rule in rules if body(rule) not in floating), added]
        moved = [rule for content in floating for rule in rules if body(rule) == content]
        unnumbered = [{key: value for key, value in rule.items() if key != "rulePriority"} for rule in moved]
        return [*fixed, *numbered(unnumbered, next_priority(fixed))]


class Exclude(NamedTuple):
    """An edit: not this rule. If the rule has a priority, only the rule with that priority is removed.

    Args:
        rule: The rule.
        guard: Limits of what the policy may remove without it.
    """

    rule: LifecycleRule | EcrRule
    guard: GuardOption = None

    def rederived(self) -> Exclude:
        """Return the edit without its guard, which judges once: when the edit is planned."""
        return self._replace(guard=False) if self.guard else self

    def __call__(self, current: Sequence[EcrRule]) -> Rules:
        """Return the desired rules. A rule that ECR has is removed even if ecrops would not write it."""
        removed = ecr_form(self.rule)
        return [dict(rule) for rule in current if not _is(removed, rule)]


Edit = Exactly | Include | Exclude


def _is(wanted: EcrRule, rule: EcrRule) -> bool:
    """Whether a rule of a policy is the wanted one: it does the same, and has its priority if that is given."""
    same_priority = wanted.get("rulePriority", rule.get("rulePriority")) == rule.get("rulePriority")
    return same_priority and body(wanted) == body(rule)


def _refuse_second_any(added: EcrRule, any_rules: Iterable[EcrRule]) -> None:
    for rule in any_rules:
        if storage_class(rule) == storage_class(added):
            priority = f", of priority {rule['rulePriority']}" if "rulePriority" in rule else ""
            raise SpecError(
                f"the policy has an 'any' rule already{priority}, and can have one per "
                "storage class: remove_lifecycle_rule takes it out, set_lifecycle_rules replaces all rules"
            )
