"""The settings of an account, and whose pulls leave no pull time."""

from __future__ import annotations

import pytest

from ecrops.testing import Client, Cloud

from ..support import refused

ROLE = f"arn:aws:iam::{Cloud.account}:role/"


@pytest.mark.parametrize(
    ("name", "value"),
    [("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE"), ("REGISTRY_POLICY_SCOPE", "V2"), ("BLOB_MOUNTING", "DISABLED")],
)
def test_each_setting_has_a_default(ecr: Client, name: str, value: str) -> None:
    answer = ecr.get_account_setting(name=name)
    assert (answer["name"], answer["value"]) == (name, value)
    assert ecr.put_account_setting(name=name, value=value)["value"] == value


def test_a_setting_is_put_and_stays(ecr: Client) -> None:
    answer = ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert (answer["name"], answer["value"]) == ("BLOB_MOUNTING", "ENABLED")
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("BLOB_MOUNTING", "enabled", "value"),
        ("BASIC_SCAN_TYPE_VERSION", "CLAIR", "value"),
        ("REGISTRY_POLICY_SCOPE", "V1", "value"),
        ("NOPE", "V2", "name"),
        ("N" * 65, "V2", "name"),
    ],
)
def test_names_and_values_are_those_that_there_are(ecr: Client, name: str, value: str, where: str) -> None:
    with refused("InvalidParameterException", f"at '{where}'"):
        ecr.put_account_setting(name=name, value=value)


def test_a_name_that_is_none_cannot_be_read(ecr: Client) -> None:
    with refused("InvalidParameterException", "at 'name'"):
        ecr.get_account_setting(name="NOPE")


def test_there_can_be_a_newer_setting(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.settings.account_settings.add("NEWER", ["OFF", "ON"])
    assert ecr.get_account_setting(name="NEWER")["value"] == "OFF"
    ecr.put_account_setting(name="NEWER", value="ON")
    assert ecr.get_account_setting(name="NEWER")["value"] == "ON"


def test_an_exclusion_comes_and_goes(ecr: Client) -> None:
    answer = ecr.register_pull_time_update_exclusion(principalArn=ROLE + "scanner")
    assert answer["principalArn"] == ROLE + "scanner"
    assert answer["createdAt"].tzinfo
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [ROLE + "scanner"]
    with refused("ExclusionAlreadyExistsException"):
        ecr.register_pull_time_update_exclusion(principalArn=ROLE + "scanner")
    answer = ecr.deregister_pull_time_update_exclusion(principalArn=ROLE + "scanner")
    assert answer["principalArn"] == ROLE + "scanner"
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == []
    with refused("ExclusionNotFoundException"):
        ecr.deregister_pull_time_update_exclusion(principalArn=ROLE + "scanner")


@pytest.mark.parametrize(
    "arn",
    [
        "scanner",
        "arn:aws:iam::1:role/a",
        "arn:aws:iam::123456789012:group/a",
        "arn:aws:iam::123456789012:root",
        ROLE + "a*",
        ROLE + "a/",
        ROLE + "a" * 200,
    ],
)
def test_an_exclusion_is_a_role_or_a_user(ecr: Client, arn: str) -> None:
    with refused("InvalidParameterException", "principalArn"):
        ecr.register_pull_time_update_exclusion(principalArn=arn)


def test_exclusions_come_in_pages_without_a_paginator(ecr: Client) -> None:
    assert not ecr.can_paginate("list_pull_time_update_exclusions")
    arns = [f"{ROLE}path/r{number}" for number in range(5)]
    for arn in arns:
        ecr.register_pull_time_update_exclusion(principalArn=arn)
    found: list[str] = []
    token: dict[str, str] = {}
    for size in (2, 2, 1):
        page = ecr.list_pull_time_update_exclusions(maxResults=2, **token)
        assert len(page["pullTimeUpdateExclusions"]) == size
        found += page["pullTimeUpdateExclusions"]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
    assert found == arns
    assert not token
    with refused("InvalidParameterException", "nextToken"):
        ecr.list_pull_time_update_exclusions(nextToken="?")
    with refused("InvalidParameterException", "less than or equal to 1000"):
        ecr.list_pull_time_update_exclusions(maxResults=1001)


def test_there_are_at_most_a_hundred_exclusions(cloud: Cloud, ecr: Client) -> None:
    for number in range(100):
        ecr.register_pull_time_update_exclusion(principalArn=f"{ROLE}r{number}")
    with refused("LimitExceededException", "100"):
        ecr.register_pull_time_update_exclusion(principalArn=ROLE + "more")
    assert len(cloud.emulator.settings.picture()["exclusions"]) == 100
