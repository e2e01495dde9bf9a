"""One attempt of one call: it is sent by a client, and its answer is looked at.

Called by ``client`` for every attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.parsers import ResponseParserError

from ecrops.aws.attempt.answers import check_entries, is_truncated
from ecrops.base.secret import has_secret

SECRET_ANSWERS = frozenset({"AssumeRole", "GetAuthorizationToken", "GetSecretValue"})
"""The operations whose answers are secrets."""


def send(client: Any, operation: str, params: Mapping[str, Any], needs: str) -> dict[str, Any]:
    """Make one attempt of a call.

    Args:
        client: A client of boto3.
        operation: An operation of it, such as ``DescribeRepositories``.
        params: The members of its input. Those that are secrets are revealed for this moment.
        needs: A member that every whole answer has; any member of its output without it.

    Raises:
        ClientError: AWS refused the call, or a part of it.
        ResponseParserError: The answer was truncated.
    """
    method = getattr(client, xform_name(operation))
    is_secret = operation in SECRET_ANSWERS or has_secret(params)
    answer: dict[str, Any] = _unseen(method, params) if is_secret else method(**params)
    check_entries(answer, operation)
    shape = client.meta.service_model.operation_model(operation).output_shape
    if is_truncated(answer, {needs} if needs else shape.members if shape else ()):
        raise ResponseParserError(f"{operation} was answered with HTTP 200 and a part of an answer")
    return answer


def _unseen(method: Callable[..., dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    from ecrops.aws.attempt.unseen import call  # few programs send or get a secret

    return call(method, params)
