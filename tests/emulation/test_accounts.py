"""Many accounts in the emulated AWS: roles that are assumed, regions that are enabled, and an organization."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops.testing import Client, Cloud

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/ops/ecrops"


def assume(sts: Client, **options: Any) -> dict[str, Any]:
    """Assume the role of the other account."""
    answer: dict[str, Any] = sts.assume_role(RoleArn=ROLE, RoleSessionName="test", **options)
    return answer


def refused(call: Any, **options: Any) -> tuple[str, str]:
    """Code and words of a refusal."""
    with pytest.raises(ClientError) as error:
        call(**options)
    answer: Any = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def client_of(cloud: Cloud, answer: dict[str, Any], service: str, region: str = "eu-west-1") -> Client:
    """A client of an assumed role."""
    keys = answer["Credentials"]
    session = cloud._sessions.own(region, None, observed=False)
    make: Any = session.client
    return make(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


DENIED = (
    "AccessDenied",
    f"User: arn:aws:sts::123456789012:user/moto is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
)


def test_a_role_is_assumed_by_whom_its_trust_policy_names(cloud: Cloud) -> None:
    sts = cloud.client("sts")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == DENIED  # there is no such role
    cloud.seed_role("ops/ecrops", OTHER, trusts="arn:aws:iam::123456789012:user/somebody-else")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == DENIED
    cloud.seed_role("ops/ecrops", OTHER, trusts="arn:aws:sts::123456789012:user/moto")
    assert assume(sts)["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/ecrops/test"
    without_path = ROLE.replace("ops/", "")
    assert refused(sts.assume_role, RoleArn=without_path, RoleSessionName="test")[0] == "AccessDenied"


def test_the_external_id_has_to_be_the_one_of_the_trust_policy(cloud: Cloud) -> None:
    cloud.seed_role("ops/ecrops", OTHER, external_id="xyz")
    sts = cloud.client("sts")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == DENIED
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test", ExternalId="abc") == DENIED
    assert assume(sts, ExternalId="xyz")


def test_a_session_of_a_role_acts_in_the_account_of_the_role(cloud: Cloud) -> None:
    cloud.seed_role("ops/ecrops", OTHER)
    cloud.seed_role("last", "333344445555", trusts=f"arn:aws:iam::{OTHER}:role/ops/ecrops")
    answer = assume(cloud.client("sts"))
    assert client_of(cloud, answer, "ecr").describe_registry()["registryId"] == OTHER
    chained = client_of(cloud, answer, "sts").assume_role(
        RoleArn="arn:aws:iam::333344445555:role/last", RoleSessionName="chained"
    )
    assert client_of(cloud, chained, "sts").get_caller_identity()["Account"] == "333344445555"


def test_a_trust_policy_that_denies_wins(cloud: Cloud) -> None:
    principal = {"AWS": f"arn:aws:iam::{cloud.account}:root"}
    trust = [
        {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
        for effect, condition in (("Allow", {}), ("Deny", {"StringEquals": {"sts:RoleSessionName": "test"}}))
    ]
    cloud.client("iam", account=OTHER).create_role(
        RoleName="ecrops",
        Path="/ops/",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )
    sts = cloud.client("sts")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == DENIED
    assert sts.assume_role(RoleArn=ROLE, RoleSessionName="another")


def test_credentials_expire(cloud: Cloud) -> None:
    cloud.seed_role("ops/ecrops", OTHER)
    cloud.emulator.at(account=OTHER).role_seconds = -1
    answer = assume(cloud.client("sts"))
    expired = "The security token included in the request is expired"
    assert refused(client_of(cloud, answer, "ecr").describe_registry) == ("ExpiredTokenException", expired)
    sts = client_of(cloud, answer, "sts")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == ("ExpiredToken", expired)


def test_a_region_that_is_not_enabled_knows_no_credentials(cloud: Cloud) -> None:
    cloud.emulator.at(region="me-central-1").region_status = "DISABLED"
    assert refused(cloud.client("ecr", "me-central-1").describe_registry) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    assert cloud.client("ecr", "me-central-1", account=OTHER).describe_registry()
    assert cloud.client("ecr", "me-south-1").describe_registry()


def test_the_regions_of_an_account_are_listed(cloud: Cloud) -> None:
    cloud.emulator.at(region="me-central-1").region_status = "DISABLED"
    account = cloud.client("account")
    pages = list(account.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 10}))
    found = {region["RegionName"]: region["RegionOptStatus"] for page in pages for region in page["Regions"]}
    assert len(pages) > 2
    assert (found["eu-west-1"], found["me-central-1"], found["me-south-1"]) == (
        "ENABLED_BY_DEFAULT",
        "DISABLED",
        "ENABLED",
    )
    assert "aws-global" not in found
    only = account.list_regions(RegionOptStatusContains=["DISABLED"])["Regions"]
    assert only == [{"RegionName": "me-central-1", "RegionOptStatus": "DISABLED"}]


def listed(answers: Iterator[dict[str, Any]], member: str) -> list[dict[str, Any]]:
    """The entries of all pages."""
    return [entry for answer in answers for entry in answer[member]]


def test_an_organization_has_accounts_in_units(cloud: Cloud) -> None:
    organization = cloud.emulator.organization
    organization.add(OTHER, "payments", unit="workloads/prod", tags={"stage": "prod"})
    organization.add("333344445555", "old", unit="workloads/prod", state="SUSPENDED")
    for number in range(30):
        organization.add(f"4444000000{number:02}", f"sandbox {number}")
    client = cloud.client("organizations")
    assert len(client.list_accounts()["Accounts"]) == 20
    accounts = listed(client.get_paginator("list_accounts").paginate(), "Accounts")
    assert len({account["Id"] for account in accounts}) == 33  # with that of the organization itself
    states = {account["Name"]: account["State"] for account in accounts}
    assert (states["payments"], states["old"]) == ("ACTIVE", "SUSPENDED")
    [workloads] = client.list_organizational_units_for_parent(ParentId=organization.unit(""))["OrganizationalUnits"]
    assert client.list_accounts_for_parent(ParentId=workloads["Id"])["Accounts"] == []
    inner = client.list_accounts_for_parent(ParentId=organization.unit("workloads/prod"))["Accounts"]
    assert [account["Id"] for account in inner] == [OTHER, "333344445555"]
    assert client.list_tags_for_resource(ResourceId=OTHER)["Tags"] == [{"Key": "stage", "Value": "prod"}]
    role = f"arn:aws:iam::{OTHER}:role/OrganizationAccountAccessRole"
    assert cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")


def test_only_the_management_account_lists_accounts(cloud: Cloud) -> None:
    code, message = refused(cloud.client("organizations").list_accounts)
    assert (code, message) == (
        "AWSOrganizationsNotInUseException",
        "Your account is not a member of an organization.",
    )
    cloud.emulator.organization.add(OTHER, "payments")
    member = cloud.client("organizations", account=OTHER)
    assert refused(member.list_accounts) == (
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    )
    assert member.describe_organization()["Organization"]["MasterAccountId"] == cloud.account
