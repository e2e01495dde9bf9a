"""What can be wanted of the images of a repository that are to go, and what is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ecrops.images.graph import Graph
from ecrops.images.usage.values import Protected

BATCH = 100
"""The images of one ``BatchDeleteImage``."""
MOST_REFUSALS = 2
"""How often ECR may call an image a part of an index, until it stays."""


@dataclass(frozen=True, slots=True)
class Delete:
    """An edit: these images are gone. What goes was decided once: images that come later are never among them.

    Args:
        batches: The digests of the images, as they are sent: an index before its parts, a referrer before its subject.
        tags: The tags that each image had when that was decided. An image with another one stays.
        named: The images that the user named, which have no reason to stay but a part, an index or a referrer.
        never: What must stay.
        host: The host of the registry.
        notes: What the user must know.
        refused: How often ECR called an image a part of an index, by digest, since this was decided.
    """

    batches: Sequence[Sequence[str]]
    tags: Mapping[str, frozenset[str]]
    named: frozenset[str] = frozenset()
    never: Protected = ()
    host: str = ""
    notes: Sequence[str] = ()
    refused: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def digests(self) -> list[str]:
        """The images that are to go, in order."""
        return [digest for batch in self.batches for digest in batch]


class Present(NamedTuple):
    """The images that are there.

    Args:
        graph: The images as they were read.
        gone: Those that were deleted since.
        refused: Those that ECR called a part of an index, again and again.
    """

    graph: Graph
    gone: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    @property
    def now(self) -> Graph:
        """The images without those that are gone."""
        if not self.gone:
            return self.graph
        left = (image for digest, image in self.graph.images.items() if digest not in self.gone)
        return Graph(left, self.graph.unread)


def batches_of(groups: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return groups of images in batches. A group is cut only if it is larger than a batch.

    A call takes effect or does not: then no index is gone whose parts are left, without anything that names them.
    """
    batches: list[list[str]] = [[]]
    for group in groups:
        if len(group) <= BATCH < len(batches[-1]) + len(group):  # one that is cut anyway fills the batch before it
            batches.append([])
        for digest in group:
            if len(batches[-1]) == BATCH:
                batches.append([])
            batches[-1].append(digest)
    return [tuple(batch) for batch in batches if batch]
