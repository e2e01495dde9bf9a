"""The errors of the registry: those of OCI's specification, with the words of ECR.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Response

API_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}


class Refusal(Exception):
    """A request that is refused.

    Args:
        status: The status of HTTP.
        code: The code of the error.
        message: The message.
        headers: More headers.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self) -> Response:
        """The answer."""
        body = json.dumps({"errors": [{"code": self.code, "message": self.message}]})
        headers = {**API_VERSION, **self.headers}
        return Response(body, self.status, headers, content_type="application/json; charset=utf-8")


# RepositoryNotFound as in plexsystems/sinker#55, InvalidParameter as in opcr-io/policy#149, and an immutable tag as
# Docker prints it ("tag invalid"). unverified: the statuses and codes of the other errors
_OF_API = {
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "ImageNotFoundException": (404, "MANIFEST_UNKNOWN"),
    "InvalidParameterException": (405, "UNSUPPORTED"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "ImageDigestDoesNotMatchException": (400, "DIGEST_INVALID"),
    "LayersNotFoundException": (404, "BLOB_UNKNOWN"),
    "LayerInaccessibleException": (404, "BLOB_UNKNOWN"),
    "ReferencedImagesNotFoundException": (404, "MANIFEST_BLOB_UNKNOWN"),
    "InvalidLayerException": (400, "DIGEST_INVALID"),
    "EmptyUploadException": (400, "BLOB_UPLOAD_INVALID"),
    "InvalidLayerPartException": (416, "BLOB_UPLOAD_INVALID"),
    "UploadNotFoundException": (404, "BLOB_UPLOAD_UNKNOWN"),
    "LimitExceededException": (429, "TOOMANYREQUESTS"),
}


def of_api(error: ServiceException) -> Refusal:
    """How the registry says what the API says."""
    status, code = _OF_API.get(str(error.code), (400, "UNKNOWN"))
    return Refusal(status, code, str(error.message))
