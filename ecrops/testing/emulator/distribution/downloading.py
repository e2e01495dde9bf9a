"""Layers by the URLs of GetDownloadUrlForLayer: S3 serves them, and no token is asked for.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html: a URL that has expired is denied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from ..ecr.backend import backend
from .answers import content

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_EXPIRED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def answer(request: Request) -> Response:
    """The bytes of a layer."""
    _, _, account, region, key = request.path.split("/", 4)
    registry = backend(account, region)
    with registry.lock:
        blob = registry.downloads.read(key)
    if blob is None:
        return Response(_EXPIRED, 403, content_type="application/xml")
    return content(request, blob, {"ETag": f'"{blob.digest[-32:]}"'})
