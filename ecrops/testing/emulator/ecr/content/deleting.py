"""Deleting images and tags, in the order of the request.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html: a tag that is not the last one
goes alone, the last one with its image, and a digest with all tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.models import Image, Repository

from .. import images
from .album import album

_DIGEST = re.compile(r"[0-9a-zA-Z_+.-]+:[0-9a-fA-F]{64}")
ImageId = dict[str, str]


class Refused(Exception):
    """An image that is not deleted: the code and the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


def delete(repository: Repository, wanted: ImageId) -> list[ImageId]:
    """Delete an image, or a tag; what is gone."""
    image = _wanted(repository, wanted)
    tag = wanted.get("imageTag")
    if "imageDigest" not in wanted and tag and len(image.image_tags) > 1:
        album(repository).untag(image, tag)
        return [{"imageDigest": image.image_digest, "imageTag": tag}]
    # unverified: that an id with a digest and a tag means the whole image
    _check(repository, image)
    removed = images.listed(image)
    album(repository).remove(image)
    return removed


def _wanted(repository: Repository, wanted: ImageId) -> Image:
    digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
    if digest is None and tag is None:
        raise Refused("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
    if digest is not None and not _DIGEST.fullmatch(digest):
        why = "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
        raise Refused("InvalidImageDigest", why)
    image = album(repository).of(digest) if digest else album(repository).tagged(str(tag))
    if digest is not None and image and tag not in (None, *image.image_tags):
        # unverified: the words of the mismatch
        raise Refused("ImageTagDoesNotMatchDigest", "The specified tag and digest do not match")
    if image is None:
        raise Refused("ImageNotFound", "Requested image not found")
    return image


def _check(repository: Repository, image: Image) -> None:
    """Refuse a part of an index that is there.

    The words: "Requested image referenced by manifest list: [sha256:...]", on the page about troubleshooting of the
    guide. Its order in the batch counts, since images are deleted one after the other.
    """
    # unverified: that an index which comes later in the batch holds its parts
    holders = [other.image_digest for other in album(repository).holders(image.image_digest)]
    if holders:
        reason = f"Requested image referenced by manifest list: [{', '.join(holders)}]"
        raise Refused("ImageReferencedByManifestList", reason)


def _failure(wanted: ImageId, refusal: Refused) -> dict[str, Any]:
    return {"imageId": wanted, "failureCode": refusal.code, "failureReason": refusal.reason}


class DeletingResponses:
    """The operation that deletes, for ECR's responses to inherit."""

    def batch_delete_image(self: Any) -> ActionResult:
        """Delete what can be deleted; the rest are failures of an answer that is no error."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        removed: list[ImageId] = []
        failures: list[dict[str, Any]] = []
        for wanted in self.request["imageIds"]:
            try:
                removed += self.ecr_backend.delete_image(repository, wanted)
            except Refused as refusal:
                failures.append(_failure(wanted, refusal))
        return ActionResult({"imageIds": list(_unique(removed)), "failures": failures})


def _unique(entries: list[ImageId]) -> Iterator[ImageId]:
    seen = set()
    for entry in entries:
        key = tuple(sorted(entry.items()))
        if key not in seen:
            seen.add(key)
            yield entry
