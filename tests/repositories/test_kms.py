"""Encryption: a key by any of its names is one key, and another key is a conflict."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, RepositorySpec
from ecrops.repositories.values import EncryptionName
from emulator import Cloud
from support import state


@pytest.fixture
def key(cloud: Cloud) -> str:
    kms = cloud.client("kms")
    made: str = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/images", TargetKeyId=made)
    return made


def spellings(key: str) -> list[str]:
    return [key, key.rpartition("/")[2], "alias/images", key.rpartition(":")[0] + ":alias/images"]


@pytest.mark.parametrize("kind", ["KMS", "KMS_DSSE"])
def test_a_key_by_arn_id_or_alias_is_one_key(registry: Registry, key: str, kind: EncryptionName) -> None:
    for made in spellings(key):
        registry.repository("ab").ensure(encryption=kind, encryption_key=made)
        for asked in spellings(key):
            assert not registry.repository("ab").ensure(encryption=kind, encryption_key=asked), (made, asked)
        registry.remove("ab")


def test_kms_without_a_key_matches_any_key(registry: Registry, key: str) -> None:
    registry.repository("ab").ensure(encryption_key=key)
    assert not registry.repository("ab").ensure(encryption="KMS")


def test_an_alias_is_resolved_once_for_a_fleet_and_only_when_needed(cloud: Cloud, registry: Registry, key: str) -> None:
    fleet = [RepositorySpec(f"app{n}", encryption_key="alias/images") for n in range(5)]
    registry.ensure(*fleet)
    assert cloud.calls.of("DescribeKey") == []
    registry.ensure(*fleet)
    assert len(cloud.calls.of("DescribeKey")) == 1


def test_another_encryption_is_a_conflict_and_nothing_changes_anywhere(
    cloud: Cloud, registry: Registry, key: str
) -> None:
    registry.ensure(RepositorySpec("plain"), RepositorySpec("keyed", encryption_key=key))
    before = state(cloud)
    plan = registry.plan(
        RepositorySpec("new"),
        RepositorySpec("plain", encryption="KMS", image_scan_on_push=True),
        RepositorySpec("keyed", encryption="AES256"),
    )
    assert [str(conflict) for conflict in plan.conflicts] == [
        "! plain encryption: AES256 -> KMS",
        f"! keyed encryption: KMS with {key} -> AES256",
    ]
    assert plan.summary == "1 to create, 1 to update, 2 conflicts"
    cloud.calls.clear()
    with pytest.raises(ConflictError) as caught:
        registry.apply(plan)
    assert caught.value.conflicts == plan.conflicts
    assert cloud.calls.operations() == []
    assert state(cloud) == before


@pytest.mark.parametrize("asked", ["alias/other", "alias/none", "11111111-2222-3333-4444-555555555555"])
def test_another_key_is_a_conflict(cloud: Cloud, registry: Registry, key: str, asked: str) -> None:
    kms = cloud.client("kms")
    kms.create_alias(AliasName="alias/other", TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"])
    registry.repository("ab").ensure(encryption_key=key)
    assert registry.plan(RepositorySpec("ab", encryption_key=asked)).conflicts


def test_an_alias_that_may_not_be_resolved_is_a_note_and_never_a_replacement(
    cloud: Cloud, registry: Registry, key: str
) -> None:
    registry.repository("ab").ensure(encryption_key=key)
    cloud.faults.on("denied", operation="DescribeKey", times=None)
    plan = registry.plan(RepositorySpec("ab", encryption_key="alias/images"))
    assert not plan
    assert "kms:DescribeKey" in plan.notes[0]
    assert plan.notes[0] in str(plan)


def test_explicit_aes256_is_what_a_plain_repository_has(registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    assert not registry.ensure(RepositorySpec("ab", encryption="AES256"))


def test_a_key_that_cannot_be_used_says_which_permissions_ecr_needs(registry: Registry) -> None:
    with pytest.raises(ClientError) as caught:
        registry.ensure(RepositorySpec("ab", encryption_key="alias/none"))
    assert caught.value.response["Error"]["Code"] == "KmsException"
    assert any("kms:CreateGrant" in note for note in caught.value.__notes__)
