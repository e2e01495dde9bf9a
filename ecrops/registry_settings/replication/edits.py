"""What can be wanted of the replication rules of a registry. Pure.

A rule is known by its set of filters. AWS takes several rules with the same filters, and others may have made some.
Rules with the same filters that agree about deletions are one here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ecrops.aws import partition_of
from ecrops.base.problems import Problems
from ecrops.registry_settings.replication.values import (
    PREFIX_MATCH,
    Destination,
    ReplicationRule,
    check_counts,
    shown_prefix,
)
from ecrops.registry_settings.values import unchecked

Filters = frozenset[tuple[str, str]]
"""Types and texts of filters; none for every repository."""
Destinations = frozenset[Destination]


class Rule(NamedTuple):
    """A rule as AWS has it.

    Args:
        filters: Its filters.
        destinations: Its destinations, each with its account.
        deletes: Whether deletions are replicated; ``None`` if AWS does not say, which means that they are not.
    """

    filters: Filters
    destinations: Destinations
    deletes: bool | None = None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes."""
        return tuple(sorted(text for kind, text in self.filters if kind == PREFIX_MATCH))

    @property
    def meaning(self) -> tuple[Filters, Destinations, bool]:
        """The rule, comparable."""
        return self.filters, self.destinations, bool(self.deletes)


class Replication(NamedTuple):
    """The replication configuration of a registry.

    Args:
        account: The account of the registry.
        region: Its region.
        rules: Its rules, in the order that AWS has them in.
    """

    account: str
    region: str
    rules: tuple[Rule, ...] = ()

    @property
    def meaning(self) -> frozenset[tuple[Filters, Destinations, bool]]:
        """The rules, comparable: their order makes no difference."""
        return frozenset(rule.meaning for rule in self.rules)

    @property
    def value(self) -> tuple[ReplicationRule, ...]:
        """The rules as values."""
        return tuple(self._value_of(rule) for rule in self.rules)

    def _value_of(self, rule: Rule) -> ReplicationRule:
        others: dict[str, tuple[str, ...]] = {}
        for kind, text in sorted(rule.filters):
            if kind != PREFIX_MATCH:
                others[kind] = (*others.get(kind, ()), text)
        is_split = any(other.filters == rule.filters and other is not rule for other in self.rules)
        return unchecked(
            ReplicationRule,
            prefix=shown_prefix(rule.prefixes),
            to=tuple(map(str, sorted(map(self._shortened, rule.destinations)))),
            delete_replication=bool(rule.deletes) if is_split else rule.deletes,
            other_filters=others,
        )

    def _shortened(self, destination: Destination) -> Destination:
        return Destination(destination.region) if destination.account == self.account else destination

    def resolved(self, destinations: Iterable[Destination]) -> Destinations:
        """Return destinations, each with its account.

        Raises:
            SpecError: One is this registry itself, or in another partition; with every reason.
        """
        whole = frozenset(
            destination if destination.account else destination._replace(account=self.account)
            for destination in destinations
        )
        problems = Problems()
        check_places(problems, whole, self.account, self.region)
        problems.raise_any()
        return whole

    def replacing(self, filters: Filters, rules: Iterable[Rule]) -> Replication:
        """Return the configuration with these rules in the place of those with some filters."""
        remaining, placed = list(rules), list[Rule]()
        for rule in self.rules:
            if rule.filters != filters:
                placed.append(rule)
            elif remaining:
                placed.append(remaining.pop(0))
        return self._replace(rules=(*placed, *remaining))

    def of(self, filters: Filters) -> tuple[Rule, ...]:
        """Return the rules with some filters: one for each answer to whether deletions are replicated."""
        return tuple(rule for rule in self.rules if rule.filters == filters)


def check_places(problems: Problems, destinations: Iterable[Destination], account: str, region: str) -> None:
    """Add a problem for each destination that is the registry itself, or in another partition.

    Args:
        problems: Takes the problems.
        destinations: The destinations.
        account: The account of the registry; empty if it is not known: a destination without account is in it.
        region: The region of the registry.
    """
    partition = partition_of(region).name
    for destination in sorted(destinations):
        is_here = destination.region == region and destination.account == account
        problems.check(not is_here, "to", f"{destination.region} is where this registry is: name another region")
        other = partition_of(destination.region).name
        problems.check(
            other == partition,
            "to",
            f"{destination.region} is in the partition {other}, and ECR replicates within one: this registry is in "
            f"{partition}",
        )


