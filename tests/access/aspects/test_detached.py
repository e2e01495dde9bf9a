"""Managed policies that somebody detached: nothing is given back."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    Change,
    RepositorySpec,
    Role,
    User,
    pull,
)
from ecrops.access.policy_keys import PolicyKey, managed_name
from ecrops.testing import Cloud
from support import registry_of

from ..world import LOG_IN, PULL, READ, by_resource, populate
from .managed import MANAGED, attached, ours, three_managed_policies


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the grants."""
    return memory_cloud


def detach(cloud: Cloud, user: str = "ci") -> str:
    """Somebody takes the managed policy away from a user; its ARN."""
    iam = cloud.client("iam")
    (policy,) = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    iam.detach_user_policy(UserName=user, PolicyArn=policy["PolicyArn"])
    return str(policy["PolicyArn"])


def test_a_grant_gives_back_nothing_that_was_detached(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, user = registry_of(cloud), User("ci")
    registry.repository("ab").grant_pull_push(user, attach="managed")
    arn = detach(cloud)
    cloud.calls.clear()
    plan = registry.repository("cd").grant_read(user, attach="managed")
    assert cloud.calls.writes() == ["CreatePolicyVersion", "AttachUserPolicy"]
    assert [change.after for change in plan] == ["read cd", "attached"]
    (note,) = plan.notes
    assert note.startswith(
        "user ci: a managed policy that is not attached says more, pull and push ab: that is not in force, and is not "
        "given back"
    )
    assert by_resource(cloud.emulator.policies()["managed"][arn]) == {"cd": READ}
    assert [entry.who for entry in registry.repository("ab").access()] == []
    assert not registry.repository("cd").grant_read(user, attach="managed")
    registry.repository("ab").grant_pull(user, attach="managed")
    assert by_resource(cloud.emulator.policies()["managed"][arn]) == {"cd": READ, "ab": PULL, "*": LOG_IN}


def test_one_of_several_that_was_detached_is_not_given_back_and_the_others_stay(memory_cloud: Cloud) -> None:
    registry, _ = three_managed_policies(memory_cloud)
    (new,) = memory_cloud.emulator.seed(1, prefix="new")
    iam, middle = memory_cloud.client("iam"), managed_name(PolicyKey("role", "nodes"), 1)
    gone = attached(iam)[middle].keys() - {"*"}
    iam.detach_role_policy(RoleName="nodes", PolicyArn=f"arn:aws:iam::123456789012:policy/{middle}")
    stay = {name for document in attached(iam).values() for name in document}
    seen: list[set[str]] = []

    def note(_: Change) -> None:
        seen.append({name for document in attached(iam).values() for name in document})

    spec = RepositorySpec(new, grants=[pull(Role("nodes"), attach="managed")])
    assert registry.ensure(spec, on_change=note)
    assert all(each >= stay and not each & gone for each in seen)
    assert seen[-1] == {*stay, new, "*"}
    assert not registry.ensure(spec)


def test_a_revoke_among_attached_and_detached_policies_writes_the_one_it_is_about(memory_cloud: Cloud) -> None:
    registry, _ = three_managed_policies(memory_cloud)
    iam, middle = memory_cloud.client("iam"), managed_name(PolicyKey("role", "nodes"), 1)
    in_it, beside = (next(each for each in attached(iam)[name] if each != "*") for name in (middle, MANAGED))
    iam.detach_role_policy(RoleName="nodes", PolicyArn=f"arn:aws:iam::123456789012:policy/{middle}")
    there = attached(iam).keys()
    for name, policy, lost in ((in_it, middle, "not attached, pull"), (beside, MANAGED, "pull")):
        (change,) = registry.repository(name).revoke(Role("nodes"), attach="managed")
        assert (change.operation, change.what) == ("CreatePolicyVersion", f"policy {policy}")
        assert change.before.startswith(lost)
        assert not registry.repository(name).revoke(Role("nodes"), attach="managed")
    assert attached(iam).keys() == there


def test_what_a_revoke_stopped_half_way_had_taken_away_is_not_given_back(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, user = registry_of(cloud), User("ci")
    registry.repository("ab").grant_pull(user, attach="managed")
    cloud.faults.on("denied", operation="DeletePolicy", times=None)
    with pytest.raises(ApplyError):
        registry.repository("ab").revoke(user, attach="managed")
    cloud.faults.clear()
    registry.repository("cd").grant_read(user, attach="managed")
    assert [by_resource(each) for each in cloud.emulator.policies()["managed"].values()] == [{"cd": READ}]


def test_a_document_that_could_not_be_written_is_not_attached(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, user = registry_of(cloud), User("ci")
    registry.repository("ab").grant_pull(user, attach="managed")
    detach(cloud)
    cloud.faults.on("denied", operation="CreatePolicyVersion", times=None)
    with pytest.raises(ClientError):
        registry.repository("cd").grant_read(user, attach="managed")
    assert cloud.emulator.policies()["attached"]["user ci"] == []


def test_a_revoke_of_what_is_not_attached_says_so(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, user = registry_of(cloud), User("ci")
    registry.repository("ab").grant_pull(user, attach="managed")
    registry.repository("cd").grant_read(user, attach="managed")
    arn = detach(cloud)
    assert "not attached, pull ab; log in -> not attached" in str(
        registry.repository("ab").revoke(user, attach="managed")
    )
    assert by_resource(cloud.emulator.policies()["managed"][arn]) == {"cd": READ}
    assert registry.repository("cd").revoke(user, attach="managed")
    assert cloud.emulator.policies()["managed"] == {}


def test_an_approved_plan_attaches_no_document_that_was_changed_since(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, user = registry_of(cloud), User("ci")
    registry.repository("ab").grant_pull(user, attach="managed")
    arn = detach(cloud)
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull(user, attach="managed")
    assert [change.after for change in plan] == ["attached, pull ab; log in"]
    wider = {"Version": "2012-10-17", "Statement": [{**ours(cloud, arn), "Resource": "arn:aws:ecr:*:*:repository/*"}]}
    cloud.client("iam").create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wider), SetAsDefault=True)
    registry.apply(plan)
    assert by_resource(cloud.emulator.policies()["managed"][arn]) == {"ab": PULL, "*": LOG_IN}


def test_what_is_granted_again_is_not_said_to_be_lost(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo, user = registry_of(cloud).repository("ab"), User("ci")
    repo.grant_pull_push(user, attach="managed")
    detach(cloud)
    plan = repo.grant_pull_push(user, attach="managed")
    assert [change.operation for change in plan] == ["AttachUserPolicy"]
    assert plan.notes == ()
