"""The KMS side of encryption: ECR stores the ARN of the key, whatever name it was given by."""

from __future__ import annotations

from moto.kms.models import Key, KmsBackend, kms_backends

from .errors import KmsException, invalid

MANAGED = "alias/aws/ecr"
Encryption = dict[str, str]


def resolved(wanted: Encryption | None, account: str, region: str) -> Encryption:
    """The encryption a repository gets: AES256 unless asked, else with the ARN of a key that can be used."""
    wanted = wanted or {"encryptionType": "AES256"}
    kind, name = wanted["encryptionType"], wanted.get("kmsKey")
    if kind == "AES256":
        if name is not None:
            raise invalid("encryptionConfiguration", "kmsKey can't be specified for AES256")
        return {"encryptionType": kind}
    return {"encryptionType": kind, "kmsKey": _usable(_find(kms_backends[account][region], name)).arn}


def _find(kms: KmsBackend, name: str | None) -> Key:
    """The key that an id, an ARN, an alias or an alias's ARN names; without a name, the AWS-managed one."""
    if name is None or _local(kms, name) == MANAGED:
        return _managed(kms)
    wanted = _local(kms, name)
    for key in kms.keys.values():
        if wanted == key.id or wanted in key.aliases:
            return key
    raise KmsException("NotFoundException", f"Key '{name}' does not exist")


def _local(kms: KmsBackend, name: str) -> str:
    """The part of an ARN of this account and region that KMS calls a key id or alias name."""
    home = f"arn:{kms.partition}:kms:{kms.region_name}:{kms.account_id}:"
    return name.removeprefix(home).removeprefix("key/") if name.startswith(home) else name


def _managed(kms: KmsBackend) -> Key:
    """The one AWS-managed key for ECR of an account in a region, made when it is first used."""
    for key in kms.keys.values():
        if MANAGED in key.aliases:
            return key
    description = "Default key that protects my ECR data when no other key is defined"
    key = kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", description, None)
    key.key_manager = "AWS"
    kms.create_alias(key.id, MANAGED)
    return key


def _usable(key: Key) -> Key:
    if key.key_state != "Enabled":
        error = "DisabledException" if key.key_state == "Disabled" else "KMSInvalidStateException"
        raise KmsException(error, f"{key.arn} is {key.key_state.lower()}")
    if (key.key_usage or "ENCRYPT_DECRYPT", key.key_spec) != ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"):
        raise KmsException("InvalidKeyUsageException", f"{key.arn} is not a symmetric encryption key")
    return key
