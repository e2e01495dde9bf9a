"""Bytes of blobs as HTTP answers, whole or a range of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from ..ecr.content.blobs import Blob

BYTES = "application/octet-stream"


def content(request: Request, blob: Blob, headers: dict[str, str], media_type: str = BYTES) -> Response:
    """The bytes of a blob, or the range that a request wants; some at a time."""
    first, end, status = 0, blob.size, 200
    headers = {**headers, "Accept-Ranges": "bytes"}
    wanted = request.range
    if wanted is not None:
        span = wanted.range_for_length(blob.size)
        if span is None:
            return Response("", 416, {"Content-Range": f"bytes */{blob.size}"})
        (first, end), status = span, 206
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{blob.size}"
    headers["Content-Length"] = str(end - first)
    body = () if request.method == "HEAD" else blob.chunks(first, end)
    return Response(body, status, headers, content_type=media_type, direct_passthrough=True)
