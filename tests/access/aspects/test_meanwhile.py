"""Policies that somebody makes, removes or breaks while ecrops writes them, and what is said of them then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from ecrops import ArnPrincipal, Registry, Role, SpecError, User, fleet_from_dict, fleet_to_dict
from ecrops.base.change import Kind
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from ..world import OTHER, OTHER_ROLE, inline, populate, put_policy
from .managed import MANAGED, attached
from .support import DENY, found


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with repositories and principals."""
    populate(memory_cloud, "ab", "cd")
    return memory_cloud


def meanwhile(cloud: Cloud, operation: str, act: Callable[[], object]) -> Registry:
    """A registry right before whose first call of an operation somebody else does something."""
    session, acts = cloud.session(own=True), iter([act])

    def do(**_: Any) -> None:
        for each in acts:
            each()

    session.events.register(f"before-call.*.{operation}", do)
    return Registry(session, retry=AT_ONCE)


def test_an_inline_policy_that_somebody_deletes_first_is_gone_as_it_should_be(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    registry_of(cloud).repository("ab").grant_pull(Role("nodes"))
    registry = meanwhile(
        cloud, "DeleteRolePolicy", lambda: iam.delete_role_policy(RoleName="nodes", PolicyName="ecrops")
    )
    registry.repository("ab").revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes") == {}


def test_a_repository_policy_that_somebody_deletes_first_is_gone_as_it_should_be(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    registry_of(cloud).repository("ab").grant_pull(OTHER)
    registry = meanwhile(cloud, "DeleteRepositoryPolicy", lambda: ecr.delete_repository_policy(repositoryName="ab"))
    registry.repository("ab").revoke(OTHER)
    assert found(cloud) == []


def test_a_managed_policy_that_another_makes_first_is_added_to(cloud: Cloud) -> None:
    other = registry_of(cloud).repository("cd")
    registry = meanwhile(cloud, "CreatePolicy", lambda: other.grant_pull(Role("nodes"), attach="managed"))
    registry.repository("ab").grant_pull(Role("nodes"), attach="managed")
    assert attached(cloud.client("iam"))[MANAGED].keys() == {"ab", "cd", "*"}


@pytest.mark.parametrize(
    ("code", "message", "calls"),
    [
        ("InvalidParameterException", "Invalid parameter at 'PolicyText'", 1),
        ("ValidationException", "Invalid repository policy provided", 1),
        ("InvalidParameterException", "Invalid repository policy provided", 2),
    ],
)
def test_only_a_principal_that_ecr_does_not_see_is_waited_for(
    cloud: Cloud, code: str, message: str, calls: int
) -> None:
    session, refusals = cloud.session(own=True), [True]

    def refuse(**_: Any) -> Any:
        if not refusals:
            return None
        refusals.clear()
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": {"Code": code, "Message": message}}

    session.events.register("before-call.ecr.SetRepositoryPolicy", refuse)
    repo = Registry(session, retry=AT_ONCE).repository("ab")
    if calls == 1:
        with pytest.raises(ClientError, match=message):
            repo.grant_pull(ArnPrincipal(OTHER_ROLE))
    else:
        assert repo.grant_pull(ArnPrincipal(OTHER_ROLE))
    assert bool(found(cloud)) == (calls > 1)


def test_a_policy_of_iam_that_is_none_is_named(cloud: Cloud) -> None:
    cloud.emulator.keep_policy("ci", "ecrops", '{"Statement": "x"}')
    with pytest.raises(SpecError, match="user ci policy ecrops"):
        registry_of(cloud).repository("ab").grant_pull(User("ci"))


def test_a_second_grant_to_a_role_is_an_update_that_says_what_is_new(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.repository("ab").grant_pull(Role("nodes"))
    [change] = registry.repository("cd").grant_pull(Role("nodes"))
    assert (change.kind, change.difference) == (Kind.UPDATE, "pull cd")


def test_a_statement_of_somebody_beside_a_grant_is_not_said_to_be_of_ecrops(cloud: Cloud) -> None:
    theirs = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:BatchGetImage"}
    put_policy(cloud, "ab", theirs, {**theirs, "Sid": "theirs"})
    plan = registry_of(cloud).repository("ab").grant_pull(OTHER)
    assert plan
    assert not any("somebody changed" in note for note in plan.notes)


def test_force_is_a_part_of_what_is_approved(cloud: Cloud) -> None:
    repo = registry_of(cloud, dry_run=True).repository("ab")
    lock = {"Sid": "lock", "Effect": "Deny", "Principal": "*", "Action": "ecr:SetRepositoryPolicy"}
    plain = repo.add_to_resource_policy(lock)
    assert repo.remove_from_resource_policy("lock")
    forced = repo.add_to_resource_policy(lock, force=True)
    assert plain.checksum != forced.checksum


def test_a_policy_that_is_verbatim_and_was_changed_is_a_conflict_of_its_repository(cloud: Cloud) -> None:
    put_policy(cloud, "ab", DENY)
    registry = registry_of(cloud)
    registry.repository("ab").grant_pull(OTHER)
    content = fleet_to_dict(registry.describe())
    repositories = [each for each in content["repositories"] if each["name"] == "ab"]
    for each in repositories:
        each["verbatim"] = {"resource_policy": each.pop("resource_policy")}
    specs = fleet_from_dict({**content, "repositories": repositories})
    put_policy(cloud, "ab", {**DENY, "Action": "ecr:BatchGetImage"})
    assert [change.owner for change in registry.plan(*specs).conflicts] == ["ab"]


def test_a_denial_is_noted_with_its_repository(cloud: Cloud) -> None:
    put_policy(cloud, "ab", {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"})
    plan = registry_of(cloud).repository("ab").grant_pull(Role("nodes"))
    [note] = [note for note in plan.notes if "may not" in note]
    assert note.startswith("ab: ")
