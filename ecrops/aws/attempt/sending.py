"""One attempt of one call: it is sent by a client, and its answer is looked at.

Called by ``client`` for every attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.parsers import ResponseParserError

from ecrops.aws.attempt import unseen
from ecrops.aws.attempt.answers import check_entries, is_truncated


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
    answer: dict[str, Any] = unseen.call(method, params) if unseen.is_secret(operation, params) else method(**params)
    check_entries(answer, operation)
    shape = client.meta.service_model.operation_model(operation).output_shape
    if is_truncated(answer, {needs} if needs else shape.members if shape else ()):
        raise ResponseParserError(f"{operation} was answered with HTTP 200 and a part of an answer")
    return answer
