"""The days after a simulation: pushes continue as before, and the policy runs once a day. Pure.

Called by ``Simulation.forecast``. It copies images that were pushed lately, with the same tags and sizes, and lets
``decide`` remove images each day. It never invents pulls, and never moves a tag from one image to another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ecrops.base.problems import Problems, is_whole
from ecrops.errors import SpecError
from ecrops.images.image import ARCHIVE, STANDARD, Image
from ecrops.lifecycle.simulation.compiled import Action, compile_rules
from ecrops.lifecycle.simulation.days import Day, Storage
from ecrops.lifecycle.simulation.decide import decide, newest_first
from ecrops.lifecycle.simulation.forecast import Forecast, check_number
from ecrops.lifecycle.simulation.matching import Matcher
from ecrops.lifecycle.simulation.verdicts import Evaluation

WINDOW = 30
"""The pushes of so many days, the last ones, are taken as examples."""
MAX_DAYS = 3_650
MAX_PUSHES = 10_000


def forecast(evaluation: Evaluation, days: int, pushes_per_day: float | None) -> Forecast:
    """Return the days after a simulation, each after the policy has run. See ``Simulation.forecast``."""
    problems = Problems()
    problems.take("days", lambda: check_days(days))
    if pushes_per_day is not None:
        problems.take("pushes_per_day", lambda: check_number(pushes_per_day, maximum=MAX_PUSHES))
    problems.raise_any()
    repository = _Repository(evaluation, pushes_per_day)
    result: list[Day] = []
    for day in range(days + 1):
        now = evaluation.now + timedelta(days=day)
        repository.push_until(day)
        if not repository.rules:  # nothing is ever removed, and there may be many days and images
            result.append(Day(now, repository.without, repository.without, {}))
            continue
        acted, artifacts = repository.run_policy(now)
        result.append(Day(now, _stored(repository.images), repository.without, acted, artifacts))
    words = {rule.priority: rule.words for rule in repository.rules}
    return Forecast(tuple(result), repository.rate, words)


def check_days(days: object) -> None:
    """Refuse what is no number of days to forecast.

    Raises:
        SpecError: It is not.
    """
    if not is_whole(days) or not 1 <= days <= MAX_DAYS:
        raise SpecError(f"expected 1 to {MAX_DAYS:,} days, got {days!r}")


class _Repository:
    """A repository in the future: images are pushed to it, and once a day its policy runs.

    Attributes:
        rules: The rules of the policy.
        images: The images that are stored, newest first.
        without: What would be stored if nothing were ever removed.
        rate: How many pushes there are a day.
    """

    def __init__(self, evaluation: Evaluation, pushes_per_day: float | None) -> None:
        self._start = evaluation.now
        self._count_referrers = evaluation.count_referrers
        self._pushed = 0
        self.rules = compile_rules(evaluation.rules)
        self.images = newest_first(verdict.image for verdict in evaluation.verdicts)
        self.without = _stored(self.images)
        self._matcher = Matcher(self.rules)
        self._matcher.learn(self.images)
        self._examples, rate = _recent_pushes(self.images, evaluation.now)
        self.rate = rate if pushes_per_day is None else float(pushes_per_day)
        if self.rate and not self._examples:
            raise SpecError("pushes_per_day: a repository without images gives no example of what is pushed")

    def push_until(self, day: int) -> None:
        """Make the pushes up to a day, each like one of the examples."""
        pushed: list[Image] = []
        while self._pushed < math.floor(self.rate * day):
            self._pushed += 1
            moment = self._start + timedelta(days=self._pushed / self.rate)
            pushed += _copies(self._examples[self._pushed % len(self._examples)], self._pushed, moment)
        new, old = _stored(pushed), self.without
        self.without = Storage(old.images + new.images, old.bytes + new.bytes, old.archived_bytes)
        if pushed and self.images and self.images[0].ordered_at > pushed[0].ordered_at:
            self.images = newest_first([*reversed(self.images), *pushed])
        else:
            self.images = [*reversed(pushed), *self.images]

    def run_policy(self, now: datetime) -> tuple[dict[int, int], int]:
        """Remove and archive images.

        Returns how many images each rule acted on, by its priority, and how many artifacts followed their subject.
        """
        outcome = decide(self.rules, self.images, now, self._count_referrers, self._matcher)
        acted: Counter[int] = Counter()
        artifacts = 0
        remaining = []
        for position, image in enumerate(self.images):
            action = outcome.actions[position]
            if position in outcome.followed:
                artifacts += 1
            elif action is not Action.KEEP:
                acted[self.rules[outcome.deciders[position]].priority] += 1
            if action is Action.ARCHIVE:
                image = replace(image, storage_class=ARCHIVE, archived_at=now)
            if action is not Action.EXPIRE:
                remaining.append(image)
        self.images = remaining
        return dict(acted), artifacts


def _recent_pushes(images: Sequence[Image], now: datetime) -> tuple[list[list[Image]], float]:
    """Return the pushes of the last days, oldest first, and their number per day.

    Without a push in the last days all pushes are examples, and the number is 0.
    """
    pushes = _pushes(images)
    if not pushes:
        return [], 0.0
    oldest = min(push[0].pushed_at for push in pushes)
    span = min(max(now - oldest, timedelta(days=1)), timedelta(days=WINDOW))
    recent = [push for push in pushes if push[0].pushed_at >= now - span]
    return recent or pushes, len(recent) / (span / timedelta(days=1))


def _pushes(images: Sequence[Image]) -> list[list[Image]]:
    """Group the images by push, oldest first: an image, its parts, and the artifacts about it are one push."""
    digests = {image.digest for image in images}
    members: dict[str, list[Image]] = {}
    roots = []
    for image in reversed(images):
        owners = [owner for owner in (*image.referenced_by, image.subject) if owner in digests]
        if not owners:
            roots.append(image)
        for owner in owners[:1]:
            members.setdefault(str(owner), []).append(image)
    pushes = []
    for root in roots:
        push = [root]
        for image in push:  # grows while it is read: members have members
            push += members.get(image.digest, ())
        pushes.append(push)
    return pushes


def _copies(example: Sequence[Image], number: int, moment: datetime) -> Iterator[Image]:
    """Yield new images with the tags and sizes of an example, that refer to each other as those of the example do."""
    digests = {image.digest: f"{image.digest}+{number}" for image in example}
    for image in example:
        yield Image(
            digests[image.digest],
            image.tags,
            moment,
            image.size,
            media_type=image.media_type,
            subject=digests.get(image.subject or "", image.subject),
            referenced_by=[digests[digest] for digest in image.referenced_by if digest in digests],
        )


def _stored(images: Sequence[Image]) -> Storage:
    standard = sum(image.size for image in images if image.storage_class == STANDARD)
    return Storage(len(images), standard, sum(image.size for image in images) - standard)
