"""The key of a repository: none, the managed one, or one by any of its names."""

from __future__ import annotations

import pytest

from ecrops.testing import Client, Cloud

from .support import encrypted, refused


def test_aes256_takes_no_key(ecr: Client) -> None:
    assert encrypted(ecr, "app", "AES256") is None
    with refused("InvalidParameterException", "encryptionConfiguration"):
        encrypted(ecr, "app2", "AES256", kmsKey="alias/mine")


@pytest.mark.parametrize("first", [{}, {"kmsKey": "alias/aws/ecr"}])
def test_without_a_key_there_is_one_managed_key(cloud: Cloud, ecr: Client, first: dict[str, str]) -> None:
    managed = encrypted(ecr, "app", "KMS", **first)
    assert managed == encrypted(ecr, "app2", "KMS_DSSE") == encrypted(ecr, "app3", "KMS", kmsKey="alias/aws/ecr")
    metadata = cloud.client("kms").describe_key(KeyId="alias/aws/ecr")["KeyMetadata"]
    assert (metadata["Arn"], metadata["KeyManager"]) == (managed, "AWS")
    assert encrypted(cloud.client("ecr", "us-east-1"), "app", "KMS") != managed


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_by_any_name_is_its_arn(cloud: Cloud, ecr: Client, kind: str) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    alias_arn = key["Arn"].replace(f"key/{key['KeyId']}", "alias/mine")
    for number, name in enumerate((key["KeyId"], key["Arn"], "alias/mine", alias_arn)):
        assert encrypted(ecr, f"app{number}", kind, kmsKey=name) == key["Arn"]


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_that_cannot_be_used_is_refused(cloud: Cloud, ecr: Client, kind: str) -> None:
    kms = cloud.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    kms.disable_key(KeyId=keys[0])
    kms.schedule_key_deletion(KeyId=keys[1], PendingWindowInDays=7)
    for name in (*keys, "alias/none", "arn:aws:kms:us-east-1:123456789012:key/" + keys[0], "nothing"):
        with refused("KmsException"):
            encrypted(ecr, "app", kind, kmsKey=name)
    assert ecr.describe_repositories()["repositories"] == []
