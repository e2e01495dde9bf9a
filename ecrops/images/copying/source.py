"""What a copy reads of its source: the images, their parts, and what is about them.

Called by ``copying/wants``. It writes nothing; ECR counts the reading of a manifest as a pull.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ecrops.aws import Aws
from ecrops.images import manifests
from ecrops.images.copying.edits import Piece
from ecrops.images.image import ARCHIVE, Image
from ecrops.images.manifests import Kind, ReadManifest
from ecrops.images.names import short
from ecrops.images.relations import has_no_name, subjects_of

FIRST_STEP = 10
"""A repository that is made for the copy comes before it."""
REFERRERS = FIRST_STEP + 10_000
TAGS = FIRST_STEP + 20_000
DEEPEST = 9_999
"""Indexes in indexes that are put in steps of their own: each before those that it is a part of."""


class Contents:
    """The images that are copied.

    Attributes:
        images: All images of the source, by digest.
        manifests: The manifests that are copied, by digest.
        problems: Why manifests cannot be read, by digest.
        referrers: The artifacts that are about an image, by its digest; empty if they are not copied.
    """

    def __init__(self, images: Mapping[str, Image]) -> None:
        self.images = images
        self.manifests: dict[str, ReadManifest] = {}
        self.problems: dict[str, str] = {}
        self.referrers: dict[str, list[str]] = {}
        self._parsed: dict[str, manifests.Manifest] = {}
        self._heights: dict[str, int] = {}
        self._judged: dict[str, str] = {}

    def add(self, manifest: ReadManifest) -> None:
        """Add a manifest."""
        self.manifests[manifest.digest] = manifest
        self._parsed[manifest.digest] = manifest.parsed

    def parts(self, digest: str) -> list[str]:
        """Return the parts of an index."""
        return [part.digest for part in self._parsed[digest].parts] if digest in self._parsed else []

    def problem(self, digest: str) -> str:
        """Return why an image cannot be copied whole; empty if it can."""
        for member in self._below([digest], self._judged):
            bad = (self._judged[part] for part in self.parts(member) if self._judged.get(part))
            self._judged[member] = next(bad, member if member in self.problems else "")
        part = self._judged[digest]
        if not part:
            return ""
        return self.problems[part] if part == digest else f"part {short(part)} {self.problems[part]}"

    def _below(self, digests: Iterable[str], seen: dict[str, str]) -> Iterator[str]:
        """Yield images and all their parts, each once, parts before their index. What was seen is not followed."""
        waiting = [(digest, False) for digest in digests]
        while waiting:
            digest, is_reached = waiting.pop()
            if is_reached:
                yield digest
            elif digest not in seen:
                seen[digest] = ""
                waiting.append((digest, True))
                waiting += [(part, False) for part in reversed(self.parts(digest))]

    def pieces(self, digest: str, taken: dict[str, str], step: int = FIRST_STEP) -> list[Piece]:
        """Return the manifests of an image that no other image brings, parts first.

        Args:
            digest: The image.
            taken: The manifests that others bring; those of this image are added.
            step: The first step.
        """
        pieces = []
        named = {part.digest: part.platform for part in self._parsed[digest].parts} if digest in self._parsed else {}
        for member in self._below([digest], taken):
            if member in self.manifests:
                manifest = self.manifests[member]
                what = self._about(digest) if member == digest else f"part {named.get(member) or short(member)}"
                height = self._height(member)
                pieces.append(
                    Piece(member, manifest.media_type, manifest.text, self._parsed[member], what, step + height)
                )
        return pieces

    def _height(self, digest: str) -> int:
        """Return how many indexes are in each other below an image. Its parts were asked before."""
        parts = self.parts(digest)
        height = 1 + max(self._heights.get(part, 0) for part in parts) if parts else 0
        self._heights[digest] = min(height, DEEPEST)
        return self._heights[digest]

    def _about(self, digest: str) -> str:
        """Return what an image is, in words."""
        manifest = self._parsed[digest]
        about = f" about {short(manifest.subject)}" if manifest.subject else ""
        return f"{manifest.artifact_type or 'artifact'}{about}" if about else "image"

    def about(self, digests: Iterable[str]) -> list[str]:
        """Return the artifacts about some images, about those, and so on, without the images themselves."""
        seen = dict.fromkeys(digests)
        roots = list(seen)
        waiting = list(roots)
        while waiting:
            digest = waiting.pop()
            for other in (*self.parts(digest), *self.referrers.get(digest, ())):
                if other not in seen:
                    seen[other] = None
                    waiting.append(other)
        below = set(self._below(roots, {}))
        artifacts = {other for others in self.referrers.values() for other in others}
        return [digest for digest in seen if digest in artifacts and digest not in below]


def read(aws: Aws, name: str, images: Mapping[str, Image], roots: Collection[str], *, with_referrers: bool) -> Contents:
    """Read the manifests of images, of their parts, and of what is about them, 100 a call.

    Args:
        aws: The account and region of the source.
        name: The source.
        images: All its images, by digest.
        roots: The digests of the images to copy.
        with_referrers: Whether artifacts about them are copied too.
    """
    contents = Contents(images)
    if with_referrers:
        for digest, image in images.items():
            for subject in subjects_of(image):
                contents.referrers.setdefault(subject, []).append(digest)
    wanted: Sequence[str] = list(dict.fromkeys(roots))
    seen = set(wanted)
    while wanted:
        _read_level(aws, name, contents, wanted)
        following = (
            other for digest in wanted for other in (*contents.parts(digest), *contents.referrers.get(digest, ()))
        )
        wanted = [digest for digest in dict.fromkeys(following) if digest not in seen]
        seen.update(wanted)
    return contents


def _read_level(aws: Aws, name: str, contents: Contents, digests: Sequence[str]) -> None:
    for digest in digests:
        image = contents.images.get(digest)
        if image and image.storage_class == ARCHIVE:
            contents.problems[digest] = "is archived, and cannot be pulled: restore it first"
    ids = [digest for digest in digests if digest not in contents.problems]
    types = {image.media_type for digest in ids if (image := contents.images.get(digest)) and image.media_type}
    answer = manifests.ask(aws, name, ids, (*manifests.ACCEPTED, *sorted(types - set(manifests.ACCEPTED))))
    for manifest in answer.manifests.values():
        _ = manifest.content  # an answer with another digest is refused
        contents.add(manifest)
    for digest, (code, reason) in answer.failures.items():
        is_missing = code == manifests.NOT_FOUND
        contents.problems[digest] = "is not there" if is_missing else f"is not handed out: {code}: {reason}"


def tags_of(image: Image) -> Sequence[str]:
    """Return the tags that an artifact keeps: those that say what it is about."""
    return image.tags if has_no_name(image) else ()


def is_unknown(piece: Piece) -> bool:
    """Whether ecrops does not know what a manifest names."""
    return piece.manifest.kind is Kind.UNKNOWN
