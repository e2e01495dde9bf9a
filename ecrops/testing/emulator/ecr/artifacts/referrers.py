"""The images that refer to another one: signatures, lists of parts, attestations.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html says what is told of them,
https://github.com/opencontainers/image-spec/blob/main/manifest.md what their manifests are to say.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from .. import images, paging

REFERRERS_A_PAGE = 20


def described(image: Any) -> dict[str, Any]:
    """What is told of an image that refers to another: its size is that of its manifest."""
    manifest = images.manifest(image)
    kind = manifest.get("artifactType") or manifest.get("config", {}).get("mediaType")
    return {
        "digest": image.image_digest,
        "mediaType": image.image_manifest_media_type,
        **({"artifactType": kind} if kind else {}),
        "size": len(image.image_manifest.encode()),
        **({"annotations": manifest["annotations"]} if manifest.get("annotations") else {}),
        "artifactStatus": images.status(image),
    }


class ReferrersResponses:
    """The operation on referrers, for ECR's responses to inherit."""

    def list_image_referrers(self: Any) -> ActionResult:
        """Tell a page of them; those of an image that is not there are none, as the specification has it."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        digest, wanted = self.request["subjectId"]["imageDigest"], self.request.get("filter", {})
        kinds, status = wanted.get("artifactTypes"), wanted.get("artifactStatus", "ACTIVE")
        found = [described(image) for image in repository.images if images.subject(image) == digest]
        selected = [
            each
            for each in found
            if status in ("ANY", each["artifactStatus"]) and (not kinds or each.get("artifactType") in kinds)
        ]
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = paging.page(selected, size or REFERRERS_A_PAGE, token)
        return ActionResult({"referrers": page, **paging.following(more)})
