"""The faults a call can meet, and how AWS words the answers that are errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

Fault = Literal["throttle", "error500", "reset_before", "reset_after", "truncated", "denied"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
EXECUTED: frozenset[Fault] = frozenset({"reset_after", "truncated"})
"""The faults that let the call take effect: only its answer is lost."""

_MESSAGES = {
    "throttle": "Rate exceeded",
    "error500": "An internal error occurred",
    "denied": "The emulator was told to deny this call",
}
_JSON_CODES = {
    "throttle": (400, "ThrottlingException"),
    "error500": (500, "ServerException"),
    "denied": (400, "AccessDeniedException"),
}
_XML_CODES = {
    "throttle": (400, "Throttling"),
    "error500": (500, "ServiceFailure"),
    "denied": (403, "AccessDenied"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that a service did not give."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(fault: str, protocol: str) -> Answer | None:
    """The error AWS answers instead of executing the call; None for the other faults.

    The services that speak XML (IAM, STS, SNS, S3) name them `Throttling`, `AccessDenied` and `ServiceFailure`.
    """
    if fault not in _MESSAGES:
        return None
    return (_json if "json" in protocol else _xml)(fault, _MESSAGES[fault])


def truncated(body: bytes) -> bytes:
    """The first half of a body: a broken answer of which botocore parses no member, and says nothing."""
    return body[: len(body) // 2]


def _json(fault: str, message: str) -> Answer:
    status, code = _JSON_CODES[fault]
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body)


def _xml(fault: str, message: str) -> Answer:
    status, code = _XML_CODES[fault]
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f"<ErrorResponse>{error}<RequestId>emulator</RequestId></ErrorResponse>".encode()
    return Answer(status, {"Content-Type": "text/xml"}, body)
