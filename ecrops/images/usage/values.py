"""What must stay of a repository, as users say it, and which images that means. Pure.

Called by whatever deletes, archives or expires images. ``resolve`` says which images must stay, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ecrops.base.problems import Problems
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.images.names import is_digest
from ecrops.images.tag_patterns import Segments, misfit, segments_of
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
        if ("/" in entry or "@" in entry) and "*" in entry:
            raise SpecError(f"{PROTECTED}, got {entry!r}: an image has no '*'; give the pattern of its tags alone")
        parse(entry)
        return entry
    if reason := misfit(segments_of(entry)):
        raise SpecError(f"{PROTECTED}, got {entry!r}, which no tag fits: {reason}")
    return entry


def is_reference(entry: str) -> bool:
    """Whether an entry is a digest or an image, and no pattern of tags: tags have neither ``/`` nor ``@``."""
    return is_digest(entry) or "/" in entry or "@" in entry


class Match(NamedTuple):
    """Why an image must stay.

    Args:
        reason: In words, such as ``has the tag prod-1``.
        name: The tag that protects it; empty if it is none.
    """

    reason: str
    name: str = ""


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
        self._patterns: list[Segments] = []
        for entry in checked(never):
            if isinstance(entry, InUse):
                for reference, use in entry.references(repository, host):
                    self._add(reference, use.words)
            elif not is_reference(entry):
                self._patterns.append(segments_of(entry))
            elif (reference := parse(entry)).is_of(repository, host):
                self._add(reference, "is protected by its digest" if reference.digest else f"is {entry}")

    def _add(self, reference: Reference, reason: str) -> None:
        if reference.digest:
            self._digests.setdefault(reference.digest, Match(reason))
        else:
            self._tags.setdefault(reference.tag, Match(reason, reference.tag))

    def match(self, image: Image) -> Match | None:
        """Return why an image must stay by itself; ``None`` if nothing protects it."""
        if found := self._digests.get(image.digest):
            return found
        tags = next((self._tags[tag] for tag in image.tags if tag in self._tags), None)
        return tags or next((self._fit(tag) for tag in image.tags if self._fits(tag)), None)

    def _fits(self, tag: str) -> bool:
        return any(fits(tag, pattern) for pattern in self._patterns)

    def _fit(self, tag: str) -> Match:
        return Match(f"has the tag {tag}, which is protected", tag)


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
    graph = images if isinstance(images, Graph) else Graph(images)
    matches = ((digest, protection.match(image)) for digest, image in graph.images.items())
    reasons = {digest: match.reason for digest, match in matches if match}
    return graph.protected(reasons) if reasons else {}
