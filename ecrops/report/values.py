"""The values that a report is made of. Pure.

Made by ``reading`` and ``outlook``, drawn by ``page``. What a page says of a repository is here, in a bounded size: the
images themselves are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ecrops.base.change import Change
from ecrops.base.render import count, text_size
from ecrops.errors import SpecError
from ecrops.inventory.counting import GROWTH_DAYS, Counts
from ecrops.inventory.prices import Prices
from ecrops.lifecycle.linting.findings import Finding
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.days import Day, Storage
from ecrops.lifecycle.simulation.forecast import Forecast
from ecrops.lifecycle.simulation.verdicts import Tally
from ecrops.spec import RepositorySpec


class Example(NamedTuple):
    """An image that a lifecycle policy would remove now."""

    name: str
    pushed_on: str
    bytes: int
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a repository stores, what its lifecycle policy would remove now, and what it stores in the next days.

    Args:
        expired: How many images the policy would delete now.
        expired_bytes: Their size.
        archived: How many images the policy would move to the archive now.
        summary: The same in words.
        tallies: What each lifecycle rule would do now.
        examples: Some of the images that would go.
        forecast: The days from now on.
        counts: The inventory: what is untagged, archived and in use, and how fast it grows.
        running: How many of the images that would go are in use, or belong to an image that is.
    """

    expired: int
    expired_bytes: int
    archived: int
    summary: str
    tallies: tuple[Tally, ...]
    examples: tuple[Example, ...]
    forecast: Forecast
    counts: Counts = field(default_factory=Counts)
    running: int = 0

    @property
    def stored(self) -> Storage:
        """What is stored now, before the policy removes anything."""
        return self.forecast.days[0].without

    @property
    def last(self) -> Day:
        """The last day of the forecast."""
        return self.forecast.days[-1]


@dataclass(frozen=True)
class ReportedRepository:
    """What a report says of one repository.

    Args:
        spec: The repository as it is; as it is wanted, if it does not exist.
        exists: Whether it exists.
        changes: What is missing for its spec to be true.
        rules: Its lifecycle rules, in ECR's own JSON form: those of its wanted spec if that has some.
        is_planned: Whether these rules are wanted, and not those that it has.
        findings: What is probably not meant in these rules.
        outlook: Its images now and in the next days; ``None`` if they were not read.
    """

    spec: RepositorySpec
    exists: bool = True
    changes: tuple[Change, ...] = ()
    rules: Rules = field(default_factory=list)
    is_planned: bool = False
    findings: tuple[Finding, ...] = ()
    outlook: Outlook | None = None

    @property
    def name(self) -> str:
        """The name of the repository."""
        return self.spec.name

    @property
    def is_unprotected(self) -> bool:
        """Whether it has no lifecycle policy: nothing is ever removed. False if that was not read."""
        return not self.rules and "lifecycle_rules" not in (self.spec.unread or {})

    @cached_property
    def policy(self) -> str:
        """The lifecycle policy in words; empty without one."""
        from ecrops.lifecycle.policy.words import words

        return words(self.rules)

    def to_dict(self, prices: Prices) -> dict[str, Any]:
        """Return what the report says of the repository, ready for JSON."""
        facts: dict[str, Any] = {
            "name": self.name,
            "exists": self.exists,
            "spec": self.spec.to_dict(),
            "changes": [change.to_dict() for change in self.changes],
            "lifecycle_policy": self.policy,
            "lifecycle_policy_is_planned": self.is_planned,
            "findings": [finding.to_dict() for finding in self.findings],
        }
        if outlook := self.outlook:
            facts["stored"] = outlook.stored.to_dict()
            facts["inventory"] = inventory_facts(outlook.counts)
            if outlook.counts.in_use is not None:
                facts["would_go_in_use"] = {"images": outlook.running}
            facts["would_expire"] = {"images": outlook.expired, "bytes": outlook.expired_bytes}
            facts["would_archive"] = {"images": outlook.archived}
            facts["by_rule"] = [tally.to_dict() for tally in outlook.tallies]
            facts["forecast"] = expected(outlook.forecast, prices)
        return facts


class ReportedPrincipal(NamedTuple):
    """What a principal can do with the repositories of a report.

    Args:
        who: The principal, in words.
        verbs: With which repositories it can do something, in words, by verb: names, beginnings such as ``team/*``, or
            ``all``; behind ``depends:`` those of which that depends.
    """

    who: str
    verbs: Mapping[str, str]

    @property
    def cells(self) -> tuple[str, ...]:
        """The principal as the cells of a row."""
        return self.who, *self.verbs.values()


