"""Secrets: made, read, changed, tagged, deleted and not yet gone, over both wires."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .support import attempts, error_code, many, refused

NAME = "ecr-pullthroughcache/hub"
REQUEST, INVALID, MISSING = "InvalidRequestException", "InvalidParameterException", "ResourceNotFoundException"


@pytest.fixture
def secrets(cloud: Cloud) -> Client:
    """Somebody's plain client of Secrets Manager."""
    return cloud.client("secretsmanager")


def make(secrets: Client, value: str = "first", **more: Any) -> str:
    arn: str = secrets.create_secret(Name=NAME, SecretString=value, **more)["ARN"]
    return arn


def value(secrets: Client, name: str = NAME, **which: Any) -> str:
    text: str = secrets.get_secret_value(SecretId=name, **which)["SecretString"]
    return text


def test_a_secret_is_made_read_and_described(secrets: Client) -> None:
    arn = make(secrets, Description="of the hub", Tags=many(1))
    assert arn.startswith(f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{NAME}-")
    assert value(secrets) == value(secrets, arn) == "first"
    described = secrets.describe_secret(SecretId=arn)
    assert (described["Name"], described["Description"], described["Tags"]) == (NAME, "of the hub", many(1))
    assert {"KmsKeyId", "DeletedDate", "SecretString"}.isdisjoint(described)


def test_a_name_is_taken_unless_the_same_request_comes_again(secrets: Client) -> None:
    token = "t" * 32
    arn = make(secrets, ClientRequestToken=token)
    assert make(secrets, ClientRequestToken=token) == arn
    with refused("ResourceExistsException"):
        make(secrets, "second", ClientRequestToken=token)
    with refused("ResourceExistsException"):
        make(secrets)
    assert value(secrets) == "first"


def test_a_new_value_leaves_the_previous_one(secrets: Client) -> None:
    make(secrets)
    secrets.put_secret_value(SecretId=NAME, SecretString="second")
    secrets.update_secret(SecretId=NAME, SecretString="third")
    assert (value(secrets), value(secrets, VersionStage="AWSPREVIOUS")) == ("third", "second")
    stages = secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"].values()
    assert sorted(stage for each in stages for stage in each) == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_description_is_updated_alone(secrets: Client) -> None:
    make(secrets, Tags=many(1))
    secrets.update_secret(SecretId=NAME, Description="new")
    described = secrets.describe_secret(SecretId=NAME)
    assert (described["Description"], described["Tags"], value(secrets)) == ("new", many(1), "first")


def test_a_deleted_secret_can_be_recovered_and_nothing_else(secrets: Client) -> None:
    arn = make(secrets)
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    assert "DeletedDate" in secrets.describe_secret(SecretId=NAME)
    with refused(REQUEST, "already scheduled for deletion"):
        make(secrets)
    with refused(REQUEST, "marked for deletion"):
        value(secrets)
    with refused(REQUEST):
        secrets.put_secret_value(SecretId=arn, SecretString="second")
    with refused(REQUEST):
        secrets.update_secret(SecretId=NAME, Description="new")
    with refused(REQUEST):
        secrets.tag_resource(SecretId=NAME, Tags=many(1))
    with refused(REQUEST):
        secrets.untag_resource(SecretId=NAME, TagKeys=["k0"])
    with refused(REQUEST):
        secrets.delete_secret(SecretId=NAME)
    secrets.restore_secret(SecretId=NAME)
    assert value(secrets, arn) == "first"


def test_a_secret_can_go_at_once(secrets: Client) -> None:
    make(secrets)
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=30)
    secrets.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    with refused(MISSING):
        value(secrets)
    make(secrets, "second")
    assert value(secrets) == "second"
    for days in (6, 31):
        with refused(INVALID):
            secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=days)
    with refused(INVALID):
        secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)


def test_what_is_not_there_is_not_found(secrets: Client) -> None:
    with refused(MISSING):
        value(secrets)
    for call in ("describe_secret", "delete_secret", "restore_secret"):
        with refused(MISSING):
            getattr(secrets, call)(SecretId=NAME)
    with refused(MISSING):
        secrets.put_secret_value(SecretId=NAME, SecretString="x")
    with refused(MISSING):
        secrets.update_secret(SecretId=NAME, SecretString="x")
    with refused(MISSING):
        secrets.tag_resource(SecretId=NAME, Tags=many(1))
    secrets.create_secret(Name=NAME)
    with refused(MISSING, "AWSCURRENT"):
        value(secrets)


