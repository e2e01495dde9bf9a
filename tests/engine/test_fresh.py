"""What others write while an apply goes on stays: each owner is read again right before it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Change, LifecycleRule, Registry, RepositorySpec, Role, pull
from emulator import Cloud
from support import registry_of

ACCOUNT = "111122223333"
DENY = {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
NAMES = [f"app{n:03}" for n in range(64)]
SPECS = [RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in NAMES]


def deny(cloud: Cloud, name: str) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    cloud.client("ecr").set_repository_policy(repositoryName=name, policyText=text)


def sids(cloud: Cloud, name: str) -> set[str]:
    policy = json.loads(cloud.client("ecr").get_repository_policy(repositoryName=name)["policyText"])
    return {statement["Sid"] for statement in policy["Statement"]}


@pytest.mark.parametrize("approved", [True, False])
def test_a_deny_that_somebody_sets_during_an_apply_stays(memory_cloud: Cloud, approved: bool) -> None:
    registry = registry_of(memory_cloud, workers=4)
    registry.ensure(*(RepositorySpec(name) for name in NAMES))
    changed: list[Change] = []

    def interfere(change: Change) -> None:
        if not changed:
            deny(memory_cloud, NAMES[-1])
        changed.append(change)

    if approved:
        registry.apply(registry.plan(*SPECS), on_change=interfere)
    else:
        registry.ensure(*SPECS, on_change=interfere)
    assert sids(memory_cloud, NAMES[-1]) == {"Deny", "EcropsPull"}
    assert [change.kind for change in changed if change.owner == NAMES[-1]][-1] == "update"


def test_two_programs_that_grant_to_one_role_both_last(memory_cloud: Cloud) -> None:
    iam, registry = memory_cloud.client("iam"), registry_of(memory_cloud, workers=2)
    for number in range(20):
        iam.create_role(RoleName=f"role{number}", AssumeRolePolicyDocument="{}")
    registry.ensure(RepositorySpec("ab"), RepositorySpec("zz"))
    interfered: list[bool] = []

    def grant_elsewhere(change: Change) -> None:
        if not interfered:
            interfered.append(True)
            registry_of(memory_cloud).repository("zz").grant_pull(Role("role19"))

    grants = [pull(Role(f"role{number}")) for number in range(20)]
    registry.ensure(RepositorySpec("ab", grants=grants), on_change=grant_elsewhere)
    document = iam.get_role_policy(RoleName="role19", PolicyName="ecrops")["PolicyDocument"]
    resources = json.dumps(document)
    assert "repository/ab" in resources
    assert "repository/zz" in resources


def test_an_owner_among_others_costs_one_reading_more_and_one_alone_none(cloud: Cloud, registry: Registry) -> None:
    names = ("aa", "bb")
    registry.ensure(*(RepositorySpec(name) for name in names))
    cloud.calls.clear()
    registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in names))
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 3 * 2  # planned, right before the write, verified
    cloud.calls.clear()
    registry.repository("aa").grant_push(ACCOUNT)
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2
    cloud.calls.clear()
    assert not registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in names))
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2


def test_new_repositories_are_not_read_again_for_their_parts(cloud: Cloud, registry: Registry) -> None:
    rules: Any = [LifecycleRule(max_image_count=3)]
    registry.ensure(*(RepositorySpec(name, lifecycle_rules=rules, grants=[pull(ACCOUNT)]) for name in ("aa", "bb")))
    assert cloud.calls.operations().count("GetLifecyclePolicy") == 0
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2  # verified once, each
