"""Images that were pushed at some time in the past, with what a registry usually has: indexes, signatures, pulls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

MEGABYTE = 1_000_000
OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Described = dict[str, Any]
"""An image as DescribeImages describes it, with its ``manifest``."""


@dataclass(frozen=True, slots=True)
class SeededImage:
    """An image, an index or an artifact to put into the emulated ECR, as if it had been pushed some time ago.

    Args:
        tags: Its tags; without any, the image is untagged.
        age: How long ago it was pushed.
        size: Its size in bytes, as ECR counts it. That of an index is the size of its manifest.
        last_pull: How long ago it was last pulled; ``None``: never.
        archived: How long ago it was moved to the archive; ``None``: it is not there.
        parts: The images of an index (a multi-architecture image). They get the age of the index if they have none.
        referrers: The artifacts that refer to it, such as signatures and SBOMs: images with an ``artifact_type``.
        platform: For the image of an index: ``linux/arm64``, for instance.
        artifact_type: For an artifact: its media type, such as ``application/vnd.dev.sigstore.bundle.v0.3+json`` for a
            signature.

    Raises:
        TypeError: The tags are one text, or a time is not a ``timedelta``.

    Example:
        >>> amd, arm = (SeededImage(platform=name) for name in ("linux/amd64", "linux/arm64"))
        >>> image = SeededImage(["v1.2", "latest"], age=timedelta(days=3), parts=[amd, arm])
        >>> old = SeededImage(age=timedelta(days=90), size=250_000_000)  # untagged, and never pulled
    """

    tags: Sequence[str] = ()
    _: KW_ONLY
    age: timedelta = timedelta()
    size: int = 80 * MEGABYTE
    last_pull: timedelta | None = None
    archived: timedelta | None = None
    parts: Sequence[SeededImage] = ()
    referrers: Sequence[SeededImage] = ()
    platform: str = "linux/amd64"
    artifact_type: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.tags, str):
            raise TypeError(f"tags: expected a list of tags, got the text {self.tags!r}: write [{self.tags!r}]")
        for name in ("age", "last_pull", "archived"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, timedelta):
                raise TypeError(f"{name}: expected a timedelta, such as timedelta(days=3), got {value!r}")


_NUMBERS = count(1)
"""No two seeded images have the same content."""


def described(images: Iterable[SeededImage]) -> Iterator[tuple[str, list[Described]]]:
    """Yield the digest of each image, and all that has to be there for it: parts first, artifacts that refer last."""
    now = datetime.now(UTC)
    for image in images:
        record, records = _with_all_around(image, now, subject=None, at_least=timedelta())
        yield record["imageDigest"], records


def _with_all_around(
    image: SeededImage, now: datetime, *, subject: Described | None, at_least: timedelta
) -> tuple[Described, list[Described]]:
    """Return the record of an image, and the records of all that has to be there for it, its own among them."""
    age = max(image.age, at_least)
    parts: list[tuple[SeededImage, Described]] = []
    records: list[Described] = []
    for part in image.parts:
        child, inner = _with_all_around(part, now, subject=None, at_least=age)
        parts.append((part, child))
        records += inner
    record = _described(image, age, now, _manifest(image, parts, subject))
    records.append(record)
    for artifact in image.referrers:
        records += _with_all_around(artifact, now, subject=record, at_least=artifact.age or age)[1]
    return record, records


def _described(image: SeededImage, age: timedelta, now: datetime, manifest: dict[str, Any]) -> Described:
    text = json.dumps(manifest)
    members = {
        "imageDigest": _digest(text),
        "imageTags": list(image.tags),
        "imagePushedAt": (now - age).timestamp(),
        "imageSizeInBytes": len(text) if image.parts else image.size,
        "imageManifestMediaType": manifest["mediaType"],
        "artifactMediaType": manifest.get("artifactType") or manifest.get("config", {}).get("mediaType"),
        "lastRecordedPullTime": None if image.last_pull is None else (now - image.last_pull).timestamp(),
        "lastArchivedAt": None if image.archived is None else (now - image.archived).timestamp(),
        "imageStatus": None if image.archived is None else "ARCHIVED",
        "manifest": manifest,
    }
    return {name: value for name, value in members.items() if value is not None}


def _manifest(
    image: SeededImage, parts: Sequence[tuple[SeededImage, Described]], subject: Described | None
) -> dict[str, Any]:
    reference = {"subject": _descriptor(subject)} if subject else {}
    kind = {"artifactType": image.artifact_type} if image.artifact_type else {}
    number = next(_NUMBERS)
    if image.parts:
        listed = [{**_descriptor(record), "platform": _platform(part.platform)} for part, record in parts]
        marks = {"annotations": {"ecrops.testing.number": str(number)}}
        return {"schemaVersion": 2, "mediaType": OCI_INDEX, **kind, "manifests": listed, **reference, **marks}
    config = {"mediaType": OCI_CONFIG, "digest": _digest(f"config {number}"), "size": 1_500}
    layer = {"mediaType": OCI_LAYER, "digest": _digest(f"layer {number}"), "size": image.size}
    return {"schemaVersion": 2, "mediaType": OCI_IMAGE, **kind, "config": config, "layers": [layer], **reference}


def _descriptor(record: Described) -> dict[str, Any]:
    size = len(json.dumps(record["manifest"]))
    return {"mediaType": record["imageManifestMediaType"], "digest": record["imageDigest"], "size": size}


def _platform(text: str) -> dict[str, str]:
    system, _, architecture = text.partition("/")
    return {"os": system, "architecture": architecture}


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
