"""Images as the command shows them: a listing, and one image with what belongs to it.

Called by ``ecrops images``. It decides nothing: it asks the handle of the image, and shows what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.base.render import count, page, text_size
from ecrops.images.image import ARCHIVE, Image
from ecrops.images.names import short

if TYPE_CHECKING:
    from ecrops.images.handle import ImageHandle
    from ecrops.images.manifests import Part
    from ecrops.images.statuses import Referrer

_HEAD = ("DIGEST", "SIZE", "PUSHED", "PULLED", "TAGS")


class Listing:
    """Some images of a repository, the newest first.

    Args:
        repository: The name of the repository.
        images: The images.
    """

    def __init__(self, repository: str, images: Sequence[Image]) -> None:
        self.repository = repository
        self.images = sorted(images, key=lambda image: image.pushed_at, reverse=True)
        self.bytes = sum(image.size for image in images)

    def __str__(self) -> str:
        rows = [_HEAD, *map(_row, self.images)] if self.images else []
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(len(_HEAD) - 1)]
        lines = ("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows)
        return page([f"{self.repository}: {count(len(self.images), 'image')}, {text_size(self.bytes)}", *lines])

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {
            "repository": self.repository,
            "bytes": self.bytes,
            "images": [image.to_dict() for image in self.images],
        }


def _row(image: Image) -> tuple[str, ...]:
    tags = ", ".join(image.tags) or "(no tags)"
    archived = " (archived)" if image.storage_class == ARCHIVE else ""
    pulled = _minute(image.last_pulled_at) if image.last_pulled_at else "-"
    return short(image.digest), text_size(image.size), _minute(image.pushed_at), pulled, f"{tags}{archived}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


class Details(NamedTuple):
    """One image, with what belongs to it.

    Args:
        repository: The name of its repository.
        uri: Its address by its digest.
        image: The image.
        platforms: What it runs on.
        parts: The manifests that it names, if it is an index.
        referrers: The artifacts that are about it.
    """

    repository: str
    uri: str
    image: Image
    platforms: Sequence[str]
    parts: Sequence[Part]
    referrers: Sequence[Referrer]

    def __str__(self) -> str:
        return page(self._lines())

    def _lines(self) -> Iterator[str]:
        image = self.image
        yield self.uri
        yield f"tags: {', '.join(image.tags) or 'none'}"
        yield f"size: {text_size(image.size)}, {image.media_type or 'of an unknown type'}"
        pulled = f"last pulled {_minute(image.last_pulled_at)}" if image.last_pulled_at else "never pulled"
        yield f"pushed {_minute(image.pushed_at)}, {pulled}"
        if image.storage_class == ARCHIVE:
            yield "archived: it cannot be pulled, and its manifest cannot be read, until it is restored"
        else:
            yield f"platforms: {', '.join(self.platforms) or 'none'}"
        if image.subject:
            yield f"about: {image.subject}"
        for part in self.parts:
            yield f"part {part.digest}: {part.platform or part.artifact_type or part.media_type}"
        for referrer in self.referrers:
            what = referrer.artifact_type or referrer.media_type
            yield f"referrer {referrer.digest}: {what}, {text_size(referrer.size)}"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        names = {"repository": self.repository, "uri": self.uri} | self.image.to_dict()
        return names | {
            "platforms": list(self.platforms),
            "parts": [_part(part) for part in self.parts],
            "referrers": [referrer._asdict() for referrer in self.referrers],
        }


def _part(part: Part) -> dict[str, Any]:
    """Return a part of an index, ready for JSON."""
    names = ("digest", "media_type", "artifact_type", "annotations")
    return {name: getattr(part, name) for name in names} | {"platform": str(part.platform or "")}


def details(image: ImageHandle) -> Details:
    """Read one image, its manifest, and what is about it. An archived image has no manifest that can be read."""
    known = image.describe()
    pinned = image.repository.image(known.digest)
    is_read = known.storage_class != ARCHIVE
    return Details(
        repository=image.repository.name,
        uri=pinned.uri,
        image=known,
        platforms=[str(platform) for platform in pinned.platforms()] if is_read else (),
        parts=pinned.parts() if is_read else (),
        referrers=pinned.referrers(),
    )
