"""Encryption: a key by any of its names is one key, and another key is a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, RepositorySpec, SpecError
from ecrops.repositories.values import EncryptionName
from ecrops.testing import Cloud
from support import AT_ONCE, state


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
    new, without_key = RepositorySpec("aaa", encryption_key="alias/images"), RepositorySpec("aab")
    assert [change.owner for change in registry.plan(new, without_key, *fleet)] == ["aaa", "aab"]
    assert len(cloud.calls.of("DescribeKey")) == 1
    assert not registry.plan(*[RepositorySpec(each.name, encryption_key=key) for each in fleet])
    assert len(cloud.calls.of("DescribeKey")) == 1, "a key by its ARN needs none"


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
    with pytest.raises(ConflictError, match="encryption is chosen once: leave it out") as caught:
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


def advice(registry: Registry, key: str) -> str:
    with pytest.raises(ClientError) as caught:
        registry.ensure(RepositorySpec("ab", encryption_key=key))
    assert caught.value.response["Error"]["Code"] == "KmsException"
    return str(caught.value.__notes__[-1])


def test_a_key_that_cannot_be_used_gets_the_advice_that_fits(cloud: Cloud, registry: Registry, key: str) -> None:
    """Case kms-key-of-another-region, its advice: the permissions were not what was wrong."""
    assert "there is no such key in the region of the registry" in advice(registry, "alias/none")
    kms = cloud.client("kms")
    kms.disable_key(KeyId=key.rpartition("/")[2])
    assert "the key is disabled: enable it" in advice(registry, key)
    kms.schedule_key_deletion(KeyId=key.rpartition("/")[2])
    assert "pending deletion: cancel its deletion" in advice(registry, key)
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["Arn"]
    assert "ECR needs a symmetric key" in advice(registry, signing)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"kmsError": "AccessDeniedException"}, "encryption with KMS needs kms:DescribeKey and kms:CreateGrant"),
        ({}, "encryption with KMS needs kms:DescribeKey and kms:CreateGrant"),
        ({"kmsError": "SomethingNew"}, "the error of KMS is in the message"),
        ({"Message": "x (Service: AWSKMS; Status Code: 400; Error Code: DisabledException)"}, "the key is disabled"),
    ],
)
def test_a_key_that_may_not_be_used_says_which_permissions_ecr_needs(
    cloud: Cloud, answer: dict[str, str], said: str
) -> None:
    session = cloud.session(own=True)

    def refuse(**_: object) -> Any:
        error = {"Code": "KmsException", "Message": answer.get("Message", "")}
        body = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}, "kmsError": answer.get("kmsError")}
        return AWSResponse("", 400, HTTPHeaders(), None), body

    session.events.register("before-call.ecr.CreateRepository", refuse)
    registry = Registry(session, retry=AT_ONCE)
    assert said in advice(registry, "alias/images")


REFUSED_KEYS = [
    ("arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555", "a key of us-east-1"),
    ("arn:aws:kms:us-east-1:123456789012:alias/images", "a key of us-east-1"),
    ("arn:aws-cn:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555", "in the partition aws-cn"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED_KEYS)
def test_a_key_that_the_registry_can_never_use_is_refused_before_any_call(
    cloud: Cloud, registry: Registry, asked: str, said: str
) -> None:
    """Case kms-key-of-another-region: estahn/k8s-image-swapper#598."""
    spec = RepositorySpec("ab", encryption_key=asked)
    for verb in (registry.plan, registry.ensure):
        with pytest.raises(SpecError) as caught:
            verb(RepositorySpec("cd"), spec)
        assert str(caught.value).startswith("ab: encryption_key: ")
        assert said in str(caught.value)
    with pytest.raises(SpecError, match="ECR uses keys of its own region only"):
        registry.repository("ab").ensure(encryption_key=asked)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("arn:aws:kms::123456789012:key/11111111-2222-3333-4444-555555555555", "arn:PARTITION:kms:REGION"),
        ("arn:aws:kms:eu-west-1:123456:key/11111111-2222-3333-4444-555555555555", "an account of 12 digits"),
        ("arn:aws:kms:eu-west-1:123456789012:11111111-2222-3333-4444-555555555555", "ACCOUNT:key/ID"),
        ("arn:aws:s3:::bucket", "arn:PARTITION:kms:REGION"),
        ("images", "as alias/NAME, as key id or as ARN"),
    ],
)
def test_what_names_no_key_is_refused_by_the_spec(wrong: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", encryption_key=wrong)
    assert str(caught.value).startswith("encryption_key: ")
    assert said in str(caught.value)
