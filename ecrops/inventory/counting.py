"""From the images of a repository to numbers: how many, how large, how old, how fast they grow. Pure.

Called by the inventory and by the report, once for each repository. The images are read once, and none is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ecrops.base.shown import Shown
from ecrops.images.image import ARCHIVE, Image
from ecrops.lifecycle.simulation.days import Storage

GROWTH_DAYS = 30
"""The growth is what was pushed in so many days."""


@dataclass(frozen=True, kw_only=True)
class Counts(Shown):
    """What is stored. Sizes are those that ECR reports for each image: layers that images share count with each.

    Args:
        images: How many images, archived ones too.
        bytes: Their size.
        archived: How many of them are archived.
        archived_bytes: Their size.
        untagged: How many have no tag, and are no signature or other artifact about an image. Parts of an index are
            among them, unless the manifests of the indexes were read.
        untagged_bytes: Their size.
        older: How many were pushed before the moment that the inventory asks about.
        older_bytes: Their size.
        growth: How many were pushed in the last 30 days.
        growth_bytes: Their size.
        in_use: How many are in use, or belong to an image that is; ``None`` if that was not asked.
        in_use_bytes: Their size.
        last_pushed_at: The last push.
        last_pulled_at: The last pull of any of them.
    """

    images: int = 0
    bytes: int = 0
    archived: int = 0
    archived_bytes: int = 0
    untagged: int = 0
    untagged_bytes: int = 0
    older: int = 0
    older_bytes: int = 0
    growth: int = 0
    growth_bytes: int = 0
    in_use: int | None = None
    in_use_bytes: int | None = None
    last_pushed_at: datetime | None = None
    last_pulled_at: datetime | None = None

    @property
    def unused(self) -> int | None:
        """How many images nobody uses, as far as it is known; ``None`` if that was not asked."""
        return None if self.in_use is None else self.images - self.in_use

    @property
    def unused_bytes(self) -> int | None:
        """The size of the images that nobody uses, as far as it is known; ``None`` if that was not asked."""
        return None if self.in_use_bytes is None else self.bytes - self.in_use_bytes

    @property
    def stored(self) -> Storage:
        """What is stored, as forecasts and prices take it."""
        return Storage(self.images, self.bytes - self.archived_bytes, self.archived_bytes)


NUMBERS = tuple(name for name in Counts.__dataclass_fields__ if not name.startswith("last_"))


class Counter:
    """Counts images, one after another.

    Args:
        now: The moment of the count.
        older_than: Images that were pushed before this moment count as older.
        in_use: The digests of the images that are in use; ``None`` if that is not asked.
    """

    def __init__(self, now: datetime, older_than: datetime | None, in_use: Collection[str] | None = None) -> None:
        self._since, self._older_than, self._in_use = now - timedelta(days=GROWTH_DAYS), older_than, in_use
        self._numbers: dict[str, int] = {}
        self._pushed: datetime | None = None
        self._pulled: datetime | None = None

    def add(self, images: Iterable[Image]) -> Iterable[Image]:
        """Yield the images as they are counted."""
        for image in images:
            for name, fits in self._kinds(image):
                if fits:
                    self._numbers[name] = self._numbers.get(name, 0) + 1
                    self._numbers[f"{name}_bytes"] = self._numbers.get(f"{name}_bytes", 0) + image.size
            self._pushed = _later(self._pushed, image.pushed_at)
            self._pulled = _later(self._pulled, image.last_pulled_at)
            yield image

    def _kinds(self, image: Image) -> Iterable[tuple[str, bool]]:
        is_untagged = not image.tags and not image.subject and not image.referenced_by
        is_older = self._older_than is not None and image.pushed_at < self._older_than
        yield "all", True
        yield "archived", image.storage_class == ARCHIVE
        yield "untagged", is_untagged
        yield "older", is_older
        yield "growth", image.pushed_at >= self._since
        yield "in_use", self._in_use is not None and image.digest in self._in_use

    @property
    def counts(self) -> Counts:
        """What was counted so far."""
        numbers = dict(self._numbers)
        both = {"images": numbers.pop("all", 0), "bytes": numbers.pop("all_bytes", 0)}
        used = {} if self._in_use is None else {"in_use": 0, "in_use_bytes": 0}
        return Counts(
            **both,
            **(used | numbers),
            last_pushed_at=self._pushed,
            last_pulled_at=self._pulled,
        )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def count(
    images: Iterable[Image], now: datetime, older_than: datetime | None = None, in_use: Collection[str] | None = None
) -> Counts:
    """Return what is stored. For the arguments see ``Counter``."""
    counter = Counter(now, older_than, in_use)
    for _ in counter.add(images):
        pass
    return counter.counts


def total(counted: Iterable[Counts]) -> Counts:
    """Return the counts of several repositories together. What was asked of none is ``None``."""
    numbers: dict[str, int] = {}
    pushed: datetime | None = None
    pulled: datetime | None = None
    for counts in counted:
        for name in NUMBERS:
            value = getattr(counts, name)
            if value is not None:
                numbers[name] = numbers.get(name, 0) + value
        pushed, pulled = _later(pushed, counts.last_pushed_at), _later(pulled, counts.last_pulled_at)
    return Counts(**numbers, last_pushed_at=pushed, last_pulled_at=pulled)
