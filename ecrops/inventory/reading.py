"""Reading what an inventory says: repositories in parallel, a row for each, and no failure stops another one.

Called by the verb. Repositories are read in windows, and the rows of a window are handed out before the next one is
read. The images of a repository are forgotten with its row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.base.problems import Problems, is_whole
from ecrops.engine.reading import is_of_one
from ecrops.errors import SpecError
from ecrops.images import graph as graphs
from ecrops.images.image import Image, describe
from ecrops.images.selection import moment
from ecrops.images.usage.values import Protected, checked, resolve
from ecrops.inventory.counting import Counter, Counts
from ecrops.inventory.layers import unique_bytes
from ecrops.inventory.prices import Prices
from ecrops.inventory.row import InventoryRow, priced
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.days import Storage
from ecrops.lifecycle.simulation.projection import MAX_DAYS
from ecrops.lifecycle.simulation.simulate import evaluate
from ecrops.repositories import calls
from ecrops.text import printable

WINDOW = 100
"""The repositories that are read before their rows are handed out."""


class Options(NamedTuple):
    """What the user of an inventory chose. See ``Registry.inventory``."""

    prices: Prices
    manifests: bool
    older_than: datetime | timedelta | int
    in_use: Protected | None
    days: int

    def checked(self, now: datetime) -> Question:
        """Return what is asked of each repository.

        Raises:
            SpecError: An option is out of range.
        """
        problems = Problems()
        older_than = problems.take("older_than", lambda: moment(self.older_than, now))
        problems.check(isinstance(self.manifests, bool), "manifests", f"expected True or False, got {self.manifests!r}")
        right = is_whole(self.days) and 0 <= self.days <= MAX_DAYS
        problems.check(right, "days", f"expected 0 to {MAX_DAYS:,} days, got {self.days!r}")
        if self.in_use is not None:
            problems.take("", partial(check_used, self.in_use))
        problems.raise_any()
        return Question(self.prices, self.manifests, older_than or now, self.in_use, self.days, now)


class Question(NamedTuple):
    """What is asked of each repository.

    Args:
        prices: What storage costs.
        manifests: Whether all manifests are read, so that each layer counts once.
        older_than: Images that were pushed before this moment count as older.
        in_use: The images that are in use; ``None`` if that is not asked.
        days: Over how many days storage is forecast; 0 for none.
        now: The moment of the inventory.
    """

    prices: Prices
    manifests: bool
    older_than: datetime
    in_use: Protected | None
    days: int
    now: datetime


def rows(aws: Aws, host: Callable[[], str], names: Sequence[str], question: Question) -> Iterator[InventoryRow]:
    """Yield the row of each repository, in the order of the names, or as ECR lists the repositories.

    Args:
        aws: The account and region.
        host: Returns the host of the registry, if it matters.
        names: The repositories; all without one.
        question: What is asked of each.

    Raises:
        ClientError: The credentials are not valid any more, or ECR refuses to list the repositories.
    """
    here, where = aws.stoppable(), host()

    def row(name: str) -> InventoryRow:
        try:
            return _row(here, where, name, question)
        except Exception as error:
            if not is_of_one(error):
                raise
            return InventoryRow(repository=name, error=_text(error))

    waiting = iter(names) if names else (name for name, _ in calls.every(aws))
    while window := list(islice(waiting, WINDOW)):
        here.client("ecr", len(window))
        yield from here.map(row, window, here.stop)


def _row(aws: Aws, host: str, name: str, question: Question) -> InventoryRow:
    images, in_use, unique, uncounted = _images(aws, host, name, question)
    counter = Counter(question.now, question.older_than, in_use)
    counted = counter.add(images)
    rules, error = _rules(aws, name)
    forecast: Storage | None = None
    if question.days and rules is not None:
        forecast, problem = after_days(rules, counted, question.now, question.days)
        error = error or problem
    for _ in counted:
        pass  # what no forecast has read
    counts: Counts = counter.counts
    return InventoryRow.of(
        counts,
        repository=name,
        unique_bytes=unique,
        uncounted=uncounted,
        has_policy=None if rules is None else bool(rules),
        cost_per_month=priced(counts, question.prices, unique),
        forecast_bytes=forecast and forecast.bytes + forecast.archived_bytes,
        forecast_cost_per_month=None if forecast is None else question.prices.per_month(forecast),
        error=error,
    )


def check_used(in_use: Protected) -> None:
    """Refuse what says nothing of what runs.

    Raises:
        SpecError: It has something that is no image.
    """
    try:
        checked(in_use)
    except SpecError as error:
        raise error.at("in_use") from None


def images_of(aws: Aws, name: str, in_use: Protected | None) -> Iterable[Image]:
    """Return the images of a repository: with their indexes, if it is asked which are in use."""
    return describe(aws, name) if in_use is None else list(graphs.read(aws, name).images.values())


def _images(
    aws: Aws, host: str, name: str, question: Question
) -> tuple[Iterable[Image], Collection[str] | None, int | None, int]:
    """Return the images, the digests of those in use, and the bytes of all layers, as far as they are asked for."""
    if question.in_use is None and not question.manifests:
        return describe(aws, name), None, None, 0
    graph = graphs.read(aws, name)
    images = list(graph.images.values())
    in_use = None
    if question.in_use is not None:
        in_use = resolve(question.in_use, graph, repository=name, host=host).keys()
    unique, uncounted = unique_bytes(aws, name, images) if question.manifests else (None, 0)
    return images, in_use, unique, uncounted


def _rules(aws: Aws, name: str) -> tuple[Rules | None, str]:
    """Return the lifecycle rules of a repository, or why they could not be read."""
    try:
        return lifecycle.read(aws, name).rules, ""
    except Exception as error:
        if not is_of_one(error):
            raise
        return None, f"lifecycle policy: {_text(error)}"


def after_days(rules: Rules, images: Iterable[Image], now: datetime, days: int) -> tuple[Storage | None, str]:
    """Return what is stored after some days, while pushes go on, and why nobody can say."""
    try:
        return evaluate(rules, images, now).forecast(days).days[-1].stored, ""
    except SpecError as error:
        return None, printable(f"lifecycle policy: {error}")


def _text(error: Exception) -> str:
    return printable(str(error))
