"""The rules of replication, as values. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html, and the model of botocore.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

from ecrops.aws import is_account, is_region
from ecrops.base.problems import Problems, from_fields, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.registry_settings.values import check_others

SETTING = "replication configuration"
PREFIX_MATCH = "PREFIX_MATCH"
PREFIX = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*")
LONGEST_PREFIX, SHORTEST_PREFIX = 256, 2
MAX_RULES, MAX_FILTERS, MAX_DESTINATIONS = 25, 100, 25

ADVICE = {
    "prefixes": "write prefix=[...]",
    "repository_filters": "write prefix='prod/', or prefix=[...] for several",
    "filter": "write prefix='prod/'",
    "destinations": "write to=['eu-central-1', '111122223333/us-east-1']",
    "destination": "write to=['eu-central-1']",
    "regions": "write to=['eu-central-1']",
}


class Destination(NamedTuple):
    """Where a rule replicates to.

    Args:
        region: The region.
        account: The account; empty for that of the registry.
    """

    region: str
    account: str = ""

    def __str__(self) -> str:
        return f"{self.account}/{self.region}" if self.account else self.region

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a destination such as ``eu-central-1`` or ``111122223333/us-east-1``.

        Raises:
            SpecError: It is none.
        """
        account, _, region = text.rpartition("/") if isinstance(text, str) else ("", "", "")
        is_right = is_account(account) or (not account and "/" not in str(text))
        if not is_right or not is_region(region):
            raise SpecError(
                "expected a region such as 'eu-central-1', or an account and a region such as "
                f"'111122223333/us-east-1', got {text!r}"
            )
        return cls(region, account)


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationRule(Shown):
    """A rule: the images of these repositories are replicated to these destinations when they are pushed.

    A rule is known by its prefixes. Their order, and that of destinations, does not matter.

    Args:
        prefix: What the names of the repositories begin with, such as ``prod/``, or several of that. Without it, every
            repository of the registry.
        to: Destinations, such as ``eu-central-1``, or ``111122223333/us-east-1`` in another account. A rule with a
            prefix and without destinations replicates nothing of what it selects.
        delete_replication: Whether deletions of images, removals of tags and expirations by lifecycle policies reach
            the destinations too. ``None``: not managed, as AWS has it. Needs botocore 1.44.4.
        other_filters: Filters of types that this ecrops does not know, which ``describe`` finds, by their type.

    Raises:
        SpecError: ECR would never accept such a rule; with every reason.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ReplicationRule.html
    """

    prefix: str | Sequence[str] | None = None
    to: Sequence[str] = ()
    delete_replication: bool | None = None
    other_filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        parts = (f"{name}={value!r}" for name, value in shown.items() if value not in (None, (), {}))
        return f"ReplicationRule({', '.join(parts)})"

    def __hash__(self) -> int:
        return hash((self.prefix, self.to, self.delete_replication))

    def __post_init__(self) -> None:
        problems = Problems()
        prefixes = check_prefixes(problems, "prefix", self.prefix)
        destinations = check_destinations(problems, "to", self.to)
        check_delete(problems, self.delete_replication)
        others = check_others(problems, "other_filters", self.other_filters, {PREFIX_MATCH: "prefix='prod/'"})
        problems.check(
            bool(prefixes or destinations or others or self.prefix or self.to),
            "",
            "a rule without prefix and destinations says nothing: write to=['eu-central-1']",
        )
        problems.raise_any()
        object.__setattr__(self, "prefix", shown_prefix(prefixes))
        object.__setattr__(self, "to", tuple(map(str, destinations)))
        object.__setattr__(self, "other_filters", others)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes; none for every repository."""
        prefix = self.prefix
        return () if prefix is None else (prefix,) if isinstance(prefix, str) else tuple(prefix)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """The destinations, taken apart."""
        return tuple(map(Destination.parse, self.to))

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        return from_fields(cls, data, "a replication rule", ADVICE)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule, ready for JSON."""
        prefix = self.prefix if isinstance(self.prefix, str) else list(self.prefixes)
        data = {
            "prefix": prefix,
            "to": list(self.to),
            "delete_replication": self.delete_replication,
            "other_filters": {kind: list(filters) for kind, filters in self.other_filters.items()},
        }
        return {name: value for name, value in data.items() if value not in (None, [], {})}


