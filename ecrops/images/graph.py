"""How the images of a repository hang together: indexes, their parts, and artifacts that are about an image.

Called by whatever deletes, archives or protects images. ``read`` reads; all else is pure. An index (a manifest list)
has parts, and a part may be of several indexes. A **referrer**, such as a signature or an SBOM, has a **subject**: the
image that it is about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ecrops.aws import Aws
from ecrops.errors import SpecError
from ecrops.images import manifests
from ecrops.images.image import STANDARD, Image, describe
from ecrops.images.names import is_digest
from ecrops.images.relations import has_no_name, is_index, referenced, subjects_of, with_subjects

NOTHING: Mapping[str, str] = {}


class Deletion(NamedTuple):
    """Which images can be deleted.

    Args:
        order: Their digests: indexes before their parts, referrers before their subjects.
        kept: Why others that were selected stay, by digest.
    """

    order: list[str]
    kept: dict[str, str]


class Graph:
    """The images of a repository, by digest.

    Args:
        images: All its images, each with the indexes that it is a part of.
        unread: Why the parts of some indexes are not known, by digest.
    """

    def __init__(self, images: Iterable[Image], unread: Mapping[str, str] = NOTHING) -> None:
        self.images = {image.digest: image for image in images}
        self.unread = {digest: reason for digest, reason in unread.items() if digest in self.images}
        self._parents: dict[str, list[str]] = {}
        self._parts: dict[str, list[str]] = {}
        self._subjects: dict[str, tuple[str, ...]] = {}
        self._referrers: dict[str, list[str]] = {}
        for image in self.images.values():
            for index in dict.fromkeys(image.referenced_by):
                if index in self.images and index != image.digest:
                    self._parents.setdefault(image.digest, []).append(index)
                    self._parts.setdefault(index, []).append(image.digest)
            subjects = tuple(one for one in subjects_of(image) if one in self.images and one != image.digest)
            if subjects:
                self._subjects[image.digest] = subjects
            for subject in subjects:
                self._referrers.setdefault(subject, []).append(image.digest)

    def named(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the digests of the images that have some tags or digests, each once, and the names that none has."""
        by_tag = {tag: digest for digest, image in self.images.items() for tag in image.tags}
        digests = {name: name if is_digest(name) else by_tag.get(name, "") for name in names}
        missing = [name for name, digest in digests.items() if digest not in self.images]
        return list(dict.fromkeys(digest for digest in digests.values() if digest in self.images)), missing

    def parts(self, digest: str) -> Sequence[str]:
        """Return the parts of an index that exist."""
        return self._parts.get(digest, ())

    def parents(self, digest: str) -> Sequence[str]:
        """Return the indexes that an image is a part of."""
        return self._parents.get(digest, ())

    def subject(self, digest: str) -> str | None:
        """Return the image that an artifact is about, if it exists."""
        return next(iter(self.subjects(digest)), None)

    def subjects(self, digest: str) -> Sequence[str]:
        """Return the images that an artifact is about, as far as they exist: by its tags there may be several."""
        return self._subjects.get(digest, ())

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

        An image that stays keeps the indexes that it is a part of, their other parts, its subject, and what is about
        each.

        Args:
            reasons: Why images must stay, by digest.
        """
        protected = {digest: reason for digest, reason in reasons.items() if digest in self.images}
        firsts = {digest: digest for digest in protected}
        waiting = deque(protected)
        while waiting:
            digest = waiting.popleft()
            for other, words in self._with(digest):
                if other not in protected:
                    first = firsts[other] = firsts[digest]
                    protected[other] = f"{words} {self._name(digest)}; {self._name(first)} stays: {reasons[first]}"
                    waiting.append(other)
        return protected

    def _with(self, digest: str) -> Iterator[tuple[str, str]]:
        """Yield what stays with an image, and how it belongs to it."""
        yield from ((other, "has the part") for other in self.parents(digest))
        yield from ((other, "part of") for other in self.parts(digest))
        yield from ((other, "about") for other in self.referrers(digest))
        if subject := self._written_subject(digest):
            yield subject, "the subject of"

    def _written_subject(self, digest: str) -> str | None:
        """Return the subject that the manifest of an artifact names. Without it the artifact is broken."""
        return self.subject(digest) if self.images[digest].subject else None

    def _name(self, digest: str) -> str:
        return self.images[digest].name

    # Deleting

    def deletion(
        self,
        selected: Iterable[str],
        never: Mapping[str, str] = NOTHING,
        named: Collection[str] = (),
        *,
        alone: bool = False,
    ) -> Deletion:
        """Return which images can be deleted, and why the other selected ones stay.

        A deleted image takes all its referrers with it. A deleted index takes those parts with it that have no tag of
        their own, and that no other index has. Whatever stays keeps its parts, and the subject that its manifest names.

        Args:
            selected: Which images are to be deleted.
            never: Which images must stay, with the reasons. So do the indexes that they are parts of.
            named: Which of them were named by digest. Such a referrer goes without its subject.
            alone: Whether only what is selected goes: a referrer or a part that is not selected stays.
        """
        chosen = [digest for digest in dict.fromkeys(selected) if digest in self.images]
        going = dict.fromkeys(chosen if alone else self._reached(chosen, self._taken_along))
        never = self._with_indexes(never)
        reasons: dict[str, str] = {}
        waiting = deque(going)
        while waiting:
            digest = waiting.popleft()
            if digest in going and (reason := self._hold(digest, going, never, named)):
                del going[digest]
                reasons[digest] = reason
                waiting.extend((*self.parts(digest), *self.referrers(digest), *self.subjects(digest)))
        return Deletion(self.ordered(going), {digest: reasons[digest] for digest in chosen if digest in reasons})

    def _taken_along(self, digest: str) -> Iterator[str]:
        """Yield what goes with an image: its referrers, and the parts that nobody named by a tag."""
        yield from self.referrers(digest)
        yield from (part for part in self.parts(digest) if has_no_name(self.images[part]))

    def _with_indexes(self, never: Mapping[str, str]) -> dict[str, str]:
        """Return what must stay, with the indexes that it is a part of."""
        protected = {digest: reason for digest, reason in never.items() if digest in self.images}
        firsts = {digest: digest for digest in protected}
        waiting = deque(protected)
        while waiting:
            digest = waiting.popleft()
            for index in self.parents(digest):
                if index not in protected:
                    first = firsts[index] = firsts[digest]
                    protected[index] = f"it has the part {self._name(first)}, which stays: {never[first]}"
                    waiting.append(index)
        return protected

    def _hold(
        self, digest: str, going: Collection[str], never: Mapping[str, str], named: Collection[str]
    ) -> str | None:
        """Return why an image stays, if the others that go are these."""
        if digest in never:
            return never[digest]
        if index := next((index for index in self.parents(digest) if index not in going), None):
            return f"part of {self._name(index)}, which stays"
        if digest not in named and (stays := next((one for one in self.subjects(digest) if one not in going), None)):
            return f"about {self._name(stays)}, which stays"
        referrers = (one for one in self.referrers(digest) if one not in going and self._written_subject(one))
        if referrer := next(referrers, None):
            return f"{self._name(referrer)} is about it, and stays"
        return None

    def ordered(self, digests: Iterable[str]) -> list[str]:
        """Return some images with indexes before their parts, and referrers before their subjects."""
        return [digest for group in self.groups(digests) for digest in group]

    def groups(self, digests: Iterable[str]) -> list[list[str]]:
        """Return some images in groups that do not touch each other, each in the order of ``ordered``."""
        among = dict.fromkeys(digest for digest in digests if digest in self.images)
        seen: set[str] = set()
        groups: list[list[str]] = []
        for first in among:
            if first not in seen:
                group = dict.fromkeys(self._reached((first,), lambda digest: self._near(digest, among)))
                seen.update(group)
                groups.append(self._in_order(group))
        return groups

    def _near(self, digest: str, among: Collection[str]) -> Iterator[str]:
        near = (self.parts(digest), self.parents(digest), self.subjects(digest), self.referrers(digest))
        return (other for others in near for other in others if other in among)

    def _in_order(self, group: Collection[str]) -> list[str]:
        """Return a group in order. What only its tags say of an artifact gives way where they make a circle."""
        order = _sorted(group, lambda digest: (*self.parts(digest), *self.subjects(digest)))
        if len(order) < len(group):
            order = _sorted(group, lambda digest: (*self.parts(digest), *filter(None, [self._written_subject(digest)])))
        ordered = dict.fromkeys(order)
        return [*order, *(digest for digest in group if digest not in ordered)]  # digests themselves make no circle

    def orphans(self) -> list[str]:
        """Return the artifacts whose subject is gone: as the manifest says, or else all that the tags name."""
        return [
            digest
            for digest, image in self.images.items()
            if digest not in self._subjects and (subjects := subjects_of(image)) and digest not in subjects
        ]


def _sorted(group: Collection[str], following: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the digests that can be put in order: each before those that follow it."""
    after = {digest: [other for other in dict.fromkeys(following(digest)) if other in group] for digest in group}
    before = dict.fromkeys(group, 0)
    for others in after.values():
        for other in others:
            before[other] += 1
    ready = deque(digest for digest in group if not before[digest])
    order: list[str] = []
    while ready:
        order.append(digest := ready.popleft())
        for other in after[digest]:
            before[other] -= 1
            if not before[other]:
                ready.append(other)
    return order


