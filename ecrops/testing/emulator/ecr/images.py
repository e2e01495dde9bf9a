"""Images as far as tags and listings need them: a tag that moves leaves its image behind."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from moto.ecr.exceptions import ImageAlreadyExistsException, ImageNotFoundException
from moto.ecr.models import Image, Repository

from . import mutability
from .content import manifests
from .content.album import album
from .errors import ImageDigestDoesNotMatch, ImageTagAlreadyExists, invalid


def put(repository: Repository, manifest: str, tag: str | None, media_type: str | None, digest: str | None) -> Image:
    """Push a manifest under a tag, or under none."""
    media_type = media_type or _media_type(manifest)
    actual = digest_of(manifest)
    if digest not in (None, actual):
        raise ImageDigestDoesNotMatch(f"The provided digest '{digest}' does not match '{actual}'")
    image = album(repository).of(actual)
    if image and is_archived(image):
        _restore(image)
    elif image and tag in (None, *image.image_tags):
        raise ImageAlreadyExistsException(repository.name, repository.registry_id, actual, tag or "null")
    if image is None:
        manifests.check(repository, manifest)
    if tag:
        _take(repository, tag)
    if image is None:
        image = _new(repository, manifest, media_type, actual)
        image.details = _found(repository, image)  # type: ignore[attr-defined]
    if tag:
        album(repository).tag(image, tag)
    return image


def digest_of(manifest: str) -> str:
    """The digest of a manifest: that of its exact bytes."""
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def layers(image: Image) -> frozenset[str]:
    """The digests of the configuration and the layers that an image names."""
    return manifests.layers(image)


def keep(repository: Repository, image: Image) -> None:
    """Keep an image of another repository, with its tags there."""
    kept = album(repository).of(image.image_digest)
    if kept is None:
        kept = _new(repository, image.image_manifest, str(image.image_manifest_media_type), image.image_digest)
        kept.details = _found(repository, kept)  # type: ignore[attr-defined]
    for tag in image.image_tags:
        album(repository).tag(kept, tag)


def _found(repository: Repository, image: Image) -> dict[str, Any]:
    """What is told of an image from what it says, or from its parts.

    The model: "If the image is a manifest list, this will be the max size of all manifests in the list."
    """
    said = manifest(image)
    parts = [part for digest in children(image) if (part := album(repository).of(digest))]
    kind = said.get("artifactType") or (said.get("config") or {}).get("mediaType")
    sizes = [size(part) or 0 for part in parts]
    return {**({"artifactMediaType": kind} if kind else {}), **({"imageSizeInBytes": max(sizes)} if sizes else {})}


def _restore(image: Image) -> None:
    """The guide, "Restoring an image": an archived image that is pushed again is restored at once."""
    image.details = {**details(image), "imageStatus": "ACTIVE"}  # type: ignore[attr-defined]


def find(repository: Repository, image_id: dict[str, str]) -> Image:
    """The image with a digest, a tag, or both."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        raise invalid("imageId", "Either imageDigest or imageTag must be given")  # unverified: words
    image = album(repository).of(digest) if digest else album(repository).tagged(str(tag))
    if image and (tag is None or tag in image.image_tags):
        return image
    named = f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"
    raise ImageNotFoundException(named, repository.name, repository.registry_id)


def status_is(image: Image, wanted: dict[str, str]) -> bool:
    """Whether a listing's filter selects an image. Archived ones are left out unless it asks for them."""
    tagged = "TAGGED" if image.image_tags else "UNTAGGED"
    status_ = wanted.get("imageStatus", "ACTIVE")
    return wanted.get("tagStatus", "ANY") in ("ANY", tagged) and status_ in ("ANY", status(image))


def details(image: Image) -> dict[str, Any]:
    """What DescribeImages says of a seeded image beyond what moto knows."""
    said: dict[str, Any] = getattr(image, "details", {})
    return said


def is_archived(image: Image) -> bool:
    """Whether rules see it in the archive; one that is being restored is there until it is back."""
    return status(image) != "ACTIVE"


def status(image: Image) -> str:
    """ACTIVE, ARCHIVED or ACTIVATING."""
    return str(details(image).get("imageStatus", "ACTIVE"))


def manifest(image: Image) -> dict[str, Any]:
    """What the manifest says; nothing if it is no object."""
    return manifests.of(image)


def size(image: Image) -> int | None:
    """The size of an image, from its manifest; that of an index was found when it was pushed."""
    known: int | None = details(image).get("imageSizeInBytes")
    return known or manifests.size(manifest(image)) or image.image_size_in_bytes


def subject(image: Image) -> str | None:
    """The digest of the image that this one refers to, if it does."""
    said = manifest(image).get("subject") or {}
    named: str | None = details(image).get("subjectManifestDigest") or said.get("digest")
    return named


def children(image: Image) -> set[str]:
    """The digests of the parts of an index."""
    return {each["digest"] for each in manifest(image).get("manifests") or ()}


def moment(value: datetime | float) -> datetime:
    """A time as moto keeps it, or as a test gives it."""
    return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)


def seed(repository: Repository, said: dict[str, Any]) -> None:
    """An image as DescribeImages is to describe it, with a ``manifest`` if that is to be read."""
    kept = dict(said)
    manifest = json.dumps(kept.pop("manifest", {"schemaVersion": 2}))
    tags = list(kept.pop("imageTags", ()))
    image = _new(repository, manifest, kept.get("imageManifestMediaType", _OCI), kept["imageDigest"])
    for tag in tags:
        album(repository).tag(image, tag)
    image.image_pushed_at = moment(kept.pop("imagePushedAt")).timestamp()  # type: ignore[assignment]
    image.details = kept  # type: ignore[attr-defined]


_OCI = "application/vnd.oci.image.manifest.v1+json"


def listed(image: Image) -> list[dict[str, str]]:
    """What ListImages says of an image: one entry for each of its tags, or one without."""
    digest = {"imageDigest": image.image_digest}
    return [{**digest, "imageTag": tag} for tag in image.image_tags] or [digest]


def _new(repository: Repository, manifest: str, media_type: str, digest: str) -> Image:
    tag: Any = None
    image = Image(repository.account_id, tag, manifest, repository.name, media_type, digest)
    album(repository).add(image)
    return image


def _take(repository: Repository, tag: str) -> None:
    """Take a tag from the image that has it; refuse if it must stay."""
    holder = album(repository).tagged(tag)
    if holder is None:
        return
    if mutability.is_fixed(repository.image_tag_mutability, repository.image_tag_mutability_exclusion_filters, tag):
        raise ImageTagAlreadyExists(tag, repository.name)
    album(repository).untag(holder, tag)


def _media_type(manifest: str) -> str:
    try:
        media_type: str | None = json.loads(manifest).get("mediaType")
    except (ValueError, AttributeError) as error:
        raise invalid("ImageManifest", "Invalid JSON syntax") from error
    if media_type is None:
        raise invalid("ImageManifestMediaType", "Member must not be null")
    return media_type
