"""Images with all their parts, between stores: layers before manifests, parts before their index, tags last.

Called by the benchmark and by the judges, which have registries without the API of ECR. What is there already is
skipped: an image by its digest, since no registry keeps an image without its parts and layers, and layers by theirs. It
does not know how a store keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ecrops.aws import Aws
from ecrops.base.shown import Shown
from ecrops.images.manifests import Layer, Manifest, digest_of, parse, verified

if TYPE_CHECKING:
    from whole_stores import WholeStore


@dataclass(frozen=True, slots=True)
class Moved(Shown):
    """What a copy did.

    Args:
        digests: The digests of the images, in the order that they were asked for.
        moved: The bytes of layers that were read and sent.
        mounted: The bytes of layers that the registry mounted.
        skipped: The bytes of layers that were there.
    """

    digests: tuple[str, ...]
    moved: int = 0
    mounted: int = 0
    skipped: int = 0


class _Image(NamedTuple):
    """A manifest as it is kept, and what it says."""

    digest: str
    content: bytes
    media_type: str
    manifest: Manifest
    is_part: bool


def copy_whole(
    aws: Aws, source: WholeStore, target: WholeStore, wanted: Mapping[str, Sequence[str]], mount_from: str = ""
) -> Moved:
    """Copy images with all their parts. What a copy that broke off had done is not done again.

    Args:
        aws: What the work is shared out by, and what stops it.
        source: Where the images are.
        target: Where they go.
        wanted: Their tags or digests, each with the tags that it gets, which are put last.
        mount_from: The repository of the same registry to mount layers from; empty where layers cannot be mounted.
    """
    roots, images = _read(aws, source, list(wanted))
    is_there = dict(zip(roots, aws.map(target.find, roots), strict=True))
    missing = _whole([digest for digest in roots if is_there[digest] is None], images)
    layers = {layer.digest: layer for image in missing for layer in image.manifest.layers if not layer.is_foreign}
    largest_first = sorted(layers.values(), key=lambda layer: -layer.size)
    amounts = aws.map(partial(_bring, source, target, mount_from), largest_first)
    tagged = {digest for digest, tags in zip(roots, wanted.values(), strict=True) if tags}
    for level in _levels(missing):
        by_digest = [image for image in level if image.digest not in tagged or image.is_part]
        aws.map(lambda image: target.put(image.content, image.media_type), by_digest)

    def tag(pair: tuple[str, str]) -> None:
        digest, name = pair
        image = images[digest]
        if is_there[digest] is None or target.find(name) != digest:
            target.put(image.content, image.media_type, name)

    aws.map(tag, [(digest, name) for digest, names in zip(roots, wanted.values(), strict=True) for name in names])
    moved, mounted, skipped = (sum(amount[place] for amount in amounts) for place in range(3))
    return Moved(tuple(roots), moved, mounted, skipped)


def _bring(source: WholeStore, target: WholeStore, mount_from: str, layer: Layer) -> tuple[int, int, int]:
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


def _read(aws: Aws, source: WholeStore, references: Sequence[str]) -> tuple[list[str], dict[str, _Image]]:
    """Return the digests of images, and by digest these and all their parts: level by level, each in parallel."""
    level = aws.map(partial(_read_one, source), references)
    roots, found = [image.digest for image in level], {image.digest: image for image in level}
    while parts := {part.digest for image in level for part in image.manifest.parts}:
        found |= {digest: found[digest]._replace(is_part=True) for digest in parts & found.keys()}
        level = aws.map(partial(_read_one, source, is_part=True), sorted(parts - found.keys()))
        found |= {image.digest: image for image in level}
    return roots, found


def _whole(digests: Sequence[str], images: Mapping[str, _Image]) -> list[_Image]:
    """Return images with all their parts, each once."""
    whole: dict[str, _Image] = {}
    rest = list(digests)
    while rest:
        image = images[rest.pop()]
        if image.digest not in whole:
            whole[image.digest] = image
            rest += [part.digest for part in image.manifest.parts]
    return list(whole.values())


def _read_one(source: WholeStore, reference: str, *, is_part: bool = False) -> _Image:
    content, media_type = source.manifest(reference)
    digest = digest_of(content)
    if ":" in reference:
        verified(content, reference)
    return _Image(digest, content, media_type, parse(content, media_type), is_part)


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
