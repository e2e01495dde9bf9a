"""The policies of users, roles and groups: one for many repositories, within the quotas of IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    Group,
    RepositorySpec,
    RetryPolicy,
    Role,
    SpecError,
    User,
    pull,
    push,
    read,
)
from ecrops.access.policy_keys import INLINE_QUOTA
from ecrops.iam.text import size
from ecrops.testing import Cloud
from support import HERE, registry_of

from ..world import OTHER, OTHER_ROLE, inline, populate

TRUST = "{}"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    return memory_cloud


def test_a_thousand_repositories_and_one_role_are_one_read_and_one_write(memory_cloud: Cloud) -> None:
    populate(memory_cloud)
    names = memory_cloud.emulator.seed(1000, prefix="team/r")
    registry = registry_of(memory_cloud)
    fleet = [RepositorySpec(name, grants=[pull(Role("nodes"), on="team/*")]) for name in names]
    registry.ensure(*fleet)
    about_policies = [name for name in memory_cloud.calls.operations() if "RolePolicy" in name]
    assert about_policies == ["GetRolePolicy", "PutRolePolicy", "GetRolePolicy"]  # the last one verifies
    assert inline(memory_cloud, "role", "nodes").keys() == {"team/*", "*"}
    memory_cloud.calls.clear()
    assert not registry.ensure(*fleet)
    assert sorted(memory_cloud.calls.operations()) == ["DescribeRepositories", "GetRolePolicy"]


def test_a_hundred_and_fifty_repositories_by_name_are_one_write_too(cloud: Cloud) -> None:
    populate(cloud)
    names = cloud.emulator.seed(150, prefix="r")
    assert registry_of(cloud).ensure(*[RepositorySpec(name, grants=[pull(Role("nodes"))]) for name in names])
    assert cloud.calls.writes() == ["PutRolePolicy"]
    assert inline(cloud, "role", "nodes").keys() == {*names, "*"}


@pytest.mark.parametrize("who", [User("ci"), Role("nodes"), Group("devs")])
def test_what_iam_has_no_room_for_is_refused_at_planning_with_the_way_out(
    memory_cloud: Cloud, who: User | Role | Group
) -> None:
    populate(memory_cloud)
    names = memory_cloud.emulator.seed(1000)
    most = INLINE_QUOTA[who.kind]
    with pytest.raises(SpecError, match=rf"{who}: .* at most {most:,} characters.*attach='managed'.*on='team/\*'"):
        registry_of(memory_cloud).plan(*[RepositorySpec(name, grants=[pull(who)]) for name in names])
    assert memory_cloud.calls.writes() == []


def test_the_room_that_others_have_taken_is_said_when_iam_refuses(cloud: Cloud) -> None:
    populate(cloud, "ab")
    actions = [f"s3:Get{number:04}" for number in range(120)]
    theirs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    cloud.client("iam").put_user_policy(UserName="ci", PolicyName="theirs", PolicyDocument=json.dumps(theirs))
    with pytest.raises(ClientError) as caught:
        registry_of(cloud).repository("ab").grant_pull_push(User("ci"))
    assert caught.value.response["Error"]["Code"] == "LimitExceeded"
    assert any("attach='managed'" in note for note in caught.value.__notes__)
    assert len(cloud.calls.of("PutUserPolicy")) == 1


def test_statements_of_others_in_the_policy_survive(cloud: Cloud) -> None:
    populate(cloud, "ab")
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Action": "ecr:DeleteRepository", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": theirs}
    cloud.client("iam").put_role_policy(RoleName="nodes", PolicyName="ecrops", PolicyDocument=json.dumps(document))
    repo = registry_of(cloud).repository("ab")
    assert repo.grant_pull(Role("nodes"))
    assert repo.revoke(Role("nodes"))
    left = cloud.client("iam").get_role_policy(RoleName="nodes", PolicyName="ecrops")["PolicyDocument"]
    assert left["Statement"] == [theirs]


def test_the_policy_can_have_another_name(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    assert (
        str(repo.grant_pull(User("ci"), policy_name="images"))
        .removeprefix(HERE)
        .startswith("+ user ci policy images: pull ab; log in\n")
    )
    assert inline(cloud, "user", "ci", "images").keys() == {"ab", "*"}
    assert inline(cloud, "user", "ci") == {}
    assert not repo.revoke(User("ci"))
    assert repo.revoke(User("ci"), policy_name="images")


def test_grants_on_one_repository_leave_those_on_others(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry = registry_of(cloud)
    registry.ensure(RepositorySpec("ab", grants=[pull(User("ci"))]))
    registry.ensure(RepositorySpec("cd", grants=[push(User("ci")), read(User("ci"))]))
    assert inline(cloud, "user", "ci").keys() == {"ab", "cd", "*"}
    registry.repository("cd").revoke(User("ci"))
    assert inline(cloud, "user", "ci").keys() == {"ab", "*"}


def test_a_writer_who_had_read_before_does_not_undo_a_grant(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    theirs = registry_of(cloud, dry_run=True).repository("cd").grant_pull(Role("nodes"))
    slept: list[float] = []

    def overwrite_late(seconds: float) -> None:
        if not slept:
            cloud.client("iam").put_role_policy(**dict(theirs.changes[0].params))
        slept.append(seconds)

    registry_of(cloud, retry=RetryPolicy(sleep=overwrite_late)).repository("ab").grant_pull(Role("nodes"))
    assert inline(cloud, "role", "nodes").keys() == {"ab", "cd", "*"}


TEAM = {"StringEquals": {"aws:ResourceTag/team": "web"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


def logins(cloud: Cloud, user: str = "ci") -> list[Any]:
    """The conditions of the statements that allow a user the token."""
    iam = cloud.client("iam")
    try:
        document = iam.get_user_policy(UserName=user, PolicyName="ecrops")["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return []
    return [each.get("Condition") for each in document["Statement"] if each["Resource"] == "*"]


@pytest.mark.parametrize(
    "conditions, at_the_token",
    [
        (TEAM, None),
        ({"StringLike": {"ecr:resourcetag/team": "w*", "aws:PrincipalTag/team": "web"}}, ["aws:PrincipalTag/team"]),
        ({**TEAM, **OFFICE}, ["aws:SourceIp"]),
        ({"StringEquals": {"aws:ResourceAccount": "123456789012"}, **OFFICE}, ["aws:SourceIp"]),
        ({"StringEquals": {"aws:PrincipalTag/team": ["x", "${aws:ResourceTag/team, 'x'}"]}}, None),
        ({"StringEquals": {"aws:PrincipalTag/ResourceTag/x": "y"}}, ["aws:PrincipalTag/ResourceTag/x"]),
    ],
)
def test_a_condition_on_the_resource_does_not_stand_at_the_token(
    cloud: Cloud, conditions: dict[str, Any], at_the_token: list[str] | None
) -> None:
    populate(cloud, "ab")
    user, registry = User("ci", conditions=conditions), registry_of(cloud)
    tokens = registry.authorization_token
    for grant, revoke in (
        (registry.repository("ab").grant_pull, registry.repository("ab").revoke),
        (tokens.grant_read, tokens.revoke_read),
    ):
        assert grant(user)
        (login,) = logins(cloud)
        assert at_the_token == (login and [key for test in login.values() for key in test])
        assert not grant(user)
        assert revoke(user)
        assert logins(cloud) == []


def test_grants_under_conditions_on_several_resources_share_the_token(cloud: Cloud) -> None:
    populate(cloud, "ab", "cd")
    registry, api = registry_of(cloud), User("ci", conditions={"StringEquals": {"aws:ResourceTag/team": "api"}})
    web = User("ci", conditions=TEAM)
    registry.repository("ab").grant_pull(web)
    registry.repository("cd").grant_pull(api)
    assert logins(cloud) == [None]
    registry.repository("ab").revoke(web)
    assert logins(cloud) == [None]
    registry.repository("cd").revoke(api)
    assert logins(cloud) == []


def test_the_document_for_another_account_has_a_token_that_can_hold(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo, role = registry_of(cloud).repository("ab"), Role(OTHER_ROLE, conditions={**TEAM, **OFFICE})
    (note,) = repo.grant_pull(role).notes
    on_it, token = json.loads(note[note.index("{") :])["Statement"]
    assert (on_it["Condition"], token["Condition"]) == ({**TEAM, **OFFICE}, OFFICE)
    other = cloud.session(account=OTHER)
    assert repo.grant_pull(role, session=other)
    assert "ecr:GetAuthorizationToken" in inline(cloud, "role", "nodes", account=OTHER)["*"]
    assert repo.revoke(role, session=other)
    assert inline(cloud, "role", "nodes", account=OTHER) == {}


def test_the_conditions_of_a_principal_stand_at_its_token_too(cloud: Cloud) -> None:
    populate(cloud, "ab")
    office = User("ci", conditions={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    registry, iam = registry_of(cloud), cloud.client("iam")
    registry.authorization_token.grant_read(office)
    registry.repository("ab").grant_pull(office)
    document = iam.get_user_policy(UserName="ci", PolicyName="ecrops")["PolicyDocument"]
    assert document["Statement"]
    assert all("Condition" in statement for statement in document["Statement"])
    registry.repository("ab").revoke(office)
    registry.authorization_token.revoke_read(office)
    assert iam.list_user_policies(UserName="ci")["PolicyNames"] == []


def test_a_token_without_conditions_stays_while_a_grant_under_conditions_needs_it() -> None:
    from ecrops.access import actions
    from ecrops.access.aspects.inline_policy import parse, without_unused_logins
    from ecrops.access.edits import LOGIN
    from ecrops.iam.policy import Subject

    condition = '{"Bool": {"aws:SecureTransport": "true"}}'
    limited = Subject("arn:aws:ecr:eu-west-1:123456789012:repository/ab", condition)
    policy = parse({}).allowing_all([(LOGIN, actions.TOKEN), (limited, actions.PULL)])
    assert LOGIN in without_unused_logins(policy).allowed
    own = Subject("*", condition, LOGIN.sid)
    both = policy.allowing_all([(own, actions.TOKEN)])
    assert set(without_unused_logins(both).allowed) == {limited, own}
    assert without_unused_logins(policy.forbidding(limited)).allowed == {}


@pytest.mark.parametrize("more", [0, 1])
def test_a_policy_that_fills_its_quota_is_written_and_one_character_more_is_refused(cloud: Cloud, more: int) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud, dry_run=True).repository("ab")

    def grant(length: int) -> Any:
        tag = {"StringEquals": {"aws:PrincipalTag/team": "x" * length}}
        return repo.grant_read(User("ci", conditions=tag))

    (change,) = (
        registry_of(cloud, dry_run=True)
        .repository("ab")
        .grant_read(User("ci", conditions={"StringEquals": {"aws:PrincipalTag/team": "x"}}))
    )
    room = 2_048 - size(json.loads(change.params["PolicyDocument"]))
    if more:
        with pytest.raises(SpecError, match=r"at most 2,048 characters, this one 2,049"):
            grant(1 + room + more)
    else:
        (change,) = grant(1 + room)
        assert size(json.loads(change.params["PolicyDocument"])) == 2_048


def test_policies_of_iam_are_written_after_what_all_repositories_need(cloud: Cloud) -> None:
    populate(cloud)
    specs = [RepositorySpec(name, grants=[pull(User("ci"))]) for name in ("aa", "bb", "cc")]
    plan = registry_of(cloud).plan(*specs)
    assert [change.owner for change in plan] == ["aa", "bb", "cc", "user ci"]


def test_a_role_that_is_missing_is_said_with_its_account(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    far = Role(f"arn:aws:iam::{OTHER}:role/missing")
    elsewhere = cloud.session(account=OTHER)
    for role, session, where in (
        (Role("missing"), None, "in the registry's account"),
        (far, elsewhere, f"in account {OTHER}"),
    ):
        with pytest.raises((ClientError, ApplyError)) as caught:
            repo.grant_pull(role, session=session)
        error = caught.value.exceptions[0] if isinstance(caught.value, ApplyError) else caught.value
        assert any(f"there is no role missing {where}: make it first" in note for note in error.__notes__)
