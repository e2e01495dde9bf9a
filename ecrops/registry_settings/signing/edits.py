"""What can be wanted of the signing configuration of a registry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ecrops.errors import SpecError
from ecrops.registry_settings.signing.values import MAX_RULES, Accepted, SigningRule
from ecrops.registry_settings.values import unchecked

WILDCARD = "WILDCARD_MATCH"


class Rule(NamedTuple):
    """A signing rule as AWS has it.

    Args:
        profile: The ARN of its profile.
        filters: Pairs of a type and a filter; ``None`` for every repository.
    """

    profile: str
    filters: frozenset[tuple[str, str]] | None

    @classmethod
    def of(cls, rule: SigningRule) -> Rule:
        """Return a rule in this form."""
        names = rule.repositories
        return cls(rule.profile_arn, None if names is None else frozenset((WILDCARD, name) for name in names))

    @classmethod
    def parsed(cls, rule: Mapping[str, Any]) -> Rule:
        """Return a rule of an answer in this form."""
        filters = rule.get("repositoryFilters")
        pairs = frozenset((each["filterType"], each["filter"]) for each in filters or ())
        return cls(rule["signingProfileArn"], None if filters is None else pairs)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The filters, sorted; ``None`` for every repository."""
        return None if self.filters is None else tuple(sorted(name for _, name in self.filters))

    @property
    def value(self) -> SigningRule:
        """The rule as a value."""
        return unchecked(SigningRule, profile_arn=self.profile, repositories=self.names)

    @property
    def to_ecr(self) -> dict[str, Any]:
        """The rule as ECR takes it."""
        pairs = sorted(self.filters or ())
        filters = [{"filter": name, "filterType": kind} for kind, name in pairs]
        return {"signingProfileArn": self.profile, **({} if self.filters is None else {"repositoryFilters": filters})}


Rules = frozenset[Rule]
"""The rules of a registry. Their order has no meaning."""


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules in an order that does not change."""
    return sorted(rules, key=lambda rule: (rule.profile, rule.names or ()))


def as_value(rules: Rules) -> Accepted:
    """Return rules as values."""
    return Accepted(rule.value for rule in in_order(rules))


class Exactly(NamedTuple):
    """An edit: these rules and no other."""

    rules: Rules

    def __call__(self, current: Rules) -> Rules:
        """Return the desired rules."""
        return self.rules


class Include(NamedTuple):
    """An edit: the rule of a profile is this one."""

    rule: Rule

    def __call__(self, current: Rules) -> Rules:
        """Return the desired rules.

        Raises:
            SpecError: There would be too many.
        """
        rules = frozenset(rule for rule in current if rule.profile != self.rule.profile) | {self.rule}
        if len(rules) > max(MAX_RULES, len(current)):
            raise SpecError(f"the registry would have {len(rules)} signing rules, and ECR takes {MAX_RULES} at most")
        return rules


class Exclude(NamedTuple):
    """An edit: no rule of a profile."""

    profile: str

    def __call__(self, current: Rules) -> Rules:
        """Return the desired rules."""
        return frozenset(rule for rule in current if rule.profile != self.profile)


Edit = Exactly | Include | Exclude
