"""What belongs to an image, as far as its listing does not say it: what it is about, and the indexes it is a part of.

Called by ``graph``, and by whatever needs no more of it than this. A signature, an SBOM or an attestation names its
subject in its manifest, or in its tags. Which images are parts of an index is in the manifest of the index alone. ECR
counts the reading of a manifest as a pull: https://github.com/aws/containers-roadmap/issues/2390
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ecrops.aws import Aws, has_member
from ecrops.errors import SpecError
from ecrops.images import manifests
from ecrops.images.image import STANDARD, Image, describe

SHAPE, MEMBER = "ImageDetail", "subjectManifestDigest"
KINDS = (manifests.OCI_MANIFEST, manifests.OCI_INDEX)
"""The media types of manifests that may have a subject."""
# Tools that sign images tag a signature by the digest of the image, and so do clients of registries without referrers:
# https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
_ABOUT = re.compile(r"sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?")


def subjects_of(image: Image) -> tuple[str, ...]:
    """Return the images that an artifact is about, existing or not: as its manifest says, else as all its tags do.

    A tag such as ``sha256-HEX.sig`` names the digest of an image.
    """
    if image.subject:
        return (image.subject,)
    matches = [_ABOUT.fullmatch(tag) for tag in image.tags]
    return tuple(dict.fromkeys(f"sha256:{match[1]}" for match in matches if match)) if all(matches) else ()


def has_no_name(image: Image) -> bool:
    """Whether an image has no tag, or only tags that say what it is about."""
    return all(_ABOUT.fullmatch(tag) for tag in image.tags)


def listed(aws: Aws, name: str) -> dict[str, Image]:
    """Return all images of a repository by digest, each with its subject: see ``with_subjects``."""
    return with_subjects(aws, name, describe(aws, name))


def with_subjects(aws: Aws, name: str, images: Iterable[Image]) -> dict[str, Image]:
    """Return images by digest, each with its subject.

    Where botocore is older than that member of a listing, the manifests of untagged images are read, 100 a call: else
    an untagged signature looks like any image without a tag.

    Args:
        aws: The account and region.
        name: The repository.
        images: The images, as they were listed.
    """
    by_digest = {image.digest: image for image in images}
    if has_member("ecr", SHAPE, MEMBER):
        return by_digest
    unknown = [image.digest for image in by_digest.values() if not image.tags and image.media_type in KINDS]
    answer = manifests.ask(aws, name, [digest for digest in unknown if by_digest[digest].storage_class == STANDARD])
    for digest, manifest in answer.manifests.items():
        try:
            subject = manifest.parsed.subject
        except SpecError:
            continue
        by_digest[digest] = replace(by_digest[digest], subject=subject or None)
    return by_digest


def with_references(aws: Aws, name: str, images: Iterable[Image]) -> list[Image]:
    """Return the images, each with the indexes that it is a part of. The manifests of the indexes are read.

    Raises:
        EcropsError: ECR does not hand out the manifest of an index.
    """
    all_images = list(images)
    indexes = [image.digest for image in all_images if is_index(image) and image.storage_class == STANDARD]
    parts = {index.digest: [part.digest for part in index.parsed.parts] for index in manifests.read(aws, name, indexes)}
    return list(referenced(all_images, parts))


def is_index(image: Image) -> bool:
    """Whether an image is an index, as its listing says."""
    return image.media_type in manifests.INDEXES


def referenced(images: Iterable[Image], parts: Mapping[str, Sequence[str]]) -> Iterator[Image]:
    """Yield the images, each with the indexes that it is a part of. Pure.

    Args:
        images: The images.
        parts: The digests of the parts of each index, by the digest of the index.
    """
    indexes: dict[str, list[str]] = {}
    for index, digests in parts.items():
        for digest in digests:
            indexes.setdefault(digest, []).append(index)
    for image in images:
        known = indexes.get(image.digest)
        yield replace(image, referenced_by=tuple(known)) if known else image
