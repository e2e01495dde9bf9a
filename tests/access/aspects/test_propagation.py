"""Principals that IAM does not show yet, that can never be, and that were deleted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import RepositorySpec, RetryPolicy
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import policies
from support import registry_of

from ..world import OTHER, OTHER_ROLE, populate, put_policy
from .support import DENY, THIRD, found


@pytest.mark.parametrize("calls", [1, 5])
def test_a_principal_made_a_moment_ago_is_waited_for(cloud: Cloud, calls: int) -> None:
    populate(cloud, "ab")
    cloud.emulator.principals_unseen = calls
    assert registry_of(cloud).repository("ab").grant_pull(OTHER_ROLE)
    assert len(cloud.calls.of("SetRepositoryPolicy")) == calls + 1


def test_a_principal_that_does_not_come_is_said_with_the_seconds_and_the_names(cloud: Cloud) -> None:
    populate(cloud, "ab")
    slept: list[float] = []
    registry = registry_of(cloud, retry=RetryPolicy(propagation_budget=20, sleep=slept.append))
    missing = f"arn:aws:iam::{OTHER}:role/missing"
    with pytest.raises(ClientError, match="Principal not found") as caught:
        registry.repository("ab").grant_pull(missing)
    notes = " ".join(caught.value.__notes__)
    assert f"it names {missing}" in notes
    assert f"waited {sum(slept):.0f} s" in notes
    assert 5 < sum(slept) <= 20


def test_a_policy_without_a_user_or_role_is_not_waited_for(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(memory_cloud, "ab")
    monkeypatch.setattr(policies, "_is_sound", lambda _: False)
    with pytest.raises(ClientError, match="Invalid repository policy provided") as caught:
        registry_of(memory_cloud).repository("ab").set_resource_policy({"Statement": [DENY]})
    assert len(memory_cloud.calls.of("SetRepositoryPolicy")) == 1
    assert any("names no user or role" in note for note in caught.value.__notes__)


def test_a_principal_that_can_never_be_is_said_after_the_budget(cloud: Cloud) -> None:
    populate(cloud, "ab")
    wrong = {**DENY, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/gone"}}
    with pytest.raises(ClientError, match="Principal not found") as caught:
        registry_of(cloud).ensure(RepositorySpec("ab", resource_policy={"Statement": [wrong]}))
    assert any(f"it names arn:aws:iam::{OTHER}:role/gone" in note for note in caught.value.__notes__)


def test_without_a_budget_nothing_is_waited_for(cloud: Cloud) -> None:
    populate(cloud, "ab")
    cloud.emulator.principals_unseen = 1
    with pytest.raises(ClientError, match="Principal not found"):
        registry_of(cloud, retry=RetryPolicy(propagation_budget=0)).repository("ab").grant_pull(OTHER_ROLE)
    assert len(cloud.calls.of("SetRepositoryPolicy")) == 1


def test_a_deleted_principal_is_taken_out_with_the_next_change_and_said(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER_ROLE)
    cloud.client("iam", account=OTHER).delete_role(RoleName="nodes")
    assert "AROA" in str(found(cloud))
    assert not repo.revoke(THIRD), "what is not to be changed is left alone"
    plan = repo.grant_pull(THIRD)
    assert "AROA" not in str(found(cloud))
    assert any("a deleted role (AROA" in note for note in plan.notes)


def test_a_role_that_was_made_again_is_granted_again(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER_ROLE)
    iam = cloud.client("iam", account=OTHER)
    iam.delete_role(RoleName="nodes")
    iam.create_role(RoleName="nodes", Path="/team/", AssumeRolePolicyDocument="{}")
    assert repo.grant_pull(OTHER_ROLE)
    assert found(cloud)[0]["Principal"] == {"AWS": OTHER_ROLE}


def with_a_deleted_role(cloud: Cloud, **statement: Any) -> None:
    """A repository whose policy has somebody's statement about a role that was deleted."""
    populate(cloud, "ab")
    put_policy(cloud, "ab", {"Effect": "Allow", "Principal": {"AWS": OTHER_ROLE}, "Action": "ecr:*", **statement})
    cloud.client("iam", account=OTHER).delete_role(RoleName="nodes")
    assert "AROA" in str(found(cloud))


@pytest.mark.parametrize("sid, call", [({"Sid": "theirs"}, "'theirs'"), ({}, "statement")])
def test_a_deleted_principal_in_a_statement_of_others_is_not_waited_for_but_said(
    cloud: Cloud, sid: dict[str, str], call: str
) -> None:
    with_a_deleted_role(cloud, **sid)
    slept: list[float] = []
    repo = registry_of(cloud, retry=RetryPolicy(sleep=slept.append)).repository("ab")
    way_out = "names a deleted role (AROA"
    with pytest.raises(ClientError, match="Principal not found") as caught:
        repo.grant_pull(THIRD)
    assert any(way_out in note and f"remove_from_resource_policy({call})" in note for note in caught.value.__notes__)
    assert not any("it names no user or role" in note for note in caught.value.__notes__)
    assert len(cloud.calls.of("SetRepositoryPolicy")) == 1
    assert slept == []
    (note,) = [
        note for note in registry_of(cloud, dry_run=True).repository("ab").grant_pull(THIRD).notes if "AR" in note
    ]
    assert way_out in note
    assert note.startswith("ab: the statement 'theirs'" if sid else "ab: a statement without a Sid")
    assert f"remove_from_resource_policy({call}) takes the whole statement away" in note
    assert repo.remove_from_resource_policy("theirs" if sid else found(cloud)[0])
    assert repo.grant_pull(THIRD)


def test_who_is_named_already_is_not_waited_for(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER_ROLE)
    cloud.emulator.principals_unseen = 1
    with pytest.raises(ClientError, match="Principal not found"):
        repo.grant_pull(THIRD)
    assert len(cloud.calls.of("SetRepositoryPolicy")) == 2


def test_an_id_of_a_deleted_principal_is_never_waited_for(cloud: Cloud) -> None:
    populate(cloud, "ab")
    gone = {**DENY, "Principal": {"AWS": "AROAEXAMPLEEXAMPLE00"}}
    with pytest.raises(ClientError, match="Principal not found"):
        registry_of(cloud).repository("ab").set_resource_policy({"Statement": [gone]})
    assert len(cloud.calls.of("SetRepositoryPolicy")) == 1
