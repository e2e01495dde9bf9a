"""Which errors pass by themselves. Pure.

Called by ``retry`` for every error. A code that is in no class of ``groups`` is judged by its HTTP status.
"""

from __future__ import annotations

import re
import ssl
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from ecrops.aws.classes.groups import CLASSES, ErrorClass

LOST = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""Errors after which the call may have taken effect: its answer was lost. The last one means a truncated answer."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
NO_LONGER_VALID = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
"""Errors that every other call of the same session would get too."""
NO_CREDENTIALS_YET = (CredentialRetrievalError, MetadataRetrievalError)
"""A credential provider failed: the call was never sent, and the provider may answer in a moment."""


def code_of(error: BaseException | None) -> str:
    """Return the error code of an answer of AWS; empty for other errors."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def detail_of(error: BaseException | None) -> str:
    """Return the code of an error of another service inside of an error: ECR repeats that of KMS. Empty without one."""
    answer: Any = error.response if isinstance(error, ClientError) else {}
    inner = re.search(r"Error Code: (\w+)", str(answer.get("Error", {}).get("Message", "")))
    return str(answer.get("kmsError") or (inner[1] if inner else ""))


def class_of(error: BaseException | None) -> ErrorClass:
    """Return the class of an error: by its code, else by its HTTP status, else by its type."""
    code, status = code_of(error), _status(error)
    if code in CLASSES:
        return CLASSES[code]
    if status == 429:
        return ErrorClass.THROTTLED
    if status >= 500 and status != 501:  # 501: the server does not implement the operation
        return ErrorClass.PASSING
    if isinstance(error, (*LOST, *NO_CREDENTIALS_YET)) and not _is_wrong_certificate(error):
        return ErrorClass.PASSING
    return ErrorClass.FINAL


def explain(error: ClientError, doing: str) -> None:
    """Add notes to an error: what the caller lacks.

    Args:
        error: The error.
        doing: The operation, such as ``ecr:PutLifecyclePolicy``.
    """
    if code_of(error) in DENIED:
        error.add_note(f"the caller needs the IAM action {doing}")
    if code_of(error) in NO_LONGER_VALID:
        error.add_note("the credentials are not valid any more, and nothing else was begun: log in again")


def is_throttled(error: BaseException | None) -> bool:
    """Whether an error means that AWS throttles."""
    return class_of(error) is ErrorClass.THROTTLED


def is_momentary(error: BaseException | None) -> bool:
    """Whether the same call may succeed in a moment."""
    return class_of(error) is not ErrorClass.FINAL


def _status(error: BaseException | None) -> int:
    answer: Any = error.response if isinstance(error, ClientError) else {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


def _is_wrong_certificate(error: BaseException) -> bool:
    """Whether the certificate of the server is wrong. A handshake that broke off may succeed in a moment."""
    if not isinstance(error, SSLError):
        return False
    causes: list[BaseException | None] = [error.kwargs.get("error"), error.__cause__, error.__context__]
    reasons = [getattr(cause, "reason", None) for cause in causes]
    chain = (*causes, *reasons, *(inner for cause in (*causes, *reasons) for inner in getattr(cause, "args", ())))
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain)