@dataclass(frozen=True, slots=True)
class ReportedAccess:
    """Who can do something with the repositories of a report, by every policy.

    Args:
        principals: The principals that can do something, or may be able to.
        deleted: Those whom policies name, and who are not there any more, each with the repositories.
        not_seen: What nobody can see, and may deny more.
    """

    principals: tuple[ReportedPrincipal, ...] = ()
    deleted: tuple[str, ...] = ()
    not_seen: str = ""

    @property
    def summary(self) -> str:
        """How many principals can do something."""
        if not self.principals:
            return "no policy allows anybody anything"
        number = len(self.principals)
        return f"{count(number, 'principal')} can do something with a repository, or may be able to"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {
            "principals": [{"who": each.who, **each.verbs} for each in self.principals],
            "deleted": list(self.deleted),
            "not_seen": self.not_seen,
        }


def without_policy(number: int) -> str:
    """Return in words how many repositories have no lifecycle policy."""
    return f"{number:,} {'repository has' if number == 1 else 'repositories have'} no lifecycle policy"


class Unread(NamedTuple):
    """Something that could not be read.

    Args:
        owner: The repository, or the setting of the registry.
        part: Which part of it.
        reason: Why, as AWS or ecrops says.
    """

    owner: str
    part: str
    reason: str

    def __str__(self) -> str:
        return f"{self.owner}: {self.part}: {self.reason}"


def growth_words(counts: Counts) -> str:
    """Return in words how fast what is stored grows, and how much of it nobody uses, if that was asked."""
    pushed = f"pushed in the last {GROWTH_DAYS} days: {count(counts.growth, 'image')}, {text_size(counts.growth_bytes)}"
    if counts.in_use is None:
        return pushed
    used = f"in use: {count(counts.in_use, 'image')}, {text_size(counts.in_use_bytes or 0)}"
    return f"{pushed}; {used}; nobody uses {text_size(counts.unused_bytes or 0)}, as far as it was looked for"


def running_words(number: int) -> str:
    """Return in words how many images the lifecycle policies would remove though they run."""
    verb = "is" if number == 1 else "are"
    return f"{count(number, 'image')} that lifecycle policies would remove now {verb} in use"


def inventory_facts(counts: Counts) -> dict[str, Any]:
    """Return an inventory, ready for JSON: what is known of it."""
    names = ("untagged", "archived", "growth", *(("in_use", "unused") if counts.in_use is not None else ()))
    facts: dict[str, Any] = {
        name: {"images": getattr(counts, name), "bytes": getattr(counts, f"{name}_bytes")} for name in names
    }
    for name in ("last_pushed_at", "last_pulled_at"):
        moment = getattr(counts, name)
        facts[name] = moment and moment.isoformat()
    return facts


def expected(forecast: Forecast, prices: Prices) -> dict[str, Any]:
    """Return the last day of a forecast and its money, ready for JSON."""
    last = forecast.days[-1]
    return {
        "at": last.at.isoformat(),
        "pushes_per_day": forecast.pushes_per_day,
        "with": {**last.stored.to_dict(), "cost_per_month": prices.per_month(last.stored)},
        "without": {**last.without.to_dict(), "cost_per_month": prices.per_month(last.without)},
    }


def together(forecasts: Iterable[Forecast]) -> Forecast | None:
    """Return the forecast of several repositories together; ``None`` for none.

    Their rules are not in it: rules of two repositories have nothing in common but a number.

    Raises:
        SpecError: They have not the same days.
    """
    listed = list(forecasts)
    if not listed:
        return None
    if len({len(forecast.days) for forecast in listed}) > 1:
        raise SpecError("expected forecasts over the same days")
    days = [
        Day(same[0].at, _sum(day.stored for day in same), _sum(day.without for day in same), {})
        for same in zip(*(forecast.days for forecast in listed), strict=True)
    ]
    return Forecast(tuple(days), sum(forecast.pushes_per_day for forecast in listed), {})


def _sum(stored: Iterable[Storage]) -> Storage:
    images = size = archived = 0
    for storage in stored:
        images, size, archived = images + storage.images, size + storage.bytes, archived + storage.archived_bytes
    return Storage(images, size, archived)
