"""What must stay of a repository, as users say it, and which images that means. Pure.

Called by whatever deletes, archives or expires images. ``resolve`` says which images must stay, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.images.names import is_digest
from ecrops.images.tag_patterns import TagPatterns, misfit, segments_of
from ecrops.images.usage.references import FORMS, Reference, parse
from ecrops.images.usage.uses import InUse

if TYPE_CHECKING:
    from ecrops.images.graph import Graph
    from ecrops.images.image import Image

Protected: TypeAlias = str | InUse | Iterable[str | InUse]
"""What must stay: patterns of tags, digests, images as ``HOST/NAME:TAG``, ``HOST/NAME@sha256:…`` or ``NAME@sha256:…``,
or ``InUse``; one or several."""
Entry: TypeAlias = str | InUse
PROTECTED = f"expected patterns of tags, digests, images ({FORMS}), or what in_use() returned"


def checked(never: object) -> tuple[Entry, ...]:
    """Return what must stay, one entry after another.

    Raises:
        SpecError: With every entry that is none.
    """
    problems = Problems()
    if isinstance(never, str | InUse):
        entries: Iterable[Any] = (never,)
    elif isinstance(never, Iterable) and not isinstance(never, bytes | Mapping):
        entries = sorted(never, key=str) if isinstance(never, set | frozenset) else never
    else:
        raise SpecError(f"{PROTECTED}, got {never!r}")
    found = problems.each("", entries, _checked_entry, numbered=False)
    problems.raise_any()
    return tuple(found)


def _checked_entry(entry: object) -> Entry:
    if isinstance(entry, InUse):
        return entry
    if not isinstance(entry, str):
        raise SpecError(f"{PROTECTED}, got {entry!r}")
    if is_reference(entry):
        if "*" in entry:
            raise SpecError(f"{PROTECTED}, got {entry!r}: an image has no '*'; give the pattern of its tags alone")
        parse(entry)
        return entry
    if reason := misfit(segments_of(entry)):
        raise SpecError(f"{PROTECTED}, got {entry!r}, which no tag fits: {reason}")
    return entry


def is_reference(entry: str) -> bool:
    """Whether an entry is meant as a digest or an image. Patterns of tags have no ``@`` and no ``/``."""
    first, slash, others = entry.partition("/")
    return is_digest(entry) or "@" in entry or (bool(slash) and ("." in first or ":" in first + others))


class Match(NamedTuple):
    """Why an image must stay.

    Args:
        reason: In words, such as ``has the tag prod-1, which is protected``.
        tag: The tag that protects it; empty if it is none.
        is_used: Whether something uses it: then the reason says what nobody who protects it has said.
    """

    reason: str
    tag: str = ""
    is_used: bool = False


class Protection:
    """What must stay of one repository, ready to be asked about images.

    Args:
        never: What must stay.
        repository: The name of the repository; ``None`` if it is not known, and then those of every one count.
        host: The host of its registry, if it is known: then images of other registries protect nothing.
    """

    def __init__(self, never: Protected, repository: str | None = None, host: str | None = None) -> None:
        self._digests: dict[str, Match] = {}
        self._tags: dict[str, Match] = {}
        entries = checked(never)
        patterns = [entry for entry in entries if not isinstance(entry, InUse) and not is_reference(entry)]
        self._patterns = TagPatterns(patterns)
        for entry in entries:
            if isinstance(entry, InUse):  # first: what uses an image says more than that it is protected
                for reference, use in entry.references(repository, host):
                    self._add(reference, Match(use.words, reference.tag, is_used=True))
        for entry in entries:
            if isinstance(entry, InUse) or not is_reference(entry):
                continue
            if (reference := parse(entry)).is_of(repository, host):
                reason = "is protected by its digest" if reference.digest else f"is {entry}, which is protected"
                self._add(reference, Match(reason, reference.tag))

    def _add(self, reference: Reference, match: Match) -> None:
        if reference.digest:
            self._digests.setdefault(reference.digest, match)
        else:
            self._tags.setdefault(reference.tag, match)

    def match(self, image: Image) -> Match | None:
        """Return why an image must stay by itself; ``None`` if nothing protects it."""
        if found := self._digests.get(image.digest):
            return found
        if found := next((self._tags[tag] for tag in image.tags if tag in self._tags), None):
            return found
        tag = self._patterns.first(image.tags)
        return None if tag is None else Match(f"has the tag {tag}, which is protected", tag)

    def matches(self, images: Iterable[Image]) -> dict[str, Match]:
        """Return why images must stay by themselves, by digest."""
        return {image.digest: match for image in images if (match := self.match(image))}


def resolve(
    never: Protected, images: Iterable[Image] | Graph, *, repository: str | None, host: str | None = None
) -> dict[str, str]:
    """Return which images of a repository must stay, by digest, with the reasons.

    An image that stays keeps the indexes that it is a part of, an index its parts, and both what is about them.

    Args:
        never: What must stay.
        images: All images of the repository, or the graph of them.
        repository: The name of the repository: images of others protect nothing in it. ``None`` if it is not known.
        host: The host of its registry, if it is known: then images of other registries protect nothing.

    Raises:
        SpecError: Something in ``never`` is nothing that can be protected.
    """
    from ecrops.images.graph import Graph

    protection = Protection(never, repository, host)
    known = images if isinstance(images, Graph) else list(images)
    matches = protection.matches(known.images.values() if isinstance(known, Graph) else known)
    if not matches:
        return {}
    graph = known if isinstance(known, Graph) else Graph(known)
    return graph.protected({digest: match.reason for digest, match in matches.items()})


def elsewhere(never: Protected, images: Graph, going: Iterable[str], *, repository: str, host: str) -> dict[str, str]:
    """Return which images go whose copies run in another registry, by digest, with where and why.

    Such an image is not protected: what runs is pulled from the other registry. But it may be replicated from here.

    Args:
        never: What must stay.
        images: The images of the repository.
        going: The digests of the images that go.
        repository: The name of the repository.
        host: The host of its registry.
    """
    copies = {
        reference.digest: f"{use.words}, pulled from {reference.host}"
        for entry in checked(never)
        if isinstance(entry, InUse)
        for reference, use in entry.references(repository, None)
        if reference.digest in images.images and not reference.is_of(repository, host)
    }
    return {digest: copies[digest] for digest in going if digest in copies} if copies else {}


def within(never: tuple[Entry, ...], repository: str, host: str | None = None) -> tuple[Entry, ...]:
    """Return what of some entries may mean images of one repository.

    Args:
        never: What must stay, checked.
        repository: The name of the repository.
        host: The host of its registry, if it is known.
    """
    return tuple(_narrowed(never, repository, host))


def _narrowed(never: tuple[Entry, ...], repository: str, host: str | None) -> Iterator[Entry]:
    for entry in never:
        if isinstance(entry, InUse):
            if of_repository := entry.of(repository, host):
                yield of_repository
        elif not is_reference(entry) or parse(entry).is_of(repository, host):
            yield entry


def names_registries(never: tuple[Entry, ...]) -> bool:
    """Whether it makes a difference which registry a repository is in."""
    return any(isinstance(entry, InUse) or "/" in entry for entry in never)
