"""How a repository goes on after a simulation: pushes as they were, and once a day the policy. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.images.image import ARCHIVE, STANDARD, Image
from ecrops.lifecycle.simulation.compiled import Action, compile_rules
from ecrops.lifecycle.simulation.days import Day, Storage
from ecrops.lifecycle.simulation.decide import Outcome, decide, newest_first
from ecrops.lifecycle.simulation.forecast import Forecast, check_number
from ecrops.lifecycle.simulation.matching import Matcher
from ecrops.lifecycle.simulation.verdicts import Evaluation

WINDOW = 30
MOST_DAYS = 3_650
MOST_PUSHES = 10_000
FOLLOWING = 0
"""Where images are counted that go after the image that they are about: no rule acts on them."""


def forecast(found: Evaluation, days: int, pushes_per_day: float | None) -> Forecast:
    """The days after a simulation, one after the other, with the policy run on each."""
    _check(days, pushes_per_day)
    future = _Future(found, pushes_per_day)
    past: list[Day] = []
    for day in range(days + 1):
        now = found.now + timedelta(days=day)
        future.push(day)
        acted = future.run(now)
        past.append(Day(now, _stored(future.shelf), future.without, acted))
    return Forecast(tuple(past), future.rate, {clause.priority: clause.words for clause in future.clauses})


class _Future:
    """A repository that goes on: images are pushed to it, and once a day the policy is run."""

    def __init__(self, found: Evaluation, pushes_per_day: float | None) -> None:
        self._start = found.now
        self._count_referrers = found.count_referrers
        self._pushed = 0
        self.clauses = compile_rules(found.rules)
        self.shelf = newest_first(verdict.image for verdict in found.verdicts)
        self.without = _stored(self.shelf)
        self._matcher = Matcher(self.clauses)
        self._matcher.learn(self.shelf)
        self._examples, rate = _habits(self.shelf, found.now)
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
        if fresh and self.shelf and self.shelf[0].ordered_at > fresh[0].ordered_at:
            self.shelf = newest_first([*reversed(self.shelf), *fresh])
        else:
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
        problems.take("pushes_per_day", lambda: check_number(pushes, most=MOST_PUSHES))
    problems.raise_any()
