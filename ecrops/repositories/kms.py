"""KMS keys: which names mean the same key, and what to do when ECR cannot use one.

Called by ``settings`` to compare a wanted key with the current one, and for the advice of its changes.
"""

from __future__ import annotations

from ecrops.aws import DENIED, Aws, ClientError, code_of

_PERMISSIONS = "encryption with KMS needs kms:DescribeKey and kms:CreateGrant on the key, deletion kms:RetireGrant"
_STATE = "the key cannot be used in its state, such as pending deletion: cancel its deletion, or name another key"
_BY_CODE = {
    "": f"the error of KMS is in the message; {_PERMISSIONS}",
    "AccessDeniedException": _PERMISSIONS,
    "DisabledException": "the key is disabled: enable it, or name another key",
    "InvalidArnException": "the ARN names no key: give the key of this region by its id, ARN or alias",
    "InvalidKeyUsageException": "ECR needs a symmetric key for encryption: name a key with the usage ENCRYPT_DECRYPT",
    "KMSInvalidStateException": _STATE,
    "KeyUnavailableException": _STATE,
    "NotFoundException": "there is no such key in the region of the registry: name one by id, ARN or alias",
}
ADVICE = {f"KmsException {code}".rstrip(): advice for code, advice in _BY_CODE.items()}
"""The way out of each error that ECR repeats from KMS. The codes are those of KMS's API model."""


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
