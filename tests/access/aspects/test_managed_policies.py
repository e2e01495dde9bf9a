"""Customer managed policies: written, attached, and split over several. See ``test_detached`` too."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    Change,
    Registry,
    RepositorySpec,
    Role,
    SpecError,
    User,
    pull,
    push,
)
from ecrops.access.policy_keys import PolicyKey, managed_name
from ecrops.iam.text import size
from ecrops.testing import Client, Cloud, Fault
from support import AT_ONCE, registry_of

from ..world import PULL, READ, by_resource, inline, populate
from .managed import MANAGED, attached, three_managed_policies


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    return memory_cloud


def test_a_managed_policy_is_made_attached_changed_and_removed(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, iam = registry_of(cloud), cloud.client("iam")
    first, second = registry.repository("ab"), registry.repository("cd")
    assert first.grant_pull(Role("nodes"), attach="managed")
    assert cloud.calls.writes() == ["CreatePolicy", "AttachRolePolicy"]
    assert not first.grant_pull(Role("nodes"), attach="managed")
    assert second.grant_pull(Role("nodes"), attach="managed")
    assert attached(iam)[MANAGED].keys() == {"ab", "cd", "*"}
    assert inline(cloud, "role", "nodes") == {}
    first.revoke(Role("nodes"), attach="managed")
    assert second.revoke(Role("nodes"), attach="managed")
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_at_most_five_versions_are_kept(cloud: Cloud) -> None:
    names = [f"r{number}" for number in range(8)]
    populate(cloud, *names)
    registry, iam = registry_of(cloud), cloud.client("iam")
    for name in names:
        assert registry.repository(name).grant_pull(Role("nodes"), attach="managed", policy_name="images")
    (policy,) = iam.list_policies(Scope="Local")["Policies"]
    versions = [each["VersionId"] for each in iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]]
    assert sorted(versions) == ["v4", "v5", "v6", "v7", "v8"]
    assert attached(iam)["images-role-nodes-e76da7c6"].keys() == {*names, "*"}


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_version_whose_answer_was_lost_is_not_one_too_many(cloud: Cloud, fault: Fault) -> None:
    populate(cloud, *(names := [f"r{number}" for number in range(5)]))
    registry = registry_of(cloud)
    for name in names[:4]:
        registry.repository(name).grant_pull(Role("nodes"), attach="managed")
    cloud.faults.on(fault, operation="CreatePolicyVersion")
    registry.repository(names[4]).grant_pull(Role("nodes"), attach="managed")
    assert attached(cloud.client("iam"))[MANAGED].keys() == {*names, "*"}


def test_seven_hundred_repositories_by_name_are_split_over_managed_policies(memory_cloud: Cloud) -> None:
    populate(memory_cloud)
    names = memory_cloud.emulator.seed(700, prefix="r")
    registry, iam = registry_of(memory_cloud), memory_cloud.client("iam")
    fleet = [RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in names]
    assert registry.ensure(*fleet)
    assert not registry.ensure(*fleet)
    found = attached(iam)
    assert len(found) <= 10
    assert {name for document in found.values() for name in document} == {*names, "*"}
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        document = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"]
        assert size(document) <= 6_144
    assert registry.repository(names[0]).revoke(Role("nodes"), attach="managed")
    assert {name for document in attached(iam).values() for name in document} == {*names[1:], "*"}


def delete_managed(iam: Client, name: str) -> None:
    """Somebody deletes a managed policy of the role by hand."""
    arn = f"arn:aws:iam::123456789012:policy/{name}"
    iam.detach_role_policy(RoleName="nodes", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_a_revoke_finds_what_is_attached_after_a_policy_that_somebody_deleted(memory_cloud: Cloud) -> None:
    registry, _ = three_managed_policies(memory_cloud)
    iam = memory_cloud.client("iam")
    there = attached(iam).keys()
    middle, last = (managed_name(PolicyKey("role", "nodes"), number) for number in (1, 2))
    delete_managed(iam, middle)
    name = next(each for each in attached(iam)[last] if each != "*")
    assert registry.repository(name).revoke(Role("nodes"), attach="managed")
    assert all(name not in document for document in attached(iam).values())
    assert attached(iam).keys() == there - {middle}


def test_a_grant_fills_the_place_of_a_policy_that_somebody_deleted(memory_cloud: Cloud) -> None:
    registry, names = three_managed_policies(memory_cloud)
    iam = memory_cloud.client("iam")
    there = attached(iam).keys()
    delete_managed(iam, managed_name(PolicyKey("role", "nodes"), 1))
    fleet = [RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in names]
    assert registry.ensure(*fleet)
    assert not registry.ensure(*fleet)
    assert attached(iam).keys() == there


def test_a_gap_is_looked_behind_without_a_call(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    repo = registry_of(memory_cloud).repository("ab")
    repo.grant_pull(Role("nodes"), attach="managed")
    memory_cloud.calls.clear()
    repo.grant_pull(Role("nodes"), attach="managed")
    about = [name for name in memory_cloud.calls.operations() if name != "GetCallerIdentity"]
    assert sorted(about) == [
        "GetPolicyVersion",
        "GetRepositoryPolicy",  # for notes on what it denies
        "ListAttachedRolePolicies",
        *["ListPolicyVersions"] * 2,
    ]


def test_a_managed_policy_that_grows_takes_nothing_away_meanwhile(memory_cloud: Cloud) -> None:
    registry, names = three_managed_policies(memory_cloud)
    iam = memory_cloud.client("iam")
    before = attached(iam)
    allowed: list[set[str]] = []

    def note(_: Change) -> None:
        allowed.append({name for document in attached(iam).values() for name in document})

    grants = [push(Role("nodes"), attach="managed")]
    registry.ensure(*[RepositorySpec(name, grants=grants) for name in names[::3]], on_change=note)
    assert all(each >= {*names, "*"} for each in allowed)
    moved = [name for policy, document in before.items() for name in document if name not in attached(iam)[policy]]
    assert len(moved) < len(names) / 2


def test_one_more_repository_changes_one_managed_policy(memory_cloud: Cloud) -> None:
    registry, _ = three_managed_policies(memory_cloud)
    (new,) = memory_cloud.emulator.seed(1, prefix="new")
    memory_cloud.calls.clear()
    assert registry.repository(new).grant_pull(Role("nodes"), attach="managed")
    assert memory_cloud.calls.writes() == ["CreatePolicyVersion"]
    memory_cloud.calls.clear()
    assert registry.repository(new).revoke(Role("nodes"), attach="managed")
    assert memory_cloud.calls.writes() == ["CreatePolicyVersion"]


def test_a_managed_policy_whose_attachment_was_lost_is_attached_again(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo, iam = registry_of(cloud).repository("ab"), cloud.client("iam")
    repo.grant_pull(Role("nodes"), attach="managed")
    iam.detach_role_policy(RoleName="nodes", PolicyArn=f"arn:aws:iam::123456789012:policy/{MANAGED}")
    plan = repo.grant_pull(Role("nodes"), attach="managed")
    assert [change.operation for change in plan] == ["AttachRolePolicy"]
    assert attached(iam)[MANAGED]["ab"] == PULL


def test_a_policy_that_somebody_else_has_too_is_left_with_the_way_out(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, iam, user = registry_of(cloud), cloud.client("iam"), User("ci")
    registry.repository("ab").grant_pull(user, attach="managed")
    registry.repository("ab").grant_read(user, attach="managed")
    (arn,) = cloud.emulator.policies()["managed"]
    iam.attach_role_policy(RoleName="nodes", PolicyArn=arn)
    for _ in range(2):
        with pytest.raises(ApplyError) as caught:
            registry.repository("ab").revoke(user, attach="managed")
        (error,) = caught.value.exceptions
        assert isinstance(error, ClientError)
        assert error.response["Error"]["Code"] == "DeleteConflict"
        assert "user ci has it no more" in error.__notes__[-1]
        assert "iam:ListEntitiesForPolicy says who" in error.__notes__[-1]
        assert cloud.emulator.policies()["attached"]["user ci"] == []
    assert registry.repository("cd").grant_read(user, attach="managed")
    assert by_resource(cloud.emulator.policies()["managed"][arn]) == {"cd": READ}, "nothing is given back"
    iam.detach_role_policy(RoleName="nodes", PolicyArn=arn)
    assert registry.repository("cd").revoke(user, attach="managed")
    assert cloud.emulator.policies()["managed"] == {}


@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_what_is_beyond_latin_1_is_written_as_iam_takes_it(cloud: Cloud, attach: Any) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    user = User(
        "ci", conditions={"StringEquals": {"aws:PrincipalTag/team": ["\u30c1\u30fc\u30e0", "\U0001f433", "café"]}}
    )
    assert repo.grant_pull(user, attach=attach)
    (call,) = (each for each in cloud.calls if "PolicyDocument" in each.params)
    text = call.params["PolicyDocument"]
    assert "\\u30c1" in text
    assert "\\ud83d\\udc33" in text
    assert "café" in text
    assert "\u30c1\u30fc\u30e0" in str(cloud.emulator.policies())
    assert not repo.grant_pull(user, attach=attach)
    assert size(json.loads(text)) == len(text)
    assert repo.revoke(user, attach=attach)


def test_what_is_escaped_counts_as_it_is_sent(cloud: Cloud) -> None:
    populate(cloud, "ab")
    user = User("ci", conditions={"StringEquals": {"aws:PrincipalTag/team": "\u30c1" * 200}})
    with pytest.raises(SpecError, match=r"at most 2,048 characters, this one 2,855"):
        registry_of(cloud).repository("ab").grant_pull(user)


def test_what_ten_managed_policies_have_no_room_for_is_refused_at_planning(memory_cloud: Cloud) -> None:
    populate(memory_cloud)
    names = memory_cloud.emulator.seed(1500)
    with pytest.raises(SpecError, match=r"10 are attached, these would be 1\d.*on='team/\*'"):
        registry_of(memory_cloud).plan(
            *[RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in names]
        )


def test_principals_never_share_a_managed_policy(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, iam = registry_of(cloud), cloud.client("iam")
    for name in ("a", "a-2"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    for policy_name in ("ecrops", "team"):
        registry.repository("ab").grant_pull(Role("a"), attach="managed", policy_name=policy_name)
        registry.repository("cd").grant_pull(Role("a-2"), attach="managed", policy_name=policy_name)
        for role, repository in (("a", "ab"), ("a-2", "cd")):
            documents = [each for name, each in attached(iam, role).items() if name.startswith(policy_name)]
            assert [set(each) for each in documents] == [{repository, "*"}]


def test_a_revoke_attaches_nothing(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, iam = registry_of(cloud), cloud.client("iam")
    for name in ("ab", "cd"):
        registry.repository(name).grant_pull(Role("nodes"), attach="managed")
    iam.detach_role_policy(RoleName="nodes", PolicyArn=f"arn:aws:iam::123456789012:policy/{MANAGED}")
    registry.repository("cd").revoke(Role("nodes"), attach="managed")
    assert attached(iam) == {}


def test_a_policy_of_somebody_else_is_neither_changed_nor_attached(cloud: Cloud) -> None:
    populate(cloud, "ab")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam = cloud.client("iam")
    iam.create_policy(PolicyName=MANAGED, PolicyDocument=json.dumps(document))
    with pytest.raises(
        SpecError, match=f"^role nodes: arn:aws:iam::123456789012:policy/{MANAGED} .* says what ecrops did not write"
    ):
        registry_of(cloud).repository("ab").grant_pull(Role("nodes"), attach="managed")
    assert cloud.calls.writes() == []


def test_a_variable_is_not_written_into_a_policy_where_it_would_be_plain_text(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry_of(cloud).repository("ab").grant_read(Role("nodes"), attach="managed")
    session = cloud.session(own=True)

    def older(parsed: dict[str, Any], **_: Any) -> None:
        """One of years ago: IAM would not take it today."""
        document = json.loads(unquote(parsed["PolicyVersion"]["Document"]))
        theirs = {"Effect": "Allow", "Action": "ecr:ListImages", "Resource": "*"}
        document |= {"Version": "2008-10-17", "Statement": [*document["Statement"], theirs]}
        parsed["PolicyVersion"]["Document"] = quote(json.dumps(document))

    session.events.register("after-call.iam.GetPolicyVersion", older)
    condition = {"StringNotLike": {"aws:PrincipalTag/team": "${aws:ResourceTag/blocked}"}}
    repo = Registry(session, retry=AT_ONCE).repository("ab")
    with pytest.raises(SpecError, match=r"^role nodes policy ecrops: the policy has the Version 2008-10-17"):
        repo.grant_pull(Role("nodes", conditions=condition), attach="managed")
