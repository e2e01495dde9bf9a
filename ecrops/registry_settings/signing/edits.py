"""What can be wanted of the signing configuration of a registry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ecrops.errors import SpecError
from ecrops.registry_settings.signing.values import MAX_RULES, WILDCARD, Accepted, SigningRule
from ecrops.registry_settings.values import unchecked


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
        if rule.repositories is None and not rule.other_filters:
            return cls(rule.profile_arn, None)
        others = ((kind, text) for kind, texts in rule.other_filters.items() for text in texts)
        return cls(rule.profile_arn, frozenset([*((WILDCARD, name) for name in rule.repositories or ()), *others]))

    @classmethod
    def parsed(cls, rule: Mapping[str, Any]) -> Rule:
        """Return a rule of an answer in this form."""
        filters = rule.get("repositoryFilters")
        pairs = frozenset((entry["filterType"], entry["filter"]) for entry in filters or ())
        return cls(rule["signingProfileArn"], None if filters is None else pairs)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The filters in words, sorted; ``None`` for every repository."""
        if self.filters is None:
            return None
        return tuple(sorted(text if kind == WILDCARD else f"{kind} {text}" for kind, text in self.filters))

    @property
    def value(self) -> SigningRule:
        """The rule as a value."""
        wildcards = tuple(sorted(text for kind, text in self.filters or () if kind == WILDCARD))
        others: dict[str, tuple[str, ...]] = {}
        for kind, text in sorted(self.filters or ()):
            if kind != WILDCARD:
                others[kind] = (*others.get(kind, ()), text)
        names = None if self.filters is None or (others and not wildcards) else wildcards
        return unchecked(SigningRule, profile_arn=self.profile, repositories=names, other_filters=others)

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