def read(aws: Aws, name: str) -> Graph:
    """Read the images of a repository, and the manifests of the indexes among them: see ``with_parts``."""
    return with_parts(aws, name, describe(aws, name))


def with_parts(aws: Aws, name: str, listed: Iterable[Image]) -> Graph:
    """Return the graph of all images of a repository. The manifests of the indexes are read, 100 a call.

    ECR counts the reading of a manifest as a pull of the index, and hands out none of an archived index: its parts are
    not known.
    """
    images = with_subjects(aws, name, listed)
    indexes = [image for image in images.values() if is_index(image)]
    answer = manifests.ask(aws, name, [index.digest for index in indexes if index.storage_class == STANDARD])
    unread = {index.digest: "archived" for index in indexes if index.storage_class != STANDARD}
    for digest, (code, reason) in answer.failures.items():
        if code == manifests.NOT_FOUND:
            images.pop(digest, None)  # somebody has deleted it since it was listed
        else:
            unread[digest] = f"{code}: {reason}"
    parts: dict[str, list[str]] = {}
    for index, manifest in answer.manifests.items():
        try:
            parts[index] = [part.digest for part in manifest.parsed.parts]
        except SpecError as error:
            unread[index] = str(error)
    return Graph(referenced(images.values(), parts), unread)
