"""How the images of a repository hang together: indexes, their parts, and artifacts that are about an image.

Called by whatever deletes, archives or protects images. ``read`` reads; all else is pure. An index (a manifest list)
has parts, and a part may be of several indexes. A **referrer**, such as a signature or an SBOM, has a **subject**: the
image that it is about.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.images.image import Image, describe, with_references
from ecrops.images.names import short

_ABOUT = re.compile(r"sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?")


class Deletion(NamedTuple):
    """Which images can be deleted.

    Args:
        order: Their digests: indexes before their parts, referrers before their subjects.
        kept: Why others that were selected stay, by digest.
    """

    order: Sequence[str]
    kept: Mapping[str, str]


class Graph:
    """The images of a repository, by digest.

    Args:
        images: All its images, each with the indexes that it is a part of.
    """

    def __init__(self, images: Iterable[Image]) -> None:
        self.images = {image.digest: image for image in images}
        self._parents: dict[str, list[str]] = {}
        self._parts: dict[str, list[str]] = {}
        self._subjects: dict[str, str] = {}
        self._referrers: dict[str, list[str]] = {}
        for image in self.images.values():
            for index in image.referenced_by:
                if index in self.images:
                    self._parents.setdefault(image.digest, []).append(index)
                    self._parts.setdefault(index, []).append(image.digest)
            subject = subject_of(image)
            if subject in self.images and subject != image.digest:
                self._subjects[image.digest] = subject
                self._referrers.setdefault(subject, []).append(image.digest)

    def parts(self, digest: str) -> Sequence[str]:
        """Return the parts of an index that exist."""
        return self._parts.get(digest, ())

    def parents(self, digest: str) -> Sequence[str]:
        """Return the indexes that an image is a part of."""
        return self._parents.get(digest, ())

    def subject(self, digest: str) -> str | None:
        """Return the image that an artifact is about, if it exists."""
        return self._subjects.get(digest)

    def referrers(self, digest: str) -> Sequence[str]:
        """Return the artifacts that are about an image."""
        return self._referrers.get(digest, ())

    def whole(self, digests: Iterable[str]) -> list[str]:
        """Return some images with all their parts, and the parts of those."""
        return list(self._reached(digests, self.parts))

    def with_referrers(self, digests: Iterable[str]) -> list[str]:
        """Return some images with all that is about them, about that, and the parts of each."""
        return list(self._reached(digests, lambda digest: (*self.parts(digest), *self.referrers(digest))))

    def _reached(self, digests: Iterable[str], following: Callable[[str], Iterable[str]]) -> Iterator[str]:
        seen = dict.fromkeys(digest for digest in digests if digest in self.images)
        waiting = deque(seen)
        while waiting:
            digest = waiting.popleft()
            yield digest
            for other in following(digest):
                if other not in seen:
                    seen[other] = None
                    waiting.append(other)

    def protected(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """Return all that must stay because some images must, by digest, with the reasons.

        An image that stays keeps the indexes that it is a part of, their other parts, and what is about each.

        Args:
            reasons: Why images must stay, by digest.
        """
        found = {digest: reason for digest, reason in reasons.items() if digest in self.images}
        waiting = deque(found)
        while waiting:
            digest = waiting.popleft()
            for other, words in self._with(digest):
                if other not in found:
                    found[other] = f"{words} {short(digest)}: {found[digest].rpartition(': ')[2]}"
                    waiting.append(other)
        return found

    def _with(self, digest: str) -> Iterator[tuple[str, str]]:
        """Yield what stays with an image, and how it belongs to it."""
        yield from ((other, "holds") for other in self.parents(digest))
        yield from ((other, "part of") for other in self.parts(digest))
        yield from ((other, "about") for other in self.referrers(digest))

    def deletion(self, selected: Iterable[str], never: Mapping[str, str], named: Collection[str] = ()) -> Deletion:
        """Return which images can be deleted, and why the other selected ones stay.

        A deleted image takes its referrers with it. A deleted index takes its parts with it that no other index has.
        What has a tag of its own is deleted only if it was selected itself.

        Args:
            selected: Which images are to be deleted.
            never: Which images must stay, with the reasons: see ``protected``.
            named: Which of them were named by digest. Such a referrer goes without its subject.
        """
        chosen = [digest for digest in dict.fromkeys(selected) if digest in self.images]
        going = dict.fromkeys((*chosen, *self._reached(chosen, self._taken_along)))
        kept: dict[str, str] = {}
        waiting = deque(going)
        while waiting:
            digest = waiting.popleft()
            if digest in going and (reason := self._hold(digest, going, never, named)):
                del going[digest]
                kept[digest] = reason
                waiting.extend((*self.parts(digest), *self.referrers(digest)))
        return Deletion(self.ordered(going), {digest: kept[digest] for digest in chosen if digest in kept})

    def _taken_along(self, digest: str) -> Iterator[str]:
        """Yield what goes with an image: nobody named it by a tag of its own."""
        for other in (*self.referrers(digest), *self.parts(digest)):
            if has_no_name(self.images[other]):
                yield other

    def _hold(
        self, digest: str, going: Collection[str], never: Mapping[str, str], named: Collection[str]
    ) -> str | None:
        """Return why an image stays, if the others that go are these."""
        if digest in never:
            return never[digest]
        if index := next((index for index in self.parents(digest) if index not in going), None):
            return f"part of {self._name(index)}, which stays"
        subject = self.subject(digest)
        if subject and subject not in going and digest not in named:
            return f"about {self._name(subject)}, which stays"
        return None

    def _name(self, digest: str) -> str:
        return self.images[digest].name

    def ordered(self, digests: Iterable[str]) -> list[str]:
        """Return some images with indexes before their parts, and referrers before their subjects."""
        among = dict.fromkeys(digests)
        before = dict.fromkeys(among, 0)
        for digest in among:
            for other in self._after(digest, among):
                before[other] += 1
        ready = deque(digest for digest in among if not before[digest])
        order: dict[str, None] = {}
        while ready:
            digest = ready.popleft()
            order[digest] = None
            for other in self._after(digest, among):
                before[other] -= 1
                if not before[other]:
                    ready.append(other)
        return [*order, *(digest for digest in among if digest not in order)]  # no digest is in a circle of digests

    def _after(self, digest: str, among: Collection[str]) -> Iterator[str]:
        subject = self.subject(digest)
        followers = (*self.parts(digest), *((subject,) if subject else ()))
        return (other for other in dict.fromkeys(followers) if other in among)

    def orphans(self) -> list[str]:
        """Return the artifacts whose subject does not exist, and that nobody named by a tag of their own."""
        return [
            digest
            for digest, image in self.images.items()
            if (subject := subject_of(image)) and subject not in self.images and has_no_name(image)
        ]


def subject_of(image: Image) -> str | None:
    """Return the image that an artifact is about: as its manifest says, else as its tags do.

    Tools that sign images tag a signature ``sha256-HEX.sig``, HEX being the digest of the image:
    https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage
    """
    if image.subject:
        return image.subject
    named = {f"sha256:{match[1]}" if (match := _ABOUT.fullmatch(tag)) else "" for tag in image.tags}
    return next(iter(named)) or None if len(named) == 1 else None


def has_no_name(image: Image) -> bool:
    """Whether an image has no tag, or only tags that say what it is about."""
    return all(_ABOUT.fullmatch(tag) for tag in image.tags)


def read(aws: Aws, name: str) -> Graph:
    """Read the images of a repository, and the manifests of the indexes among them, 100 a call.

    The parts of archived indexes are not known: ECR hands out no manifest of an archived image.
    """
    return Graph(with_references(aws, name, describe(aws, name)))
