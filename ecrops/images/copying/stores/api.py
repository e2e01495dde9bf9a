"""The layers of one repository, by the API of ECR: read by signed URLs, written in parts.

Called by what copies images. No layer is ever on the disk: a part is read, sent and forgotten. Sources: the operations
of layers at https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html and beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import closing
from mmap import mmap
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.aws.attempt.blobs import Blob
from ecrops.aws.http import Http, Stream
from ecrops.errors import EcropsError
from ecrops.images.copying.stores.content import Content
from ecrops.repositories import calls

CHUNK = 100
"""The layers of one ``BatchCheckLayerAvailability``."""
PART = 10 * 1024 * 1024
"""The bytes of a part, at most, and if ECR does not say how many it expects: they are in memory."""
LEAST_PART = 5 * 1024 * 1024
"""How few bytes ECR takes, except for the last part of a layer."""
AVAILABLE = "AVAILABLE"
_PIECE = 65_536
"""Bytes of a layer that are read at once."""
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
        answer = calls.call(aws, self._name, "BatchCheckLayerAvailability", params, "layers")
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
        return Http(self._aws).open(lambda: self.url(digest))

    def url(self, digest: str) -> str:
        """Return the signed URL of a layer.

        Raises:
            ClientError: It is not there, or the account may not read it.
        """
        params = {"repositoryName": self._name, "layerDigest": digest}
        url: str = self._aws.get("ecr", "GetDownloadUrlForLayer", "downloadUrl", **params)
        return url

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
        begun = self._call("InitiateLayerUpload", name, needs="uploadId")
        upload = {**name, "uploadId": begun["uploadId"]}
        most = min(max(begun.get("partSize") or PART, LEAST_PART), PART)
        stream.seek(0)
        first, content = 0, hashlib.new(digest.partition(":")[0])
        with closing(mmap(-1, most)) as part:  # only what is written is in memory, and goes back to the system at once
            while length := _fill(part, stream, content):
                self._send(upload, first, Blob(part, length))
                first += length
        if content.hexdigest() != digest.partition(":")[2]:
            raise EcropsError(f"{self._name}: what was read for the layer {digest} has another digest: nothing is kept")
        self._call("CompleteLayerUpload", {**upload, "layerDigests": [digest]})

    def _call(self, operation: str, params: dict[str, Any], **options: Any) -> dict[str, Any]:
        return calls.call(self._aws, self._name, operation, params, **options)

    def _send(self, upload: dict[str, str], first: int, part: Blob) -> None:
        """Send a part. If it was received, and the answer was lost, ECR refuses it and says up to which byte."""
        last = first + len(part) - 1
        params = {**upload, "partFirstByte": first, "partLastByte": last, "layerPartBlob": part}
        lost: list[bool] = []
        try:
            self._call("UploadLayerPart", params, on_lost=lambda: lost.append(True))
        except ClientError as error:
            received = error.response.get("lastValidByteReceived")
            if code_of(error) != _INVALID_PART or not lost or received != last:
                raise


def _fill(part: mmap, stream: Content, content: Any) -> int:
    """Read the next bytes of a stream into a part, and add them to a digest. Returns how many there were."""
    length = 0
    while length < len(part) and (piece := stream.read(min(_PIECE, len(part) - length))):
        part[length : length + len(piece)] = piece
        content.update(piece)
        length += len(piece)
    return length
