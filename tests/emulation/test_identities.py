"""The emulated IAM tells users, groups, roles and policies as IAM's reference says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .support import refused

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]})
DENY = ALLOW.replace("Allow", "Deny")
PULL_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"


@pytest.fixture
def iam(cloud: Cloud) -> Client:
    """IAM of an account with a user in a group, a role, and a policy."""
    iam = cloud.client("iam")
    iam.create_policy(PolicyName="limit", Path="/team/", PolicyDocument=ALLOW)
    iam.create_user(UserName="ci", Tags=[{"Key": "team", "Value": "x y"}])
    iam.create_group(GroupName="devs", Path="/team/")
    iam.add_user_to_group(UserName="ci", GroupName="devs")
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=ALLOW, PermissionsBoundary=limit(cloud))
    for kind, name in (("user", "ci"), ("group", "devs"), ("role", "nodes")):
        whose = {f"{kind.title()}Name": name}
        getattr(iam, f"put_{kind}_policy")(**whose, PolicyName="own", PolicyDocument=ALLOW)
        getattr(iam, f"attach_{kind}_policy")(**whose, PolicyArn=PULL_ONLY)
    return iam


def limit(cloud: Cloud) -> str:
    """The ARN of the policy of the account."""
    return f"arn:aws:iam::{cloud.account}:policy/team/limit"


def test_each_identity_has_its_policies_by_one_listing(cloud: Cloud, iam: Client) -> None:
    answer = iam.get_account_authorization_details()
    assert answer["IsTruncated"] is False
    attached = [{"PolicyName": "AmazonEC2ContainerRegistryPullOnly", "PolicyArn": PULL_ONLY}]
    for kind in ("User", "Group", "Role"):
        (detail,) = answer[f"{kind}DetailList"]
        assert detail[f"{kind}PolicyList"] == [{"PolicyName": "own", "PolicyDocument": json.loads(ALLOW)}]
        assert detail["AttachedManagedPolicies"] == attached
        assert detail[f"{kind}Id"][:4] == {"User": "AIDA", "Group": "AGPA", "Role": "AROA"}[kind]
        assert len(detail[f"{kind}Id"]) == 21
    (user,), (role,) = answer["UserDetailList"], answer["RoleDetailList"]
    assert (user["GroupList"], user["Tags"]) == (["devs"], [{"Key": "team", "Value": "x y"}])
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit(cloud)
    assert role["AssumeRolePolicyDocument"] == json.loads(ALLOW)
    assert ("PermissionsBoundary" in user, "Tags" in role) == (False, False)


def test_a_policy_tells_its_versions_and_how_often_it_is_used(cloud: Cloud, iam: Client) -> None:
    iam.create_policy_version(PolicyArn=limit(cloud), PolicyDocument=DENY, SetAsDefault=True)
    iam.attach_user_policy(UserName="ci", PolicyArn=limit(cloud))
    policies = {each["Arn"]: each for each in iam.get_account_authorization_details()["Policies"]}
    policy = policies[limit(cloud)]
    assert (policy["PolicyName"], policy["Path"], policy["DefaultVersionId"]) == ("limit", "/team/", "v2")
    assert policy["PolicyId"].startswith("ANPA")
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (1, 1)
    assert {
        each["VersionId"]: (each["IsDefaultVersion"], each["Document"]) for each in policy["PolicyVersionList"]
    } == {
        "v1": (False, json.loads(ALLOW)),
        "v2": (True, json.loads(DENY)),
    }
    assert policies[PULL_ONLY]["AttachmentCount"] == 3


def test_the_listing_has_pages_and_nothing_is_on_two(iam: Client) -> None:
    whole = iam.get_account_authorization_details()
    marker: dict[str, str] = {}
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["IsTruncated"]:
        pages.append(iam.get_account_authorization_details(MaxItems=4, **marker))
        marker = {"Marker": pages[-1].get("Marker", "")}
    assert len(pages) == 3
    for member in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
        assert [item for page in pages for item in page[member]] == whole[member]
        assert all(len(page[member]) <= 4 for page in pages)
    with refused("ValidationError"):
        iam.get_account_authorization_details(Marker="page-2")


@pytest.mark.parametrize(
    "wanted, members",
    [
        (["User"], {"UserDetailList"}),
        (["Role", "Group"], {"RoleDetailList", "GroupDetailList"}),
        (["LocalManagedPolicy"], {"Policies"}),
        (["AWSManagedPolicy"], {"Policies"}),
    ],
)
def test_a_filter_selects_kinds(cloud: Cloud, iam: Client, wanted: list[str], members: set[str]) -> None:
    answer = iam.get_account_authorization_details(Filter=wanted)
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert {member for member in lists if answer[member]} == members
    arns = [policy["Arn"] for policy in answer["Policies"]]
    if "LocalManagedPolicy" in wanted:
        assert arns == [limit(cloud)]
    if "AWSManagedPolicy" in wanted:
        assert PULL_ONLY in arns
        assert limit(cloud) not in arns


def test_a_user_can_have_a_boundary(cloud: Cloud, iam: Client) -> None:
    bound = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": limit(cloud)}
    made = iam.create_user(UserName="made", PermissionsBoundary=limit(cloud))["User"]
    assert made["PermissionsBoundary"] == bound
    iam.put_user_permissions_boundary(UserName="ci", PermissionsBoundary=limit(cloud))
    assert iam.get_user(UserName="ci")["User"]["PermissionsBoundary"] == bound
    assert {each["UserName"]: each["PermissionsBoundary"] for each in details(iam)} == {"ci": bound, "made": bound}
    assert all("PermissionsBoundary" not in user for user in iam.list_users()["Users"])
    iam.delete_user_permissions_boundary(UserName="ci")
    assert "PermissionsBoundary" not in iam.get_user(UserName="ci")["User"]


def details(iam: Client) -> list[dict[str, Any]]:
    """The users in the listing of all."""
    users: list[dict[str, Any]] = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    return users


def test_a_boundary_is_a_policy_that_is_there(cloud: Cloud, iam: Client) -> None:
    missing = {"PermissionsBoundary": limit(cloud) + "2"}
    with refused("NoSuchEntity", status=404):
        iam.put_user_permissions_boundary(UserName="ci", **missing)
    with refused("NoSuchEntity", status=404):
        iam.put_role_permissions_boundary(RoleName="nodes", **missing)
    with refused("NoSuchEntity", status=404):
        iam.create_user(UserName="made", **missing)
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["ci"]


def test_an_account_tells_its_organization(cloud: Cloud) -> None:
    client = cloud.client("organizations")
    with refused("AWSOrganizationsNotInUseException"):
        client.describe_organization()
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    assert client.describe_organization()["Organization"]["Id"] == made["Id"]
    assert made["Id"].startswith("o-")


def test_a_deleted_role_is_shown_by_its_id(cloud: Cloud, iam: Client) -> None:
    cloud.emulator.seed(["ab"])
    ecr, role = cloud.client("ecr"), iam.create_role(RoleName="gone", AssumeRolePolicyDocument=ALLOW)["Role"]
    statement = {"Effect": "Allow", "Principal": {"AWS": role["Arn"]}, "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(repositoryName="ab", policyText=json.dumps({"Statement": [statement]}))
    iam.delete_role(RoleName="gone")
    text = ecr.get_repository_policy(repositoryName="ab")["policyText"]
    assert json.loads(text)["Statement"][0]["Principal"] == {"AWS": role["RoleId"]}
