"""What can be wanted of the storage class of an image. Pure.

Each image has a key of its own, since ECR moves one image a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ecrops.images.graph import Graph
from ecrops.images.image import ARCHIVE, Image
from ecrops.images.names import address


class Move(NamedTuple):
    """An edit: an image is in a storage class.

    Args:
        repository: The repository.
        digest: The digest of the image.
        target: ``archive`` or ``standard``.
        step: The images of all lower steps come first: an index before its parts.
        for_keys: The keys of its parts, which go no further without it.
        is_named: Whether the user named the image. It is an error then if it does not exist.
        stays: Why it cannot be moved; empty if it can.
    """

    repository: str
    digest: str
    target: str
    step: int = 0
    for_keys: tuple[str, ...] = ()
    is_named: bool = False
    stays: str = ""


def key_of(repository: str, image: Image) -> str:
    """Return the key of an image: with its first tag if it has one, else with its digest."""
    return address(repository, image.tags[0] if image.tags else image.digest)


def moves(
    repository: str, graph: Graph, order: Sequence[str], target: str, named: Sequence[str] = ()
) -> dict[str, Move]:
    """Return the edits that move images, by key.

    Args:
        repository: The repository.
        graph: Its images.
        order: The digests of the images, indexes before their parts.
        target: ``archive`` or ``standard``.
        named: The digests of those that the user named.
    """
    steps = _steps(graph, order) if target == ARCHIVE else {}
    keys = {digest: key_of(repository, graph.images[digest]) for digest in order}
    moves: dict[str, Move] = {}
    for digest, key in keys.items():
        parts = graph.parts(digest) if target == ARCHIVE else ()
        for_keys = tuple(keys[part] for part in parts if part in keys)
        moves[key] = Move(repository, digest, target, steps.get(digest, 0), for_keys, digest in named)
    return moves


def _steps(graph: Graph, order: Sequence[str]) -> Mapping[str, int]:
    """Return the step of each image: one more than that of each index that it is a part of."""
    steps: dict[str, int] = {}
    for digest in order:
        steps[digest] = max((steps[index] + 1 for index in graph.parents(digest) if index in steps), default=0)
    return steps
