"""Real images for tests: manifests with true digests, and all that they name.

https://github.com/opencontainers/image-spec/blob/main/manifest.md, image-index.md and config.md beside it, and
https://distribution.github.io/distribution/spec/manifest-v2-2/ for Docker's.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .blobs import Blob, digest_of

OCI, DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
EMPTY = Blob.of(b"{}")
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_KINDS = {
    False: {
        "image": OCI + "manifest.v1+json",
        "index": OCI + "index.v1+json",
        "config": OCI + "config.v1+json",
        "gzip": OCI + "layer.v1.tar+gzip",
        "tar": OCI + "layer.v1.tar",
    },
    True: {
        "image": DOCKER + "distribution.manifest.v2+json",
        "index": DOCKER + "distribution.manifest.list.v2+json",
        "config": DOCKER + "container.image.v1+json",
        "gzip": DOCKER + "image.rootfs.diff.tar.gzip",
        "tar": DOCKER + "image.rootfs.diff.tar",
    },
}
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Made:
    """A manifest and the blobs that it names.

    Args:
        manifest: The text of the manifest.
        media_type: What it is.
        blobs: The configuration and the layers.
    """

    manifest: str
    media_type: str
    blobs: Sequence[Blob] = ()


def image(
    layers: Iterable[bytes],
    platform: str,
    *,
    labels: Mapping[str, str],
    created: str,
    annotations: Mapping[str, str],
    docker: bool,
) -> Made:
    """An image of some layers: archives, packed by gzip or not; for this, bytes that are no archive will do."""
    kinds, contents = _KINDS[docker], list(layers)
    system, architecture, *variant = platform.split("/")
    config = {
        "architecture": architecture,
        "os": system,
        **({"variant": variant[0]} if variant else {}),
        **({"created": created} if created else {}),
        "config": {"Labels": dict(labels)} if labels else {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(_unpacked(content)) for content in contents]},
    }
    settings, blobs = Blob.of(json.dumps(config).encode()), [Blob.of(content) for content in contents]
    packed = [kinds["gzip" if content.startswith(_GZIP) else "tar"] for content in contents]
    manifest = {
        "schemaVersion": 2,
        "mediaType": kinds["image"],
        "config": _descriptor(kinds["config"], settings),
        "layers": [_descriptor(kind, blob) for kind, blob in zip(packed, blobs, strict=True)],
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return Made(json.dumps(manifest), kinds["image"], [settings, *blobs])


def index(parts: Iterable[Mapping[str, Any]], *, annotations: Mapping[str, str], docker: bool) -> Made:
    """An index of parts, each of which is described already."""
    kind = _KINDS[docker]["index"]
    notes = {"annotations": dict(annotations)} if annotations else {}
    return Made(json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": list(parts), **notes}), kind)


def referrer(subject: Mapping[str, Any], artifact_type: str, content: bytes, annotations: Mapping[str, str]) -> Made:
    """An artifact that refers to an image: one layer, and the empty configuration of OCI's guidance."""
    kind, blob = _KINDS[False]["image"], Blob.of(content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "artifactType": artifact_type,
        "config": _descriptor(EMPTY_TYPE, EMPTY),
        "layers": [_descriptor(artifact_type, blob)],
        "subject": dict(subject),
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return Made(json.dumps(manifest), kind, [EMPTY, blob])


def _descriptor(media_type: str, blob: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _unpacked(content: bytes) -> bytes:
    """What a layer is when it is not packed; bytes that are no archive are what they are."""
    try:
        return gzip.decompress(content) if content.startswith(_GZIP) else content
    except (OSError, EOFError, zlib.error):
        return content
