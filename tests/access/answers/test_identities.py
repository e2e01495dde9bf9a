"""Every policy that is in force for a user, a role or a group is read, from one listing or one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops.access.answers import identities
from ecrops.access.answers.identities import Directory, Identity, parse
from ecrops.access.answers.one_identity import seen
from ecrops.testing import Client, Cloud
from support import registry_of

PULL_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
LISTING, ROLE, USER = "GetAccountAuthorizationDetails", "AROA0123456789ABCDEFG", "AIDA0123456789ABCDEFG"


def document(*actions: str) -> dict[str, Any]:
    """A policy that allows some actions."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


PULL, PUSH, ALL = document("ecr:BatchGetImage"), document("ecr:PutImage"), document("ecr:*")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of the emulator."""
    return memory_cloud


@pytest.fixture
def iam(cloud: Cloud) -> Client:
    """A user in two groups, and a role, with policies of all kinds."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ci", Path="/people/", Tags=[{"Key": "team", "Value": "a"}])
    for group in ("devs", "ops"):
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=json.dumps(PULL))
        iam.add_user_to_group(UserName="ci", GroupName=group)
    iam.attach_group_policy(GroupName="ops", PolicyArn=PULL_ONLY)
    iam.put_user_policy(UserName="ci", PolicyName="own", PolicyDocument=json.dumps(PUSH))
    limit = iam.create_policy(PolicyName="limit", Path="/team/", PolicyDocument=json.dumps(PULL))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=limit, PolicyDocument=json.dumps(ALL), SetAsDefault=True)
    iam.create_role(RoleName="nodes", Path="/eks/", AssumeRolePolicyDocument="{}", PermissionsBoundary=limit)
    iam.put_role_policy(RoleName="nodes", PolicyName="own", PolicyDocument=json.dumps(PULL))
    iam.attach_role_policy(RoleName="nodes", PolicyArn=PULL_ONLY)
    iam.attach_role_policy(RoleName="nodes", PolicyArn=limit)
    cloud.calls.clear()
    return iam


def find(directory: Directory | None, kind: str, name: str) -> Identity:
    """An identity that is there."""
    assert directory is not None
    identity = directory.find(kind, name)
    assert identity is not None
    return identity


def actions(identity: Identity) -> dict[str, Any]:
    """What each policy of an identity is about."""
    return {str(policy.source): policy.document["Statement"][0]["Action"] for policy in identity.policies}


def test_an_identity_has_all_policies_that_are_in_force(cloud: Cloud, iam: Client) -> None:
    directory = identities.read(registry_of(cloud).aws)
    assert cloud.calls.operations() == [LISTING]
    assert [str(identity) for identity in directory] == ["user ci", "group devs", "group ops", "role nodes"]
    pull_only = [
        f"ecr:{name}"
        for name in ("GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer", "BatchImportUpstreamImage")
    ]
    ci, nodes = find(directory, "user", "ci"), find(directory, "role", "nodes")
    assert actions(ci) == {
        "inline policy own": ["ecr:PutImage"],
        "group devs: inline policy own": ["ecr:BatchGetImage"],
        "group ops: inline policy own": ["ecr:BatchGetImage"],
        "group ops: AWS managed policy AmazonEC2ContainerRegistryPullOnly": pull_only,
    }
    assert actions(nodes) == {
        "inline policy own": ["ecr:BatchGetImage"],
        "AWS managed policy AmazonEC2ContainerRegistryPullOnly": pull_only,
        "managed policy limit": ["ecr:*"],
    }
    assert (ci.groups, dict(ci.tags), ci.boundary) == (("devs", "ops"), {"team": "a"}, None)
    assert nodes.boundary is not None
    assert (str(nodes.boundary.source), nodes.boundary.document) == ("permissions boundary limit", ALL)


def test_an_identity_is_found_by_each_of_its_names(cloud: Cloud, iam: Client) -> None:
    directory = identities.read(registry_of(cloud).aws)
    nodes = find(directory, "role", "nodes")
    role = iam.get_role(RoleName="nodes")["Role"]
    assert nodes.arn == "arn:aws:iam::123456789012:role/eks/nodes"
    assert directory.by_arn(nodes.arn) is directory.by_id(role["RoleId"]) is nodes
    assert directory.find("user", "nodes") is directory.by_arn(nodes.arn.replace("eks/", "")) is None
    assert directory.is_whole
    assert directory.knows("role", "deleted")
    assert (directory.find("role", "deleted"), directory.by_id(ROLE), len(directory)) == (None, None, 4)


