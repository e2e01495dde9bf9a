"""The storage class of an image: it is archived at once, and takes its time to come back.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateImageStorageClass.html
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import unix_time, utcnow

from .. import images
from ..content.album import album


class UpdateNotSupported(ServiceException):
    """An image that cannot go there."""

    code = "ImageStorageClassUpdateNotSupportedException"

    def __init__(self, why: str) -> None:
        super().__init__(f"The requested image storage class update is not supported: {why}")


class Storage:
    """How long restoring takes: so many looks at a repository's images find one that is restored ``ACTIVATING``."""

    def __init__(self) -> None:
        self.activating_for = 0
        self._left: dict[tuple[str, str], int] = {}

    def update(self, repository: Any, image: Any, target: str) -> str:
        """Send an image to the archive, or fetch it back; the status that it has then."""
        self._settle(repository)
        _check(repository, image, target)
        if target == "ARCHIVE":
            _say(image, imageStatus="ARCHIVED", lastArchivedAt=unix_time(utcnow()))
        else:
            _say(image, imageStatus="ACTIVATING")
            self._left[repository.name, image.image_digest] = self.activating_for
        return images.status(image)

    def look(self, repository: Any) -> None:
        """Somebody looks at the images of a repository."""
        self._settle(repository)
        for key, left in self._left.items():
            self._left[key] = left - (key[0] == repository.name)

    def _settle(self, repository: Any) -> None:
        for image in repository.images if self._left else ():
            key = repository.name, image.image_digest
            if self._left.get(key) == 0:
                del self._left[key]
                _say(image, imageStatus="ACTIVE", lastActivatedAt=unix_time(utcnow()))


def _say(image: Any, **said: Any) -> None:
    image.details = {**images.details(image), **said}


def _check(repository: Any, image: Any, target: str) -> None:
    # unverified: which updates exactly are not supported
    expected = {"ARCHIVE": "ACTIVE", "STANDARD": "ARCHIVED"}[target]
    if images.status(image) != expected:
        raise UpdateNotSupported(f"the image is {images.status(image)}")
    if images.subject(image):
        raise UpdateNotSupported("the image refers to another")
    # the guide on lifecycle policies: "without the manifest list being deleted or archived first"
    holders = album(repository).holders(image.image_digest) if target == "ARCHIVE" else ()
    if any(not images.is_archived(holder) for holder in holders):
        raise UpdateNotSupported("the image is a part of an index")


class StorageResponses:
    """The operation on storage classes, for ECR's responses to inherit."""

    def update_image_storage_class(self: Any) -> ActionResult:
        """Send an image to the archive, or fetch it back."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        image = images.find(repository, self.request["imageId"])
        status = self.ecr_backend.storage.update(repository, image, self.request["targetStorageClass"])
        answer = {"registryId": repository.registry_id, "repositoryName": repository.name}
        answer["imageId"] = {**self.request["imageId"], "imageDigest": image.image_digest}
        return ActionResult({**answer, "imageStatus": status})
