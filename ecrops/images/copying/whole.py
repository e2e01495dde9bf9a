"""One image with all its parts, between stores: layers before manifests, parts before their index, tags last.

Called by what copies images over HTTP. What is there already is skipped: an image by its digest, since no registry
keeps an image without its parts and layers, and layers by theirs. It does not know how a store keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ecrops.aws import Aws
from ecrops.base.shown import Shown
from ecrops.images.manifests import Layer, Manifest, digest_of, parse, verified

if TYPE_CHECKING:
    from ecrops.images.copying.stores.http import HttpStore


@dataclass(frozen=True, slots=True)
class Moved(Shown):
    """What a copy did.

    Args:
        digest: The digest of the image.
        moved: The bytes of layers that were read and sent.
        mounted: The bytes of layers that the registry mounted.
        skipped: The bytes of layers that were there.
    """

    digest: str
    moved: int = 0
    mounted: int = 0
    skipped: int = 0


class _Image(NamedTuple):
    """A manifest as it is kept, and what it says."""

    digest: str
    content: bytes
    media_type: str
    manifest: Manifest


def copy_whole(
    aws: Aws, source: HttpStore, target: HttpStore, reference: str, tags: Sequence[str] = (), mount_from: str = ""
) -> Moved:
    """Copy an image with all its parts. What a copy that broke off had done is not done again.

    Args:
        aws: What the work is shared out by, and what stops it.
        source: Where the image is.
        target: Where it goes.
        reference: Its tag or digest.
        tags: The tags that it gets, put last.
        mount_from: The repository of the same registry to mount layers from; empty where layers cannot be mounted.
    """
    images = _read(aws, source, [reference])
    whole = images[-1]
    amounts: list[tuple[int, int, int]] = []
    if target.find(whole.digest) is None:
        layers = {layer.digest: layer for image in images for layer in image.manifest.layers if not layer.is_foreign}
        largest_first = sorted(layers.values(), key=lambda layer: -layer.size)
        amounts = aws.map(partial(_bring, source, target, mount_from), largest_first)
        for level in _levels(images[:-1]):
            aws.map(lambda image: target.put(image.content, image.media_type), level)
        if not tags:
            target.put(whole.content, whole.media_type)
    for tag in tags:
        target.put(whole.content, whole.media_type, tag)
    moved, mounted, skipped = (sum(column) for column in zip(*amounts, strict=True)) if amounts else (0, 0, 0)
    return Moved(whole.digest, moved, mounted, skipped)


def _bring(source: HttpStore, target: HttpStore, mount_from: str, layer: Layer) -> tuple[int, int, int]:
    """Bring one layer, and return the bytes that were moved, mounted and skipped.

    A mount is one request, whether the layer is there or not.
    """
    if mount_from and target.mount(layer.digest, mount_from):
        return 0, layer.size, 0
    if target.has([layer.digest]):
        return 0, 0, layer.size
    with source.open(layer.digest) as stream:
        size = layer.size if stream.size is None else stream.size
        target.upload(layer.digest, size, stream)
    return size, 0, 0


def _read(aws: Aws, source: HttpStore, references: Iterable[str]) -> list[_Image]:
    """Return an image behind all its parts, each digest once: level by level, each in parallel."""
    found: dict[str, _Image] = {}
    wanted = list(references)
    while wanted:
        for image in aws.map(partial(_read_one, source), wanted):
            found.pop(image.digest, None)  # a part of two indexes comes before both
            found[image.digest] = image
        level = [found[digest] for digest in list(found)[-len(wanted) :]]
        wanted = list(dict.fromkeys(part.digest for image in level for part in image.manifest.parts))
    return list(reversed(found.values()))


def _read_one(source: HttpStore, reference: str) -> _Image:
    content, media_type = source.manifest(reference)
    digest = digest_of(content)
    if ":" in reference:
        verified(content, reference)
    return _Image(digest, content, media_type, parse(content, media_type))


def _levels(images: Sequence[_Image]) -> Iterable[Sequence[_Image]]:
    """Yield the manifests that need no other one, then those that need these, and so on."""
    rest, done = list(images), set[str]()
    known = {image.digest for image in images}
    while rest:
        ready = [
            image for image in rest if all(p.digest in done or p.digest not in known for p in image.manifest.parts)
        ]
        yield ready
        done |= {image.digest for image in ready}
        rest = [image for image in rest if image.digest not in done]