def shown_prefix(prefixes: Sequence[str]) -> str | tuple[str, ...] | None:
    """Return prefixes as the field ``prefix`` has them: one by itself, several in a tuple, none as ``None``."""
    return tuple(prefixes) if len(prefixes) > 1 else prefixes[0] if prefixes else None


def check(value: object) -> tuple[ReplicationRule, ...]:
    """Return the rules of a registry, which a file has as mappings.

    Raises:
        SpecError: They are none, two have the same prefixes, or ECR takes fewer; with every reason.
    """
    if isinstance(value, str | Mapping | ReplicationRule) or not isinstance(value, Sequence):
        raise SpecError(f"expected a list of ReplicationRules, got {value!r}")
    problems = Problems()
    rules = problems.each("", value, _one)
    deletes: dict[object, set[bool | None]] = {}
    for number, rule in enumerate(rules):
        same = deletes.setdefault((rule.prefix, tuple(sorted(rule.other_filters.items()))), set())
        problems.check(
            not any(_clash(rule.delete_replication, other) for other in same),
            f"[{number}]",
            f"another rule has the same prefix, {rule.prefix!r}: merge them into one",
        )
        same.add(rule.delete_replication)
    check_counts(problems, len(rules), {destination for rule in rules for destination in rule.destinations})
    problems.raise_any()
    return tuple(rules)


def _one(value: object) -> ReplicationRule:
    return value if isinstance(value, ReplicationRule) else ReplicationRule.from_dict(value)


def _clash(one: bool | None, other: bool | None) -> bool:
    """Whether two rules with the same filters are one: they may differ in whether deletions are replicated."""
    return {one, other} != {True, False}


def check_counts(problems: Problems, rules: int, destinations: set[Destination]) -> None:
    """Add a problem if ECR takes fewer rules, or fewer unique destinations in all of them."""
    problems.check(rules <= MAX_RULES, "", f"ECR takes {MAX_RULES} replication rules at most, got {rules}")
    count = len(destinations)
    limit = f"ECR takes {MAX_DESTINATIONS} unique destinations in all replication rules at most"
    problems.check(count <= MAX_DESTINATIONS, "", f"{limit}, got {count}")


def check_prefixes(problems: Problems, path: str, value: object) -> tuple[str, ...]:
    """Return prefixes without repetitions, sorted; with a problem for each that is wrong."""
    prefixes = problems.strings(path, [value] if isinstance(value, str) else () if value is None else value) or ()
    for prefix in prefixes:
        right = PREFIX.fullmatch(prefix) and SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX
        expected = (
            f"expected what the names of repositories begin with, {SHORTEST_PREFIX} to {LONGEST_PREFIX} lower-case "
            "characters, such as 'prod/'"
        )
        way_out = f"; without *: {prefix.rstrip('*')!r}" if prefix.endswith("*") and prefix.strip("*") else ""
        way_out = "; leave it out for every repository" if not prefix.strip("*") else way_out
        problems.check(bool(right), path, f"{expected}, got {prefix!r}{way_out}")
    count = len(set(prefixes))
    problems.check(count <= MAX_FILTERS, path, f"ECR takes {MAX_FILTERS} filters in a rule at most, got {count}")
    return tuple(sorted(set(prefixes)))


def check_destinations(problems: Problems, path: str, value: object) -> tuple[Destination, ...]:
    """Return destinations without repetitions, sorted; with a problem for each that is wrong."""
    texts = problems.strings(path, value) or ()
    parsed = problems.each(path, texts, Destination.parse, numbered=False)
    return tuple(sorted(set(parsed)))


def check_delete(problems: Problems, value: object) -> None:
    """Add a problem if ``delete_replication`` is no truth value and not ``None``."""
    right = value is None or isinstance(value, bool)
    problems.check(right, "delete_replication", f"expected True, False or None, got {value!r}")
