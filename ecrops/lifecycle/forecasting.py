"""Images and bytes over time under a lifecycle policy, while pushes go on. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ecrops.errors import SpecError
from ecrops.fields import Problems
from ecrops.lifecycle.clauses import Action, clauses_of
from ecrops.lifecycle.evaluation import Outcome, decide, newest_first
from ecrops.lifecycle.images import ARCHIVE, STANDARD, Image
from ecrops.lifecycle.matching import Matcher
from ecrops.lifecycle.simulation import Simulation
from ecrops.render import table, text_size

if TYPE_CHECKING:
    from ecrops.lifecycle.chart import Chart

WINDOW = 30
MOST_DAYS = 3_650
MOST_PUSHES = 10_000
FOLLOWING = 0
"""Where images are counted that go after the image that they are about: no rule acts on them."""
DAYS_PER_MONTH = 365 / 12
GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Storage:
    """What is stored at one moment.

    Args:
        images: All of them.
        bytes: In standard storage.
        archived_bytes: In the archive.
    """

    images: int
    bytes: int
    archived_bytes: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a forecast, after the policy has run.

    Args:
        at: The moment.
        stored: What is there under the policy.
        without: What would be there if nothing were ever removed.
        acted: How many images each rule expired or archived on this day; those that went after the image that they
            are about under 0.
    """

    at: datetime
    stored: Storage
    without: Storage
    acted: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Cost:
    """Money for the storage of all days of a forecast, in the currency of the price."""

    stored: float
    without: float

    @property
    def saved(self) -> float:
        """What the policy saves."""
        return self.without - self.stored


@dataclass(frozen=True, slots=True)
class Forecast:
    """Images and bytes over time under a policy: a notebook shows the chart, ``print`` the first and last day.

    What is pushed is like what was pushed: its tags fit the same patterns, its sizes are the same. Nothing that is
    there is pulled, and no tag moves from one image to another.

    Args:
        days: The first is the moment of the simulation, after the policy has run once.
        pushes_per_day: The rate that was assumed.
        words: The rules, in words, by priority.
    """

    days: tuple[Day, ...]
    pushes_per_day: float
    words: Mapping[int, str]

    def cost(self, price_per_gb_month: float, archive_price_per_gb_month: float | None = None) -> Cost:
        """What storage costs over these days, with the policy and without.

        Args:
            price_per_gb_month: Of standard storage, for 1,000,000,000 bytes.
            archive_price_per_gb_month: Of the archive; the same without it. That ECR bills at least 90 days of it is
                not in the numbers.

        Raises:
            SpecError: A price is no number of at least 0.
        """
        archive = price_per_gb_month if archive_price_per_gb_month is None else archive_price_per_gb_month
        for price in (price_per_gb_month, archive):
            _check_number(price)
        per_byte = price_per_gb_month / GB / DAYS_PER_MONTH, archive / GB / DAYS_PER_MONTH
        nights = self.days[:-1]
        stored, without = (
            sum(each.bytes * per_byte[0] + each.archived_bytes * per_byte[1] for each in side)
            for side in ([day.stored for day in nights], [day.without for day in nights])
        )
        return Cost(stored, without)

    def plot(self, price_per_gb_month: float | None = None, *, title: str = "", currency: str = "$") -> Chart:
        """A chart of the storage with and without the policy, and of what each rule removes when.

        Args:
            price_per_gb_month: Says in the chart what is saved.
            title: The first words of the chart, such as the name of the repository.
            currency: Put before amounts.
        """
        from ecrops.lifecycle.chart import forecast_chart

        cost = None if price_per_gb_month is None else self.cost(price_per_gb_month)
        saved = "" if cost is None else f"saves {currency}{cost.saved:,.2f} of {currency}{cost.without:,.2f}"
        return forecast_chart(self, title, saved)

    def __str__(self) -> str:
        first, last = self.days[0], self.days[-1]
        return (
            f"{last.at:%Y-%m-%d}, after {len(self.days) - 1} days with {self.pushes_per_day:.3g} pushes a day: "
            f"{_said(last.stored)}, without the policy {_said(last.without)}; "
            f"{first.at:%Y-%m-%d}: {_said(first.stored)}, without {_said(first.without)}"
        )

    def _repr_html_(self) -> str:
        return self.plot()._repr_html_()

    def to_dict(self) -> dict[str, Any]:
        """The numbers of each day, ready for JSON."""
        return {"pushes_per_day": self.pushes_per_day, "days": [_day(day) for day in self.days]}

    def to_html(self) -> str:
        """The numbers of each day as a table."""
        head = ("day", "images", "size", "archived", "images without", "size without", "removed")
        rows = [
            (
                f"{day.at:%Y-%m-%d}",
                day.stored.images,
                text_size(day.stored.bytes),
                text_size(day.stored.archived_bytes),
                day.without.images,
                text_size(day.without.bytes),
                sum(day.acted.values()),
            )
            for day in self.days
        ]
        return table(head, rows)


def forecast(simulation: Simulation, days: int, pushes_per_day: float | None) -> Forecast:
    """The days after a simulation, one after the other, with the policy run on each."""
    _check(days, pushes_per_day)
    future = _Future(simulation, pushes_per_day)
    found = []
    for day in range(days + 1):
        now = simulation.now + timedelta(days=day)
        future.push(day)
        acted = future.run(now)
        found.append(Day(now, _stored(future.shelf), future.without, acted))
    return Forecast(tuple(found), future.rate, {clause.priority: clause.words for clause in future.clauses})


