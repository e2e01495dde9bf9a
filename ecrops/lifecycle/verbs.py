"""The verbs of a repository about its lifecycle policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.account import Account
from ecrops.errors import SpecError
from ecrops.lifecycle import aspect
from ecrops.lifecycle.checks import Rule
from ecrops.lifecycle.edits import Exactly, Exclude, Include, check_guard
from ecrops.lifecycle.looking import LifecycleLooking
from ecrops.lifecycle.rule import LifecycleRule
from ecrops.plan import Plan
from ecrops.spec import check_rules

if TYPE_CHECKING:
    from ecrops.lifecycle.edits import Guarding

WHOLE = "a rule is removed by saying the whole rule again, such as tag_status='untagged', max_image_age=7"


class LifecycleVerbs(LifecycleLooking):
    """Adding, removing and replacing the rules of a repository."""

    def __init__(self, registry: Account, name_or_arn: str) -> None:
        super().__init__(registry, name_or_arn)
        self._added: list[LifecycleRule | Rule] = []

    def add_lifecycle_rule(
        self, rule: LifecycleRule | Rule | None = None, /, *, guard: Guarding = None, **fields: Any
    ) -> Plan:
        """Add a rule to the lifecycle policy, before its ``any`` rule. The same rule twice is no change.

        Rules that are added one by one through one handle are in the order that the CDK gives them at once.

        Args:
            rule: A rule, or one in ECR's own JSON form.
            guard: What the policy may take away with it; the registry's without it, ``False`` for none.
            fields: The fields of a ``LifecycleRule``, instead of a rule.

        Raises:
            SpecError: ECR would refuse the rule, or the policy with it.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        wanted = _one_rule(rule, fields)
        made = self._make(aspect, Include(wanted, tuple(self._added), guard))
        self._added.append(wanted)
        return made

    def remove_lifecycle_rule(
        self, rule: LifecycleRule | Rule | None = None, /, *, guard: Guarding = None, **fields: Any
    ) -> Plan:
        """Remove a rule from the lifecycle policy, wherever it stands; with the last one, the policy.

        The whole rule is said again: ``remove_lifecycle_rule(tag_status="untagged", max_image_age=7)``. Its priority
        may be left out, its description not. Without a rule that keeps images, a later one may take them: that is
        what a guard is for here.

        Args:
            rule: The rule, or the same in ECR's own JSON form.
            guard: What the policy may take away without the rule; the registry's without it, ``False`` for none.
            fields: The fields of the rule, all of them, instead of a rule.

        Raises:
            SpecError: This is no whole rule.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        return self._make(aspect, Exclude(_whole_rule(rule, fields), guard))

    def set_lifecycle_rules(self, *rules: LifecycleRule | Rule, guard: Guarding = None) -> Plan:
        """Replace the lifecycle policy by these rules; without one, remove it.

        Args:
            rules: The rules; ``any`` goes last by itself.
            guard: What the policy may take away; the registry's without it, ``False`` for none.

        Raises:
            SpecError: ECR would refuse the policy.
            ConflictError: The guard refuses it; nothing was changed.
        """
        check_guard(guard)
        if any(isinstance(rule, list | tuple) for rule in rules):
            raise SpecError("expected rules, one argument each, got a list: write set_lifecycle_rules(*rules)")
        made = self._make(aspect, Exactly(check_rules(rules), guard))
        self._added = list(rules)
        return made


def _one_rule(rule: LifecycleRule | Rule | None, fields: Mapping[str, Any]) -> LifecycleRule | Rule:
    if (rule is None) == (not fields):
        raise SpecError("expected one rule, or the fields of one, such as max_image_count=30")
    if rule is None:
        return LifecycleRule.from_dict(fields)
    check_rules([rule])
    return rule


def _whole_rule(rule: LifecycleRule | Rule | None, fields: Mapping[str, Any]) -> LifecycleRule | Rule:
    try:
        return _one_rule(rule, fields)
    except SpecError as error:
        raise SpecError(*error.reasons, WHOLE) from None
