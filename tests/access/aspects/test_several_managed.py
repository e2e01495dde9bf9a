"""Several managed policies of one role, some of them detached, as somebody left them."""

from __future__ import annotations

import json

import pytest

from ecrops import Role
from ecrops.access.policy_keys import PolicyKey, managed_name
from ecrops.testing import Cloud
from support import registry_of

from ..world import populate
from .managed import attached

NODES = Role("nodes")
NAMES = [managed_name(PolicyKey("role", "nodes"), number) for number in range(4)]
ARNS = [f"arn:aws:iam::123456789012:policy/{name}" for name in NAMES]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with a role whose first managed policy lets it pull from a repository."""
    populate(memory_cloud, "ab", "cd")
    registry_of(memory_cloud).repository("ab").grant_pull(NODES, attach="managed")
    return memory_cloud


def copy(cloud: Cloud, number: int, name: str = "ab", *, attach: bool = True) -> None:
    """Make another managed policy that says what the first one does, or the same of another repository."""
    document = json.dumps(cloud.emulator.policies()["managed"][ARNS[0]]).replace("repository/ab", f"repository/{name}")
    cloud.client("iam").create_policy(PolicyName=NAMES[number], PolicyDocument=document)
    if attach:
        cloud.client("iam").attach_role_policy(RoleName="nodes", PolicyArn=ARNS[number])


def test_policies_are_removed_the_last_one_first(cloud: Cloud) -> None:
    copy(cloud, 1)
    dry = registry_of(cloud, dry_run=True).repository("ab")
    plan = dry.revoke(NODES, attach="managed")
    assert [change.operation for change in plan] == ["DetachRolePolicy", "DeletePolicy"] * 2
    assert [change.params["PolicyArn"] for change in plan if change.operation == "DeletePolicy"] == ARNS[1::-1]
    assert not dry.revoke(NODES, attach="managed"), "they are gone in the dry run"
    registry_of(cloud).repository("ab").revoke(NODES, attach="managed")
    assert cloud.emulator.policies()["managed"] == {}


def test_a_policy_behind_two_that_are_missing_is_found(cloud: Cloud) -> None:
    copy(cloud, 3)
    registry_of(cloud).repository("ab").revoke(NODES, attach="managed")
    assert cloud.emulator.policies()["managed"] == {}


def test_a_token_that_nobody_needs_goes_beside_a_policy_that_is_not_attached(cloud: Cloud) -> None:
    copy(cloud, 1, attach=False)
    registry_of(cloud).repository("ab").revoke(NODES, attach="managed")
    assert attached(cloud.client("iam")) == {}
    assert cloud.emulator.policies()["managed"] == {}


def test_a_grant_that_is_in_force_is_not_written_beside_a_policy_that_is_not_attached(cloud: Cloud) -> None:
    copy(cloud, 1, "cd", attach=False)
    plan = registry_of(cloud).repository("ab").grant_pull(NODES, attach="managed")
    assert not plan
    assert plan.notes == ()


def test_a_token_that_goes_with_a_grant_is_told_as_taken_out_of_force(cloud: Cloud) -> None:
    document = cloud.emulator.policies()["managed"][ARNS[0]]
    token = {**document, "Statement": [each for each in document["Statement"] if each["Resource"] == "*"]}
    text = json.dumps(token)
    cloud.client("iam").create_policy_version(PolicyArn=ARNS[0], PolicyDocument=text, SetAsDefault=True)
    [change] = registry_of(cloud, dry_run=True).repository("cd").grant_read(NODES, attach="managed")
    [gone] = [part for sign, part in change.parts if sign == "-"]
    assert gone.startswith("in force: ")
    assert "ecr:getauthorizationtoken" in gone
