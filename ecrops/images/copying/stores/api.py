"""The layers of one repository, by the API of ECR: read by signed URLs, written in parts.

Called by what copies images. No layer is ever on the disk: a part is read, sent and forgotten. Sources: the operations
of layers at https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html and beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.aws.http import Http, Stream
from ecrops.errors import EcropsError
from ecrops.images.copying.stores.base import Content
from ecrops.repositories import calls

CHUNK = 100
"""The layers of one ``BatchCheckLayerAvailability``."""
PART = 5 * 1024 * 1024
"""The bytes of a part: the fewest that ECR takes for all parts but the last one. A larger part needs more memory."""
AVAILABLE = "AVAILABLE"
_GONE = "UploadNotFoundException"
_EXISTS = "LayerAlreadyExistsException"
_INVALID_PART = "InvalidLayerPartException"
MOST_UPLOADS = 3
"""How often a layer is uploaded from its first byte, if ECR forgets the upload."""


class ApiStore:
    """The layers of one repository, by the API of ECR.

    Args:
        aws: The account and region.
        name: The repository.
    """

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._name = name

    def states(self, digests: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return the availability of layers, such as ``AVAILABLE``, and their bytes."""
        known = list(dict.fromkeys(digests))
        chunks = [known[start : start + CHUNK] for start in range(0, len(known), CHUNK)]
        asking = self._aws.stoppable()
        return {
            layer["layerDigest"]: (layer.get("layerAvailability", ""), layer.get("layerSize") or 0)
            for layers in asking.map(lambda chunk: self._ask(asking, chunk), chunks, asking.stop)
            for layer in layers
        }

    def _ask(self, aws: Aws, digests: list[str]) -> list[dict[str, Any]]:
        params = {"repositoryName": self._name, "layerDigests": digests}
        awaits = calls.visibility(aws, self._name)
        answer = aws.call("ecr", "BatchCheckLayerAvailability", params, needs="layers", awaits=awaits)
        failures = [
            {"layerDigest": failure.get("layerDigest", ""), "layerAvailability": failure.get("failureCode", "")}
            for failure in answer.get("failures") or ()
        ]
        return [*answer["layers"], *failures]

    def has(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the layers that are there, with their bytes."""
        return {digest: size for digest, (state, size) in self.states(digests).items() if state == AVAILABLE}

    def open(self, digest: str) -> Stream:
        """Return a layer as a stream. It goes on with another URL where a connection breaks off, or a URL expires.

        Raises:
            ClientError: It is not there, or the account may not read it.
        """
        params = {"repositoryName": self._name, "layerDigest": digest}
        return Http(self._aws).open(lambda: self._aws.get("ecr", "GetDownloadUrlForLayer", "downloadUrl", **params))

    def upload(self, digest: str, size: int, stream: Content) -> None:
        """Write a layer in parts, read from a stream.

        Raises:
            EcropsError: The stream has another digest.
            ClientError: ECR refused.
        """
        for attempt in range(MOST_UPLOADS):
            try:
                self._upload(digest, stream)
                return
            except ClientError as error:
                if code_of(error) == _EXISTS or (attempt and self.has([digest])):
                    return
                if code_of(error) not in (_GONE, _INVALID_PART) or attempt == MOST_UPLOADS - 1:
                    raise
                if self.has([digest]):  # the upload was completed, and the answer was lost
                    return

    def _upload(self, digest: str, stream: Content) -> None:
        name = {"repositoryName": self._name}
        upload = {**name, "uploadId": self._aws.get("ecr", "InitiateLayerUpload", "uploadId", **name)}
        stream.seek(0)
        first, content = 0, hashlib.new(digest.partition(":")[0])
        while part := stream.read(PART):
            content.update(part)
            self._send(upload, first, part)
            first += len(part)
        if content.hexdigest() != digest.partition(":")[2]:
            raise EcropsError(f"{self._name}: what was read for the layer {digest} has another digest: nothing is kept")
        self._aws.call("ecr", "CompleteLayerUpload", {**upload, "layerDigests": [digest]})

    def _send(self, upload: dict[str, str], first: int, part: bytes) -> None:
        """Send a part. If it was received, and the answer was lost, ECR refuses it and says up to which byte."""
        last = first + len(part) - 1
        params = {**upload, "partFirstByte": first, "partLastByte": last, "layerPartBlob": part}
        lost: list[bool] = []
        try:
            self._aws.call("ecr", "UploadLayerPart", params, on_lost=lambda: lost.append(True))
        except ClientError as error:
            received = error.response.get("lastValidByteReceived")
            if code_of(error) != _INVALID_PART or not lost or received != last:
                raise
