"""The images of a repository, with everything that a lifecycle policy depends on.

Called by the verbs of lifecycle policies, and by the aspect for guards. It reads images, and changes none.
``Image`` is pure: users make images of their own for ``simulate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from sys import intern
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.problems import Problems, compact, is_whole
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.images.names import image_id
from ecrops.repositories import calls

STANDARD = "standard"
ARCHIVE = "archive"
PAGE_SIZE = 1000
NO_IMAGE = "ImageNotFoundException"
TIMES = ("pushed_at", "last_pulled_at", "archived_at", "activated_at")


@dataclass(frozen=True, slots=True)
class Image(Shown):
    """An image, or an index of images, or an artifact that belongs to one. Times become UTC.

    Args:
        digest: ``sha256:…``; no two images of a repository have the same.
        tags: All its tags; an image without tags is untagged.
        pushed_at: When it was pushed.
        size: Its size in bytes.
        storage_class: ``standard`` or ``archive``.
        last_pulled_at: When it was last pulled; ECR records that once in 24 hours.
        archived_at: When it was last moved to the archive.
        activated_at: When it was last restored from the archive.
        media_type: The media type of its manifest.
        subject: The digest of the image that this artifact (a signature, an SBOM) is about.
        referenced_by: The digests of the indexes (manifest lists) that it is a part of.
        restoring: Whether it is being restored from the archive. It counts as archived as long as it is.

    Raises:
        SpecError: A time has no time zone, the size is negative, or the tags are not a list of strings.
    """

    digest: str
    tags: Sequence[str]
    pushed_at: datetime
    size: int = 0
    storage_class: str = STANDARD
    last_pulled_at: datetime | None = None
    archived_at: datetime | None = None
    activated_at: datetime | None = None
    media_type: str | None = None
    subject: str | None = None
    referenced_by: Sequence[str] = ()
    restoring: bool = False

    def __post_init__(self) -> None:
        if not self._is_right():  # AWS's own are, and there may be a million of them
            self._check()

    def _is_right(self) -> bool:
        """Whether all fields are as they should be, and none has to be converted."""
        return (
            type(self.digest) is str
            and bool(self.digest)
            and (self.subject is None or (type(self.subject) is str and bool(self.subject)))
            and self.pushed_at is not None
            and all(_is_in_utc(moment) for moment in (self.pushed_at, self.last_pulled_at))
            and all(_is_in_utc(moment) for moment in (self.archived_at, self.activated_at))
            and type(self.size) is int
            and self.size >= 0
            and self.storage_class in (STANDARD, ARCHIVE)
            and type(self.restoring) is bool
            and all(
                type(texts) is tuple and all(type(text) is str for text in texts)
                for texts in (self.tags, self.referenced_by)
            )
        )

    def _check(self) -> None:
        problems = Problems()
        problems.check(
            isinstance(self.digest, str) and bool(self.digest), "digest", f"expected a digest, got {self.digest!r}"
        )
        right = self.subject is None or (isinstance(self.subject, str) and bool(self.subject))
        problems.check(right, "subject", f"expected a digest, got {self.subject!r}")
        for name in ("tags", "referenced_by"):
            object.__setattr__(self, name, problems.strings(name, getattr(self, name)) or ())
        for name in TIMES:
            moment = getattr(self, name)
            if moment is not None or name == "pushed_at":
                object.__setattr__(self, name, problems.take(name, partial(aware, moment)))
        right = is_whole(self.size) and self.size >= 0
        problems.check(right, "size", f"expected bytes, 0 or more, got {self.size!r}")
        right = self.storage_class in (STANDARD, ARCHIVE)
        problems.check(right, "storage_class", f"expected standard or archive, got {self.storage_class!r}")
        right = isinstance(self.restoring, bool)
        problems.check(right, "restoring", f"expected True or False, got {self.restoring!r}")
        problems.raise_any()

    def __repr__(self) -> str:
        return compact(self)

    @property
    def name(self) -> str:
        """Its first tag, or the start of its digest: a short name for people."""
        return self.tags[0] if self.tags else self.digest[:19]

    @property
    def ordered_at(self) -> datetime:
        """The start of its age: the last restore from the archive, else the push."""
        return self.activated_at or self.pushed_at

    @property
    def used_at(self) -> datetime:
        """When it was last used: the last pull, or the last restore or the push if it was not pulled since then."""
        if self.activated_at and (self.last_pulled_at is None or self.last_pulled_at < self.activated_at):
            return self.activated_at
        return self.last_pulled_at or self.pushed_at

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are known, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        known = {name: value for name, value in values.items() if value is not False and value not in (None, ())}
        return {name: _plain(value) for name, value in ({"digest": self.digest, "tags": self.tags} | known).items()}


def _is_in_utc(moment: object) -> bool:
    """Whether a moment is in UTC, or is none."""
    return moment is None or (type(moment) is datetime and moment.tzinfo is UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def aware(moment: object) -> datetime:
    """Return a moment in UTC.

    Raises:
        SpecError: It is not a moment: a time without a time zone means a different moment on each machine.
    """
    if not isinstance(moment, datetime):
        raise SpecError(f"expected a datetime, got {moment!r}")
    if moment.utcoffset() is None:
        raise SpecError(f"expected a time with a time zone, such as datetime.now(UTC), got {moment!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise SpecError(f"expected a time that UTC can say, got {moment!r}") from None


def describe(aws: Aws, name: str) -> Iterator[Image]:
    """Yield all images of a repository, page by page; archived ones too, which ECR lists only on request."""
    params = {"repositoryName": name, "maxResults": PAGE_SIZE, **calls.every_status(aws, "DescribeImages")}
    digests: set[str] = set()
    for page in calls.pages(aws, name, "DescribeImages", "imageDetails", **params):
        for item in page:
            if item["imageDigest"] not in digests:  # the listing may move between two pages
                digests.add(item["imageDigest"])
                yield parse(item)


def describe_one(aws: Aws, name: str, tag_or_digest: str) -> Image:
    """Return one image, an archived one too.

    Args:
        aws: The account and region.
        name: The repository.
        tag_or_digest: The image.

    Raises:
        ClientError: botocore's ``ImageNotFoundException`` or ``RepositoryNotFoundException``.
    """
    ids = [image_id(tag_or_digest)]  # ECR takes no filter with ids, and finds archived images too
    return parse(calls.get(aws, name, "DescribeImages", "imageDetails", repositoryName=name, imageIds=ids)[0])


def find_one(aws: Aws, name: str, tag_or_digest: str) -> Image | None:
    """Return one image, an archived one too; ``None`` if there is none. For the arguments see ``describe_one``.

    Raises:
        ClientError: botocore's ``RepositoryNotFoundException``.
    """
    try:
        return describe_one(aws, name, tag_or_digest)
    except ClientError as error:
        if code_of(error) != NO_IMAGE:
            raise
        return None


def parse(item: Mapping[str, Any]) -> Image:
    """Return an image from an item of ``DescribeImages``. While it is restored, an image counts as archived."""
    media_type = item.get("imageManifestMediaType")
    return Image(
        digest=item["imageDigest"],
        tags=tuple(item.get("imageTags", ())),
        pushed_at=item["imagePushedAt"],
        size=item.get("imageSizeInBytes") or 0,
        storage_class=ARCHIVE if item.get("imageStatus") in ("ARCHIVED", "ACTIVATING") else STANDARD,
        last_pulled_at=item.get("lastRecordedPullTime"),
        archived_at=item.get("lastArchivedAt"),
        activated_at=item.get("lastActivatedAt"),
        media_type=media_type and intern(media_type),  # there are a few, in an answer of AWS one string for each image
        subject=item.get("subjectManifestDigest") or None,
        restoring=item.get("imageStatus") == "ACTIVATING",
    )