def test_all_pages_are_read(cloud: Cloud, iam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = identities.read(registry_of(cloud).aws)
    monkeypatch.setattr(identities, "PAGE", 2)
    cloud.calls.clear()
    directory = identities.read(registry_of(cloud).aws)
    assert cloud.calls.operations() == [LISTING] * 5
    assert [actions(identity) for identity in directory] == [actions(identity) for identity in whole]
    boundary = find(directory, "role", "nodes").boundary
    assert boundary is not None
    assert boundary.document == ALL


# Parsing


def role(name: str = "nodes", **members: Any) -> dict[str, Any]:
    """A role as IAM lists it."""
    return {"RoleName": name, "RoleId": ROLE, "Arn": f"arn:aws:iam::123456789012:role/{name}", **members}


def inline(content: Any, name: str = "own") -> dict[str, Any]:
    """The inline policy of a role."""
    return {"RolePolicyList": [{"PolicyName": name, "PolicyDocument": content}]}


def managed(arn: str, *versions: Any, default: int = 0) -> dict[str, Any]:
    """A managed policy as IAM lists it."""
    listed = [
        {"VersionId": f"v{number}", "IsDefaultVersion": number == default, "Document": version}
        for number, version in enumerate(versions)
    ]
    return {"Arn": arn, "PolicyVersionList": listed}


def bounded(arn: str) -> dict[str, Any]:
    """The boundary of a role."""
    return {"PermissionsBoundary": {"PermissionsBoundaryArn": arn}}


def parsed(*pages: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Pages as they come from IAM: their JSON is of others."""
    return (json.loads(json.dumps(page)) for page in pages)


LIMIT = "arn:aws:iam::123456789012:policy/limit"


def test_what_belongs_to_an_identity_may_be_on_any_page() -> None:
    user = {"UserName": "ci", "UserId": USER, "Arn": "arn:aws:iam::123456789012:user/ci", "GroupList": ["devs"]}
    group = {"GroupName": "devs", "GroupId": "AGPA", "Arn": "arn:aws:iam::123456789012:group/devs"}
    attached: dict[str, Any] = {"AttachedManagedPolicies": [{"PolicyName": "limit", "PolicyArn": LIMIT}]}
    pages = parsed(
        {"RoleDetailList": [role(**bounded(LIMIT))], "UserDetailList": [user]},
        {"Policies": [managed(LIMIT, PULL, PUSH, default=1)]},
        {"GroupDetailList": [group | attached]},
    )
    directory = parse(pages)
    boundary = find(directory, "role", "nodes").boundary
    assert boundary is not None
    assert boundary.document == PUSH
    (policy,) = find(directory, "user", "ci").policies
    assert (str(policy.source), policy.document) == ("group devs: managed policy limit", PUSH)


def test_a_policy_that_iam_does_not_list_is_unreadable_and_not_absent() -> None:
    attached: dict[str, Any] = {"AttachedManagedPolicies": [{"PolicyName": "limit", "PolicyArn": LIMIT}]}
    user = {"UserName": "ci", "UserId": USER, "Arn": "arn:aws:iam::123456789012:user/ci", "GroupList": ["devs"]}
    pages = [{"RoleDetailList": [role(**bounded(LIMIT), **attached)], "UserDetailList": [user]}]
    directory = parse(parsed(*pages, {"Policies": [managed(LIMIT, PULL, default=7)]}))
    nodes = find(directory, "role", "nodes")
    assert nodes.boundary is not None
    assert LIMIT in nodes.boundary.unreadable
    assert [LIMIT in policy.unreadable for policy in nodes.policies] == [True]
    assert ["devs" in policy.unreadable for policy in find(directory, "user", "ci").policies] == [True]


@pytest.mark.parametrize("wrong", ["{not JSON", ["a list"], {"Statement": "no statement"}, 3, None])
def test_a_document_that_is_no_policy_hides_no_other_one(wrong: Any) -> None:
    pages = [{"RoleDetailList": [role(**inline(wrong)), role("other", RoleId="AROA", **inline(PULL))]}]
    directory = parse(parsed(*pages))
    (policy,) = find(directory, "role", "nodes").policies
    assert policy.unreadable
    assert actions(find(directory, "role", "other")) == {"inline policy own": ["ecr:BatchGetImage"]}


def test_what_many_identities_have_is_compiled_once() -> None:
    roles = [role(f"role{number}", **inline(PULL)) for number in range(50)]
    other = [role("other", **inline(PUSH)), role("named", **inline(PULL, "other"))]
    directory = parse(parsed({"RoleDetailList": roles[:25]}, {"RoleDetailList": roles[25:] + other}))
    assert len({id(policy) for identity in directory for policy in identity.policies}) == 3


# One by one


def denying(cloud: Cloud, *operations: str) -> None:
    """IAM that denies some operations."""
    for operation in operations:
        cloud.faults.on("denied", operation=operation, times=None)


def test_a_role_is_read_alone_where_not_all_may_be_listed(cloud: Cloud, iam: Client) -> None:
    whole = find(identities.read(registry_of(cloud).aws), "role", "nodes")
    denying(cloud, LISTING)
    cloud.calls.clear()
    directory, unread = seen(registry_of(cloud).aws, [("role", "nodes"), ("role", "deleted")])
    nodes = find(directory, "role", "nodes")
    assert actions(nodes) == actions(whole)
    assert nodes.boundary is not None
    assert nodes.boundary.document == ALL
    assert (nodes.unique_id, nodes.arn, dict(nodes.tags)) == (whole.unique_id, whole.arn, dict(whole.tags))
    assert sorted(cloud.calls.operations()) == sorted(
        [LISTING, "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetRole"]
        + ["GetPolicy", "GetPolicyVersion"] * 2
    )
    assert [(part.what, part.permission) for part in unread] == [
        ("users, roles and groups of the account", "iam:GetAccountAuthorizationDetails")
    ]
    assert str(unread[0]).endswith("the caller may not call iam:GetAccountAuthorizationDetails")


def test_one_that_is_not_there_is_told_from_one_that_cannot_be_seen(cloud: Cloud, iam: Client) -> None:
    denying(cloud, LISTING, "GetUser")
    directory, unread = seen(registry_of(cloud).aws, [("role", "deleted"), ("user", "ci")])
    assert directory is not None
    assert not directory.is_whole
    assert (directory.find("role", "deleted"), directory.knows("role", "deleted")) == (None, True)
    assert (directory.find("user", "ci"), directory.knows("user", "ci")) == (None, False)
    assert directory.knows("role", "nodes") is False
    assert [(part.what, part.permission) for part in unread[1:]] == [("user ci", "iam:GetUser")]


def test_a_user_is_read_with_its_groups_and_its_boundary(cloud: Cloud, iam: Client) -> None:
    iam.put_user_permissions_boundary(UserName="ci", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")
    whole = find(identities.read(registry_of(cloud).aws), "user", "ci")
    iam.create_group(GroupName="other")
    denying(cloud, LISTING)
    directory, _ = seen(registry_of(cloud).aws, [("user", "ci")])
    ci = find(directory, "user", "ci")
    assert (actions(ci), ci.groups, ci.tags) == (actions(whole), whole.groups, whole.tags)
    assert ci.boundary is not None
    assert ci.boundary.document == document("*")
    assert directory is not None
    assert not directory.knows("group", "other")


def test_a_group_is_read_alone(cloud: Cloud, iam: Client) -> None:
    whole = find(identities.read(registry_of(cloud).aws), "group", "ops")
    denying(cloud, LISTING)
    directory, _ = seen(registry_of(cloud).aws, [("group", "ops")])
    assert actions(find(directory, "group", "ops")) == actions(whole)


@pytest.mark.parametrize(
    "operation", ["GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "GetPolicy", "GetPolicyVersion"]
)
def test_an_identity_of_which_a_part_cannot_be_read_is_not_seen(cloud: Cloud, iam: Client, operation: str) -> None:
    denying(cloud, LISTING, operation)
    directory, unread = seen(registry_of(cloud).aws, [("role", "nodes")])
    assert directory is None
    assert [part.permission for part in unread] == [f"iam:{LISTING}", f"iam:{operation}"]


def test_only_a_denied_listing_is_told_and_other_errors_are_raised(cloud: Cloud, iam: Client) -> None:
    cloud.faults.on("error500", operation=LISTING, times=None)
    with pytest.raises(ClientError, match=r"GetAccountAuthorizationDetails"):
        seen(registry_of(cloud).aws, [("role", "nodes")])
