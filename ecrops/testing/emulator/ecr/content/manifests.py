"""What a manifest needs to be there: its configuration and layers, or its parts.

Descriptors without a digest name nothing, and layers of others (``urls``) are not kept in a registry:
https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from moto.ecr.models import Image, Repository

from ..errors import invalid
from .errors import LayersNotFound, ReferencedImagesNotFound

_FOREIGN = ("foreign", "nondistributable")


def check(repository: Repository, manifest: str) -> None:
    """Refuse a manifest whose layers or parts are missing: the errors of PutImage in the model."""
    document, stored = parsed(manifest), cast(Any, repository.images)
    missing = [
        descriptor["digest"] for descriptor in descriptors(document) if descriptor["digest"] not in repository.layers
    ]
    if missing:
        raise LayersNotFound.required(dict.fromkeys(missing), repository)
    absent = [digest for digest in parts(document) if stored.of(digest) is None]
    if absent:
        raise ReferencedImagesNotFound(dict.fromkeys(absent), repository)


def check_subject(repository: Repository, manifest: str) -> None:
    """Refuse an artifact that refers to an index, as ECR did in aws/containers-roadmap#2783.

    The registry answered 405 there; the words are those of opcr-io/policy#149, which met the same status.
    """
    # unverified: what PutImage of the API answers
    subject = parsed(manifest).get("subject") or {}
    images: Any = repository.images
    image = images.of(subject.get("digest"))
    kinds = (subject.get("mediaType"), image.image_manifest_media_type if image else None)
    if any("image.index" in str(kind) or "manifest.list" in str(kind) for kind in kinds):
        raise invalid("ImageManifest", "Invalid JSON syntax")


def descriptors(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The configuration and the layers of a manifest that are kept in the registry."""
    for descriptor in (document.get("config"), *(document.get("layers") or ())):
        if isinstance(descriptor, dict) and descriptor.get("digest") and not _is_foreign(descriptor):
            yield descriptor


def parts(document: Mapping[str, Any]) -> Iterator[str]:
    """The digests of the parts of an index."""
    return (descriptor["digest"] for descriptor in document.get("manifests") or () if descriptor.get("digest"))


def size(document: Mapping[str, Any]) -> int | None:
    """The size of an image as ECR tells it, from what its manifest says; ``None`` if it does not."""
    sizes = [descriptor["size"] for descriptor in descriptors(document) if isinstance(descriptor.get("size"), int)]
    # unverified: whether the configuration counts
    return sum(sizes) if sizes else None


def layers(image: Image) -> frozenset[str]:
    """The digests of the configuration and the layers that an image names, found once."""
    known: frozenset[str] | None = getattr(image, "named_layers", None)
    if known is None:
        known = frozenset(descriptor["digest"] for descriptor in descriptors(of(image)))
        image.named_layers = known  # type: ignore[attr-defined]
    return known


def of(image: Image) -> dict[str, Any]:
    """What the manifest of an image says, read once."""
    said: dict[str, Any] | None = getattr(image, "said", None)
    if said is None:
        said = image.said = parsed(image.image_manifest)  # type: ignore[attr-defined]
    return said


def parsed(manifest: str) -> dict[str, Any]:
    """What a manifest says; nothing if it is no object."""
    try:
        document = json.loads(manifest)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _is_foreign(descriptor: Mapping[str, Any]) -> bool:
    return any(word in str(descriptor.get("mediaType")) for word in _FOREIGN)
