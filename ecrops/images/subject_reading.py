"""What artifacts are about, where the installed botocore is older than that member of a listing.

Called by whatever needs the graph of images. Without it an untagged signature looks like any image without a tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ecrops.aws import Aws, has_member
from ecrops.errors import SpecError
from ecrops.images import manifests
from ecrops.images.image import STANDARD, Image

SHAPE, MEMBER = "ImageDetail", "subjectManifestDigest"
KINDS = (manifests.OCI_MANIFEST, manifests.OCI_INDEX)
"""The media types of manifests that may have a subject."""


def with_subjects(aws: Aws, name: str, images: Mapping[str, Image]) -> dict[str, Image]:
    """Return images by digest, each with its subject.

    Where botocore does not say it, the manifests of untagged images are read, 100 a call. ECR counts that as a pull.

    Args:
        aws: The account and region.
        name: The repository.
        images: The images, as they were listed.
    """
    known = dict(images)
    if has_member("ecr", SHAPE, MEMBER):
        return known
    unknown = [image.digest for image in known.values() if not image.tags and image.media_type in KINDS]
    answer = manifests.ask(aws, name, [digest for digest in unknown if known[digest].storage_class == STANDARD])
    for digest, manifest in answer.found.items():
        try:
            subject = manifest.parsed.subject
        except SpecError:
            continue
        known[digest] = replace(known[digest], subject=subject or None)
    return known
