"""Handing out manifests: moto answers with another tag than the one that was asked for, where an image has several.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageNotFoundException

from .. import images

ImageId = dict[str, str]


class ManifestResponses:
    """The operation that reads manifests, for ECR's responses to inherit."""

    def batch_get_image(self: Any) -> ActionResult:
        """Hand out the manifests of images that can be pulled; the rest are failures of an answer that is no error."""
        name = self.request["repositoryName"]
        repository = self.ecr_backend._get_repository(name)
        items: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        for wanted in self.request["imageIds"]:
            try:
                image = images.find(repository, wanted)
            except ImageNotFoundException:
                failures.append(_failure(wanted, "ImageNotFound", "Requested image not found"))
                continue
            if images.is_archived(image):
                # unverified: the code for archived images
                failures.append(_failure(wanted, "ImageInaccessible", "Requested image is archived"))
                continue
            items.append(
                {
                    "registryId": repository.registry_id,
                    "repositoryName": name,
                    "imageId": {**wanted, "imageDigest": image.image_digest},
                    "imageManifest": image.image_manifest,
                    "imageManifestMediaType": image.image_manifest_media_type,
                }
            )
        return ActionResult({"images": items, "failures": failures})


def _failure(wanted: ImageId, code: str, reason: str) -> dict[str, Any]:
    return {"imageId": wanted, "failureCode": code, "failureReason": reason}
