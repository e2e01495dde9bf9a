"""KMS keys: which names mean one key."""

from __future__ import annotations

from ecrops.aws import DENIED, Aws, ClientError, code_of


def is_alias(key: str) -> bool:
    """Whether a key is named by an alias, or by the ARN of one."""
    return key.startswith("alias/") or ":alias/" in key


def is_id_of(key: str, arn: str) -> bool:
    """Whether ``key`` is an ARN, or the id in it."""
    return key == arn or key.lower() == arn.rpartition("/")[2].lower()


def arn_behind(aws: Aws, alias: str) -> str | None:
    """The ARN of the key that an alias stands for; empty for none, ``None`` if that may not be known."""
    try:
        return str(aws.get("kms", "DescribeKey", "KeyMetadata", KeyId=alias)["Arn"])
    except ClientError as error:
        if code_of(error) == "NotFoundException":
            return ""
        if code_of(error) in DENIED:
            return None
        raise
