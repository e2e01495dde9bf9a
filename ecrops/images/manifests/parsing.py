"""From the bytes of a manifest to what it says. Pure.

It reads what others wrote: what is no index and no image is unknown, and never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecrops.base.plain_json import parsed
from ecrops.errors import SpecError
from ecrops.images.manifests.values import (
    ACCEPTED,
    IMAGES,
    INDEXES,
    OCI_INDEX,
    OCI_MANIFEST,
    Kind,
    Layer,
    Manifest,
    Part,
    Platform,
)

_FOREIGN = ("foreign", "nondistributable")


def parse(content: bytes | str, media_type: str = "") -> Manifest:
    """Return what a manifest says.

    Args:
        content: The manifest.
        media_type: Its media type. Without it, the manifest's own ``mediaType`` counts, else its form.

    Raises:
        SpecError: It is said to be an index or an image, and is not the JSON of one.
    """
    try:
        document = parsed(content)
    except (SpecError, ValueError) as error:
        document, problem = None, str(error)
    else:
        problem = f"expected a JSON object, got {type(document).__name__}"
    if not isinstance(document, dict):
        if media_type in ACCEPTED:
            raise SpecError(f"expected a manifest of type {media_type}: {problem}")
        return Manifest(Kind.UNKNOWN, media_type)
    media_type = media_type or _text(document.get("mediaType")) or _type_of_form(document)
    is_known = media_type in ACCEPTED
    return Manifest(
        kind=Kind.INDEX if media_type in INDEXES else Kind.IMAGE if media_type in IMAGES else Kind.UNKNOWN,
        media_type=media_type,
        parts=_once(_part(item) for item in _items(document, "manifests", strict=is_known)),
        layers=_once(_layers(document, strict=is_known)),
        subject=_text((document.get("subject") or {}).get("digest")) if _is_object(document.get("subject")) else "",
        artifact_type=_text(document.get("artifactType")),
        annotations=_texts(document.get("annotations")),
    )


def _type_of_form(document: Mapping[str, Any]) -> str:
    """Return the media type of a manifest that does not say its own, as OCI allows."""
    if document.get("schemaVersion") != 2:
        return ""
    return OCI_INDEX if "manifests" in document else OCI_MANIFEST if "layers" in document else ""


def _items(document: Mapping[str, Any], name: str, *, strict: bool) -> list[Mapping[str, Any]]:
    """Return the descriptors in a list of a manifest.

    Raises:
        SpecError: Something in it is none, and ``strict``.
    """
    items = document.get(name) or []
    items = items if isinstance(items, list) else [items]
    right = [item for item in items if _is_object(item) and _text(item.get("digest"))]
    if strict and len(right) < len(items):
        raise SpecError(f"{name}: expected descriptors with a digest each, in a manifest")
    return right


def _part(item: Mapping[str, Any]) -> Part:
    return Part(
        digest=item["digest"],
        size=_size(item),
        media_type=_text(item.get("mediaType")),
        platform=platform_of(item.get("platform")),
        artifact_type=_text(item.get("artifactType")),
        annotations=_texts(item.get("annotations")),
    )


def platform_of(document: object) -> Platform | None:
    """Return the platform in a descriptor or a configuration; ``None`` if it has none."""
    if not isinstance(document, Mapping) or not (document.get("os") or document.get("architecture")):
        return None
    return Platform(*(_text(document.get(name)) for name in ("os", "architecture", "variant", "os.version")))


def _layers(document: Mapping[str, Any], *, strict: bool) -> list[Layer]:
    """Return the configuration and the layers; those of the first schema of Docker, and of OCI artifacts, too."""
    config = _items(document, "config", strict=strict and "manifests" not in document)
    layers = [Layer(item["digest"], _size(item), _text(item.get("mediaType")), is_config=True) for item in config]
    for item in (item for name in ("layers", "blobs") for item in _items(document, name, strict=strict)):
        media_type = _text(item.get("mediaType"))
        is_foreign = bool(item.get("urls")) and any(word in media_type for word in _FOREIGN)
        layers.append(Layer(item["digest"], _size(item), media_type, is_foreign=is_foreign))
    old = document.get("fsLayers")
    sums = [_text(item.get("blobSum")) for item in old if _is_object(item)] if isinstance(old, list) else []
    return [*layers, *(Layer(digest) for digest in sums if digest)]


def _once(items: Iterable[Any]) -> tuple[Any, ...]:
    values: dict[str, Any] = {}
    for item in items:
        values.setdefault(item.digest, item)
    return tuple(values.values())


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {key: text for key, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def _size(item: Mapping[str, Any]) -> int:
    size = item.get("size")
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0
