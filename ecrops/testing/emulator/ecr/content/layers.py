"""Layers by the API: sent in parts, kept by digest in each repository, and read by a URL.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html and the operations beside it;
botocore's model says when each error comes.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import InvalidLayerPartException, UploadNotFoundException
from moto.ecr.models import Repository

from .. import images
from .album import album
from .blobs import Upload
from .errors import (
    EmptyUpload,
    InvalidLayer,
    LayerAlreadyExists,
    LayerInaccessible,
    LayerPartTooSmall,
    LayersNotFound,
)

LAYER_MEDIA_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


class Uploads:
    """The sizes of parts: AWS's, or small ones for a test that sends many.

    ``part_size`` is what InitiateLayerUpload answers, as in the examples of the AWS command line; all parts but the
    last have ``least_part`` bytes or more.
    """

    def __init__(self) -> None:
        self.part_size, self.least_part = 10 * 1024 * 1024, 5 * 1024 * 1024


def begin(repository: Repository) -> Upload:
    """A new upload."""
    upload = Upload()
    uploads: Any = repository.uploads
    uploads[upload.upload_id] = upload
    return upload


def under_way(repository: Repository, upload_id: str) -> Upload:
    """The upload of an id."""
    uploads: Any = repository.uploads
    if upload_id not in uploads:
        raise UploadNotFoundException(upload_id, repository.name, str(repository.registry_id))
    upload: Upload = uploads[upload_id]
    return upload


def receive(repository: Repository, upload: Upload, first: int, last: int, content: bytes) -> int:
    """The next part of an upload; the position of the last byte that has come."""
    if first != upload.size or last - first + 1 != len(content):
        registry = str(repository.registry_id)
        error: Any = InvalidLayerPartException(registry, repository.name, upload.upload_id, upload.size - 1)
        error.registryId, error.repositoryName, error.uploadId = registry, repository.name, upload.upload_id
        # unverified: what it says where nothing has come yet
        error.lastValidByteReceived = upload.size - 1
        raise error
    upload.parts.append(len(content))
    upload.add(content)
    return upload.size - 1


def finish(repository: Repository, upload: Upload, digests: list[str], least_part: int) -> str:
    """Keep what was sent, if it is what the digests say. An upload that is refused for them is over."""
    if not upload.parts:
        raise EmptyUpload
    if any(size < least_part for size in upload.parts[:-1]):
        raise LayerPartTooSmall
    del repository.uploads[upload.upload_id]  # unverified: that a refused upload is over
    if upload.digest not in digests:
        raise InvalidLayer(digests[0], upload.digest)
    if upload.digest in repository.layers:
        raise LayerAlreadyExists(upload.digest, repository)
    keep(repository, upload)
    return upload.digest


def keep(repository: Repository, upload: Upload) -> None:
    """Keep what was sent under its digest."""
    layers: Any = repository.layers
    layers[upload.digest] = upload.finished()


def availability(repository: Repository, digest: str) -> dict[str, Any]:
    """What is told of a layer.

    One that is not there is UNAVAILABLE, and no failure: the tests of awslabs/amazon-ecr-containerd-resolver.
    """
    blob: Any = repository.layers.get(digest)
    if blob is None:
        return {"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}
    status = "ARCHIVED" if _is_archived(repository, digest) else "AVAILABLE"
    # unverified: that all have this media type
    return {
        "layerDigest": digest,
        "layerAvailability": status,
        "layerSize": blob.size,
        "mediaType": LAYER_MEDIA_TYPE,
    }


def _is_archived(repository: Repository, digest: str) -> bool:
    # unverified: that it is the layers of archived images alone that are ARCHIVED
    owners = album(repository).owners(digest)
    return bool(owners) and all(images.status(image) != "ACTIVE" for image in owners)


def readable(repository: Repository, digest: str) -> Any:
    """The blob of a layer that an image names: "You can only get URLs for image layers that are referenced"."""
    if digest not in repository.layers:
        raise LayersNotFound.wanted(digest, repository)
    if not album(repository).owners(digest):
        raise LayerInaccessible
    if _is_archived(repository, digest):
        raise LayerInaccessible  # unverified: the code for the layers of archived images
    return repository.layers[digest]


class LayersResponses:
    """The operations on layers, for ECR's responses to inherit."""

    def initiate_layer_upload(self: Any) -> ActionResult:
        """Begin an upload."""
        repository = self.ecr_backend.repository_for_push(self.request["repositoryName"])
        return ActionResult({"uploadId": begin(repository).upload_id, "partSize": self.ecr_backend.uploads.part_size})

    def upload_layer_part(self: Any) -> ActionResult:
        """Take the next part."""
        repository, upload = self._uploading()
        first, last = self.request["partFirstByte"], self.request["partLastByte"]
        content = base64.b64decode(self.request["layerPartBlob"])
        last = receive(repository, upload, first, last, content)
        return ActionResult({**self._of_upload(repository, upload), "lastByteReceived": last})

    def complete_layer_upload(self: Any) -> ActionResult:
        """Keep the layer."""
        repository, upload = self._uploading()
        digest = finish(repository, upload, self.request["layerDigests"], self.ecr_backend.uploads.least_part)
        return ActionResult({**self._of_upload(repository, upload), "layerDigest": digest})

    def batch_check_layer_availability(self: Any) -> ActionResult:
        """Tell which layers are there."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        wanted = list(dict.fromkeys(self.request["layerDigests"]))
        valid = [digest for digest in wanted if _DIGEST.fullmatch(digest)]
        failures = [_invalid(digest) for digest in wanted if digest not in valid]
        return ActionResult({"layers": [availability(repository, digest) for digest in valid], "failures": failures})

    def get_download_url_for_layer(self: Any) -> ActionResult:
        """Tell where a layer can be read."""
        repository, digest = (
            self.ecr_backend._get_repository(self.request["repositoryName"]),
            self.request["layerDigest"],
        )
        url = self.ecr_backend.downloads.url(readable(repository, digest))
        return ActionResult({"downloadUrl": url, "layerDigest": digest})

    def _uploading(self: Any) -> tuple[Repository, Upload]:
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        return repository, under_way(repository, self.request["uploadId"])

    @staticmethod
    def _of_upload(repository: Repository, upload: Upload) -> dict[str, Any]:
        named = {"registryId": repository.registry_id, "repositoryName": repository.name}
        return {**named, "uploadId": upload.upload_id}


def _invalid(digest: str) -> dict[str, str]:
    reason = f"Invalid layer digest '{digest}'"  # unverified: the words of this failure
    return {"layerDigest": digest, "failureCode": "InvalidLayerDigest", "failureReason": reason}
