"""Which images are archived or restored together, and why others stay. Pure.

ECR archives no part of an index that is active: "If an image is referenced by a manifest list, it cannot be expired or
archived without the manifest list being deleted or archived first."
https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html

It archives the artifacts that have a subject by itself, within 24 hours of the subject:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-signing.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ecrops.images.graph import Graph
from ecrops.images.image import ARCHIVE

NOTHING: Mapping[str, str] = {}


class Choice(NamedTuple):
    """Which images are moved.

    Args:
        order: Their digests: indexes before their parts.
        kept: Why others that were selected stay, by digest.
        by_ecr: Artifacts about them that are left to ECR.
    """

    order: Sequence[str]
    kept: Mapping[str, str] = NOTHING
    by_ecr: Sequence[str] = ()


def to_archive(
    graph: Graph, selected: Iterable[str], never: Mapping[str, str] = NOTHING, named: Collection[str] = ()
) -> Choice:
    """Return which images go to the archive.

    An index goes with those parts that have no tag of their own, and that no other index has: the parts are what its
    bytes are. A part of an index that stays active stays.

    Args:
        graph: The images of the repository.
        selected: Which images are meant.
        never: Which images must stay, with the reasons.
        named: Which of them were named by digest or tag.
    """
    # unverified: no document says whether ECR archives the parts with their index; one that is archived already is done
    order, kept = graph.deletion(selected, never, named)
    going = [digest for digest in order if graph.images[digest].storage_class != ARCHIVE or digest in named]
    by_ecr: dict[str, None] = {}
    for digest in going:
        is_left = graph.images[digest].subject is not None or any(index in by_ecr for index in graph.parents(digest))
        if is_left and digest not in named:
            by_ecr[digest] = None
    return Choice([digest for digest in going if digest not in by_ecr], kept, list(by_ecr))


def to_restore(graph: Graph, selected: Collection[str]) -> Choice:
    """Return which images come back from the archive: those that are meant, with their parts, as far as they are known.

    The parts of an archived index are not: ECR hands out its manifest once it is restored.
    """
    # unverified: no document says whether ECR restores parts with their index, and artifacts with their subject
    whole = dict.fromkeys(graph.whole(selected))
    about = [digest for digest in graph.with_referrers(whole) if digest not in whole]
    by_ecr = [digest for digest in about if graph.images[digest].subject]
    order = [*whole, *(digest for digest in about if not graph.images[digest].subject)]
    archived = [digest for digest in order if graph.images[digest].storage_class == ARCHIVE]
    return Choice(archived, by_ecr=[digest for digest in by_ecr if graph.images[digest].storage_class == ARCHIVE])
