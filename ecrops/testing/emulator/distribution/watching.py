"""Requests beside the API are recorded with the calls of a cloud, and meet its faults.

They cannot be told from those of somebody else: all are recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.wrappers import Response

from ..calls import Call, Recorder
from ..faults import Faults
from .errors import Refusal
from .listening import drop

_REGISTRY = {
    "throttle": Refusal(429, "TOOMANYREQUESTS", "Rate exceeded"),
    "error500": Refusal(500, "UNKNOWN", "An internal error occurred"),
    "denied": Refusal(403, "DENIED", "The emulator was told to deny this call"),
}
"""The status of a throttled request is in https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html."""
_S3 = {"throttle": (503, "SlowDown"), "error500": (500, "InternalError"), "denied": (403, "AccessDenied")}
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""


def watched(
    calls: Recorder,
    faults: Faults,
    service: str,
    operation: str,
    params: dict[str, Any],
    answer: Callable[[], Response],
) -> Response:
    """Record a request, and answer it or what its fault leaves of the answer."""
    call = Call(service, operation, params)
    calls.add(call)
    over = faults.judge(call)
    time.sleep(faults.latency)
    try:
        if call.fault == "reset_before":
            drop()
        if call.fault in _REGISTRY:
            return _refused(service, call.fault)
        response = answer()
        if call.fault == "reset_after":
            drop()
        return _cut(response) if call.fault == "truncated" and response.status_code < 300 else response
    finally:
        over()


def _refused(service: str, fault: str) -> Response:
    if service == "registry":
        return _REGISTRY[fault].response()
    status, code = _S3[fault]
    return Response(f"<Error><Code>{code}</Code></Error>", status, content_type="application/xml")


def _cut(response: Response) -> Response:
    """Half of a body; the connection ends before the length that was promised."""
    promised = response.content_length
    if not promised:
        return response

    def half() -> Iterator[bytes]:
        left = promised // 2
        for content in response.iter_encoded():
            yield content[:left]
            left -= len(content)
            if left <= 0:
                drop()

    cut = Response(half(), response.status_code, response.headers, direct_passthrough=True)
    cut.content_length = promised
    return cut
