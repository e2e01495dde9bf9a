"""Which images of a repository are meant, as a value. Pure.

Called by the verbs about many images. An image fits a selection if it fits every condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self

from ecrops.base.problems import Problems, compact, is_whole
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.images.image import ARCHIVE, Image, aware
from ecrops.images.tag_patterns import TagPatterns, misfit, segments_of

ADVICE = {
    "older_than": "write pushed_before, in days too",
    "newer_than": "write pushed_after, in days too",
    "since": "write pushed_after, in days too",
}
MOMENTS = ("pushed_before", "pushed_after", "pulled_before", "pulled_after")


@dataclass(frozen=True, slots=True)
class Selection(Shown):
    """Conditions of images. A condition of ``None`` is none.

    Args:
        tags: Patterns of tags, ``*`` for any characters; an image fits with one tag that fits one pattern.
        untagged: Whether only images without tags fit, or only images with tags.
        pushed_before: A moment.
        pushed_after: A moment.
        pulled_before: A moment. An image that was never pulled fits.
        pulled_after: A moment. An image that was never pulled does not fit.
        larger_than: Bytes.
        archived: Whether only archived images fit, or only images that can be pulled.

    Raises:
        SpecError: A condition is none, or no image can fit.
    """

    tags: Sequence[str] | None = None
    untagged: bool | None = None
    pushed_before: datetime | None = None
    pushed_after: datetime | None = None
    pulled_before: datetime | None = None
    pulled_after: datetime | None = None
    larger_than: int | None = None
    archived: bool | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        if self.tags is not None:
            object.__setattr__(self, "tags", problems.strings("tags", self.tags) or ())
            for pattern in self.tags:
                reason = misfit(segments_of(pattern))
                problems.check(not reason, "tags", f"expected patterns of tags, got {pattern!r}: {reason}")
            problems.check(bool(self.tags), "tags", "expected at least one pattern of tags; '*' fits every tag")
            problems.check(self.untagged is not True, "untagged", "no image without tags has a tag: leave one out")
        for name in ("untagged", "archived"):
            value = getattr(self, name)
            problems.check(value is None or isinstance(value, bool), name, f"expected True or False, got {value!r}")
        for name in MOMENTS:
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, problems.take(name, partial(aware, value)))
        size = self.larger_than
        right = size is None or (is_whole(size) and size >= 0)
        problems.check(right, "larger_than", f"expected bytes, 0 or more, got {size!r}")
        problems.raise_any()

    def __repr__(self) -> str:
        return compact(self)

    @classmethod
    def of(cls, now: datetime | None = None, **fields: Any) -> Self:
        """Return the selection of some conditions, with each span of time as the moment so long before now.

        Args:
            now: The present; that of the clock without it.
            fields: The conditions. A span is a ``timedelta``, or a whole number of days.

        Raises:
            SpecError: A condition is none, or has another name.
        """
        problems = Problems()
        known = problems.known(fields, cls.__slots__, "a selection of images", ADVICE)
        present = now or datetime.now(UTC)
        for name in MOMENTS:
            if known.get(name) is not None:
                known[name] = problems.take(name, partial(moment, known[name], present))
        problems.raise_any()
        return cls(**known)

    @property
    def is_everything(self) -> bool:
        """Whether every image fits: there is no condition."""
        return all(getattr(self, name) is None for name in self.__slots__)

    def pick(self, images: Iterable[Image]) -> Iterator[Image]:
        """Yield the images that fit, in their order."""
        patterns = None if self.tags is None else TagPatterns(self.tags)
        for image in images:
            is_fitting = patterns is None or patterns.first(image.tags) is not None
            if is_fitting and self._fits_besides_tags(image):
                yield image

    def _fits_besides_tags(self, image: Image) -> bool:
        pulled = image.last_pulled_at
        return (
            (self.untagged is None or self.untagged != bool(image.tags))
            and (self.pushed_before is None or image.pushed_at < self.pushed_before)
            and (self.pushed_after is None or image.pushed_at > self.pushed_after)
            and (self.pulled_before is None or pulled is None or pulled < self.pulled_before)
            and (self.pulled_after is None or (pulled is not None and pulled > self.pulled_after))
            and (self.larger_than is None or image.size > self.larger_than)
            and (self.archived is None or self.archived == (image.storage_class == ARCHIVE))
        )

    def to_dict(self) -> Mapping[str, Any]:
        """Return the conditions, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
        return {name: list(value) if name == "tags" else value for name, value in plain.items() if value is not None}


def moment(value: object, now: datetime) -> datetime:
    """Return the moment that a user means by a moment, or by how long ago it was.

    Args:
        value: A moment with a time zone, a ``timedelta``, or a whole number of days.
        now: The present.

    Raises:
        SpecError: It is none of them, or before the first year.
    """
    if is_whole(value):
        value = days(value)
    if not isinstance(value, timedelta):
        if not isinstance(value, datetime):
            raise SpecError(f"expected a moment, or how long ago: a datetime, a timedelta or days, got {value!r}")
        return aware(value)
    if value < timedelta(0):
        raise SpecError(f"expected how long ago, 0 or more, got {value!r}")
    try:
        return now - value
    except OverflowError:
        raise SpecError(f"expected how long ago, and there was no such moment: {value!r}") from None


def days(number: int) -> timedelta:
    """Return some days.

    Raises:
        SpecError: They are more than a ``timedelta`` can be.
    """
    try:
        return timedelta(days=number)
    except OverflowError:
        raise SpecError(f"expected a number of days, got {number!r}") from None