class _Future:
    """A repository that goes on: images are pushed to it, and once a day the policy is run."""

    def __init__(self, simulation: Simulation, pushes_per_day: float | None) -> None:
        self._start = simulation.now
        self._count_referrers = simulation.count_referrers
        self._pushed = 0
        self.clauses = clauses_of(simulation.rules)
        self.shelf = newest_first(verdict.image for verdict in reversed(simulation.verdicts))
        self.without = _stored(self.shelf)
        self._matcher = Matcher(self.clauses)
        self._matcher.learn(self.shelf)
        self._examples, rate = _habits(self.shelf, simulation.now)
        self.rate = rate if pushes_per_day is None else float(pushes_per_day)
        if self.rate and not self._examples:
            raise SpecError("pushes_per_day: a repository without images gives no example of what is pushed")

    def push(self, day: int) -> None:
        """Push what is to be there on a day, each like one that was pushed before."""
        fresh: list[Image] = []
        while self._pushed < math.floor(self.rate * day):
            self._pushed += 1
            at = self._start + timedelta(days=self._pushed / self.rate)
            fresh += _like(self._examples[self._pushed % len(self._examples)], self._pushed, at)
        new, old = _stored(fresh), self.without
        self.without = Storage(old.images + new.images, old.bytes + new.bytes, old.archived_bytes)
        self.shelf = [*reversed(fresh), *self.shelf]

    def run(self, now: datetime) -> dict[int, int]:
        """Run the policy; returns how many images each rule acted on."""
        outcome = decide(self.clauses, self.shelf, now, self._count_referrers, self._matcher)
        acted: Counter[int] = Counter()
        left = []
        for place, image in enumerate(self.shelf):
            action = outcome.actions[place]
            if action is not Action.KEEP:
                acted[self._priority(outcome, place)] += 1
            if action is Action.ARCHIVE:
                image = replace(image, storage_class=ARCHIVE, archived_at=now)
            if action is not Action.EXPIRE:
                left.append(image)
        self.shelf = left
        return dict(acted)

    def _priority(self, outcome: Outcome, place: int) -> int:
        return FOLLOWING if place in outcome.followed else self.clauses[outcome.first[place]].priority


def _habits(images: Sequence[Image], now: datetime) -> tuple[list[list[Image]], float]:
    """What was pushed in the last days, oldest first, and how much of it in one day."""
    pushes = _pushes(images)
    if not pushes:
        return [], 0.0
    oldest = min(push[0].pushed_at for push in pushes)
    span = min(max(now - oldest, timedelta(days=1)), timedelta(days=WINDOW))
    recent = [push for push in pushes if push[0].pushed_at >= now - span]
    return recent or pushes, len(recent) / (span / timedelta(days=1))


def _pushes(images: Sequence[Image]) -> list[list[Image]]:
    """What was pushed together, oldest first: an image with its parts and with the artifacts about it."""
    there = {image.digest for image in images}
    belonging: dict[str, list[Image]] = {}
    roots = []
    for image in reversed(images):
        owners = [owner for owner in (*image.referenced_by, image.subject) if owner in there]
        if not owners:
            roots.append(image)
        for owner in owners[:1]:
            belonging.setdefault(str(owner), []).append(image)
    return [_with_all(root, belonging) for root in roots]


def _with_all(root: Image, belonging: Mapping[str, list[Image]]) -> list[Image]:
    together = [root]
    for image in together:
        together += belonging.get(image.digest, ())
    return together


def _like(example: Sequence[Image], number: int, at: datetime) -> Iterator[Image]:
    """New images with the tags and sizes of others, belonging together as they do."""
    new = {image.digest: f"{image.digest}+{number}" for image in example}
    for image in example:
        yield Image(
            new[image.digest],
            image.tags,
            at,
            image.size,
            media_type=image.media_type,
            subject=new.get(image.subject or "", image.subject),
            referenced_by=[new[index] for index in image.referenced_by if index in new],
        )


def _stored(images: Sequence[Image]) -> Storage:
    standard = sum(image.size for image in images if image.storage_class == STANDARD)
    return Storage(len(images), standard, sum(image.size for image in images) - standard)


def _check(days: object, pushes: object) -> None:
    problems = Problems()
    right = isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= MOST_DAYS
    problems.check(right, "days", f"expected 1 to {MOST_DAYS:,} days, got {days!r}")
    if pushes is not None:
        problems.take("pushes_per_day", lambda: _check_number(pushes, most=MOST_PUSHES))
    problems.raise_any()


def _check_number(number: object, most: float = math.inf) -> None:
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        limit = "" if most == math.inf else f" and {most:,}"
        raise SpecError(f"expected a number {f'between 0{limit}' if limit else 'of at least 0'}, got {number!r}")


def _said(storage: Storage) -> str:
    archived = f" and {text_size(storage.archived_bytes)} archived" if storage.archived_bytes else ""
    return f"{storage.images:,} images, {text_size(storage.bytes)}{archived}"


def _plain(storage: Storage) -> dict[str, int]:
    return {"images": storage.images, "bytes": storage.bytes, "archived_bytes": storage.archived_bytes}


def _day(day: Day) -> dict[str, Any]:
    acted = {str(priority): number for priority, number in day.acted.items()}
    return {"at": day.at.isoformat(), "with": _plain(day.stored), "without": _plain(day.without), "acted": acted}