def filters_of(rule: ReplicationRule) -> Filters:
    """Return the filters of a rule."""
    others = ((kind, text) for kind, texts in rule.other_filters.items() for text in texts)
    return frozenset([*((PREFIX_MATCH, prefix) for prefix in rule.prefixes), *others])


def merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return rules with those as one that have the same filters and agree about deletions."""
    by_key: dict[tuple[Filters, bool], Rule] = {}
    for rule in rules:
        key = rule.filters, bool(rule.deletes)
        same = by_key.get(key, rule)
        deletes = same.deletes if same.deletes is not None else rule.deletes
        by_key[key] = Rule(rule.filters, same.destinations | rule.destinations, deletes)
    return tuple(by_key.values())


def placed(current: Replication, filters: Filters, destinations: Destinations, deletes: bool | None) -> Iterator[Rule]:
    """Yield the rules that replicate what some filters select to these destinations alone.

    Args:
        current: The configuration.
        filters: The filters.
        destinations: The destinations.
        deletes: Whether deletions are replicated; ``None``: as they are.
    """
    same = current.of(filters)
    if deletes is not None:
        yield Rule(filters, destinations, deletes)
    elif len(same) < 2:
        yield Rule(filters, destinations, same[0].deletes if same else None)
    else:
        deleting = frozenset(place for rule in same if rule.deletes for place in rule.destinations) & destinations
        if deleting:
            yield Rule(filters, deleting, True)
        if destinations - deleting or not deleting:
            yield Rule(filters, destinations - deleting, False)


class Exactly(NamedTuple):
    """An edit: these rules and no others.

    Args:
        rules: The rules.
        written: The accounts whose registry policy is written with it.
    """

    rules: tuple[ReplicationRule, ...]
    written: frozenset[str] = frozenset()

    def __call__(self, current: Replication) -> Replication:
        """Return the desired configuration.

        Raises:
            SpecError: ECR would refuse it.
        """
        wanted = [
            rule
            for value in self.rules
            for rule in placed(
                current, filters_of(value), current.resolved(value.destinations), value.delete_replication
            )
        ]
        return _checked(current._replace(rules=merged(rule for rule in wanted if rule.destinations or rule.filters)))


class Include(NamedTuple):
    """An edit: what a rule selects is replicated to its destinations too.

    Args:
        rule: The rule.
        written: As in ``Exactly``.
    """

    rule: ReplicationRule
    written: frozenset[str] = frozenset()

    def __call__(self, current: Replication) -> Replication:
        """Return the desired configuration.

        Raises:
            SpecError: ECR would refuse it.
        """
        filters = filters_of(self.rule)
        destinations = current.resolved(self.rule.destinations)
        others = frozenset(destination for rule in current.of(filters) for destination in rule.destinations)
        rules = placed(current, filters, destinations | others, self.rule.delete_replication)
        return _checked(current.replacing(filters, rules))


class Exclude(NamedTuple):
    """An edit: what some filters select is replicated to these destinations no longer.

    Args:
        filters: The filters.
        destinations: The destinations; the whole rule goes if it is ``None``, or if none remains.
        written: As in ``Exactly``.
    """

    filters: Filters
    destinations: frozenset[Destination] | None
    written: frozenset[str] = frozenset()

    def __call__(self, current: Replication) -> Replication:
        """Return the desired configuration."""
        if self.destinations is None:
            return current.replacing(self.filters, ())
        taken = frozenset(
            destination if destination.account else destination._replace(account=current.account)
            for destination in self.destinations
        )
        rules = [rule._replace(destinations=rule.destinations - taken) for rule in current.of(self.filters)]
        emptied = {rule.filters for rule in current.of(self.filters) if rule.destinations & taken}
        return current.replacing(self.filters, [rule for rule in rules if rule.destinations or not emptied])


def _checked(replication: Replication) -> Replication:
    problems = Problems()
    destinations = {destination for rule in replication.rules for destination in rule.destinations}
    check_counts(problems, len(replication.rules), destinations)
    problems.raise_any()
    return replication


Edit = Exactly | Include | Exclude
