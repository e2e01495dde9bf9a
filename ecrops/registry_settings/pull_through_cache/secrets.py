"""The secrets that ecrops makes for pull-through cache rules: where they are."""

from __future__ import annotations

from ecrops.aws import Aws, ClientError, code_of

MISSING = "ResourceNotFoundException"


def arn_of(aws: Aws, name: str) -> str:
    """Return the ARN of a secret; empty if there is none."""
    try:
        return str(aws.get("secretsmanager", "DescribeSecret", "ARN", SecretId=name))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return ""
