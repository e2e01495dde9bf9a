"""KMS keys: which names mean the same key.

Called by ``settings`` to compare a wanted key with the current one.
"""

from __future__ import annotations

from ecrops.aws import DENIED, Aws, ClientError, code_of


def is_alias(key: str) -> bool:
    """Whether a key is named by an alias, or by the ARN of an alias."""
    return key.startswith("alias/") or ":alias/" in key


def is_id_of(key: str, arn: str) -> bool:
    """Whether ``key`` is the ARN of a key, or the id in it."""
    return key == arn or key.lower() == arn.rpartition("/")[2].lower()


def arn_behind(aws: Aws, alias: str) -> str | None:
    """Read the ARN of the key that an alias names: empty if there is none, ``None`` if the caller may not know."""
    try:
        return str(aws.get("kms", "DescribeKey", "KeyMetadata", KeyId=alias)["Arn"])
    except ClientError as error:
        if code_of(error) == "NotFoundException":
            return ""
        if code_of(error) in DENIED:
            return None
        raise