def test_tags_are_added_and_taken_away(secrets: Client) -> None:
    make(secrets, Tags=many(2))
    secrets.tag_resource(SecretId=NAME, Tags=[{"Key": "k1", "Value": "new"}, {"Key": "k2", "Value": ""}])
    secrets.untag_resource(SecretId=NAME, TagKeys=["k0", "none"])
    tags = {tag["Key"]: tag["Value"] for tag in secrets.describe_secret(SecretId=NAME)["Tags"]}
    assert tags == {"k1": "new", "k2": ""}


@pytest.mark.parametrize(
    "tags", [many(51), [{"Key": "aws:a", "Value": ""}], [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]]
)
def test_bad_tags_are_refused(secrets: Client, tags: list[dict[str, str]]) -> None:
    with refused(INVALID):
        make(secrets, Tags=tags)
    make(secrets)
    with refused(INVALID):
        secrets.tag_resource(SecretId=NAME, Tags=tags)
    secrets.tag_resource(SecretId=NAME, Tags=many(49))
    with refused(INVALID):
        secrets.tag_resource(SecretId=NAME, Tags=many(2, start=60))


@pytest.mark.parametrize("name", ["with blank", "a:b", "é", "a*", "n" * 513])
def test_a_name_that_cannot_be_is_refused(secrets: Client, name: str) -> None:
    with refused("ValidationException"):
        secrets.create_secret(Name=name, SecretString="t0ken")
    if len(name) < 512:
        with refused("ValidationException", "Invalid name"):
            value(secrets, name)


def test_a_value_that_cannot_be_is_refused_and_not_repeated(secrets: Client) -> None:
    with pytest.raises(secrets.exceptions.ClientError) as caught:
        make(secrets, "t0ken" * 20_000)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "t0ken" not in str(caught.value)
    with refused(INVALID):
        make(secrets, SecretBinary=b"x")
    make(secrets)
    with refused(INVALID):
        secrets.put_secret_value(SecretId=NAME, SecretString="a", SecretBinary=b"x")
    with refused(REQUEST, "either"):
        secrets.put_secret_value(SecretId=NAME)
    assert value(secrets) == "first"


def test_a_key_is_named_unless_it_is_the_managed_one(cloud: Cloud, secrets: Client) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    make(secrets, KmsKeyId="alias/aws/secretsmanager")
    assert "KmsKeyId" not in secrets.describe_secret(SecretId=NAME)
    for name in (key["KeyId"], key["Arn"], "alias/mine"):
        secrets.update_secret(SecretId=NAME, KmsKeyId=name)
        assert secrets.describe_secret(SecretId=NAME)["KmsKeyId"] == name
    secrets.update_secret(SecretId=NAME, Description="the key stays")
    assert secrets.describe_secret(SecretId=NAME)["KmsKeyId"] == "alias/mine"
    secrets.update_secret(SecretId=NAME, KmsKeyId="")
    assert "KmsKeyId" not in secrets.describe_secret(SecretId=NAME)


def test_a_key_that_cannot_be_used_is_refused(cloud: Cloud, secrets: Client) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cloud.client("kms").disable_key(KeyId=key)
    for name, code in {key: "EncryptionFailure", "alias/none": INVALID, "0" * 36: INVALID}.items():
        with refused(code):
            make(secrets, KmsKeyId=name)
    assert secrets.list_secrets()["SecretList"] == []


def test_each_account_and_region_has_its_own(cloud: Cloud, secrets: Client) -> None:
    arn = make(secrets)
    for other in (
        cloud.client("secretsmanager", "us-east-1"),
        cloud.client("secretsmanager", account="111122223333"),
    ):
        for name in (NAME, arn):
            with refused(MISSING):
                value(other, name)
        make(other, "another")
    assert value(secrets) == "first"


def test_calls_are_recorded_and_fail_on_demand(cloud: Cloud) -> None:
    session: Any = cloud.session(account="111122223333")
    observed = session.client("secretsmanager", config=attempts(cloud, "secretsmanager").meta.config)
    cloud.faults.on("throttle", operation="CreateSecret", times=1)
    cloud.faults.on("denied", operation="GetSecretValue", times=1)
    cloud.faults.on("reset_after", operation="PutSecretValue", times=1)
    with refused("ThrottlingException"):
        make(observed)
    make(observed)
    with refused("AccessDeniedException"):
        value(observed)
    with pytest.raises(Exception, match="Connection was closed"):
        observed.put_secret_value(SecretId=NAME, SecretString="second")
    assert value(observed) == "second"
    assert error_code(lambda: value(cloud.client("secretsmanager"))) == MISSING
    assert cloud.calls.operations() == [
        "CreateSecret", "CreateSecret", "GetSecretValue", "PutSecretValue", "GetSecretValue"
    ]  # fmt: skip
    assert cloud.calls.writes() == ["CreateSecret", "CreateSecret", "PutSecretValue"]
    assert {call.service for call in cloud.calls} == {"secretsmanager"}
