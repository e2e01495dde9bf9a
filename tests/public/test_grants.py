"""Who may push: grants in IAM and in the policy of a public repository. Everybody can pull."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    AccountPrincipal,
    ConflictError,
    Group,
    PublicRegistry,
    PublicRepository,
    PublicRepositorySpec,
    Role,
    SpecError,
    User,
)
from ecrops.testing import Cloud
from support import registry_of

from .support import HERE, LOG_IN, POLICY, PUSH, inline, picture, public_registry_of

OTHER = "111122223333"
ARN = "arn:aws:ecr-public::123456789012:repository/"


@pytest.fixture
def repo(registry: PublicRegistry, cloud: Cloud) -> PublicRepository:
    cloud.emulator.make_principals(user="ci", role="nodes", group="devs")
    cloud.emulator.at(account=OTHER).make_principals(role="nodes")
    repository = registry.repository("tools")
    repository.ensure()
    cloud.calls.clear()
    return repository


def policy(cloud: Cloud) -> Any:
    return json.loads(picture(cloud)["tools"]["policy"] or "null")


def test_a_push_is_granted_with_the_token_to_log_in(repo: PublicRepository, cloud: Cloud) -> None:
    made = repo.grant_push(User("ci"))
    assert str(made) == f"{HERE}+ user ci policy ecrops: push publicly tools; log in to the public gallery\n1 created"
    assert inline(cloud, "user", "ci") == {f"{ARN}tools": set(PUSH), "*": set(LOG_IN)}
    assert not repo.grant_push(User("ci"))
    assert policy(cloud) is None
    assert repo.revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {}


def test_the_token_stays_as_long_as_a_grant_needs_it(repo: PublicRepository, cloud: Cloud) -> None:
    other = repo.registry.repository("other")  # type: ignore[attr-defined]
    repo.grant_push(Role("nodes"))
    other.grant_push(Role("nodes"))
    registry_of(cloud).repository("app").grant_push(Role("nodes"))
    repo.revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes").keys() == {
        f"{ARN}other",
        "*",
        "arn:aws:ecr:eu-west-1:123456789012:repository/app",
    }
    assert inline(cloud, "role", "nodes")["*"] == {*LOG_IN, "ecr:GetAuthorizationToken"}
    other.revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes")["*"] == {"ecr:GetAuthorizationToken"}
    registry_of(cloud).repository("app").revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes") == {}


def test_a_token_that_was_granted_by_itself_does_not_go_with_a_push(repo: PublicRepository, cloud: Cloud) -> None:
    token = public_registry_of(cloud).authorization_token
    token.grant_read(User("ci"))
    repo.grant_push(User("ci"))
    repo.revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {"*": set(LOG_IN)}
    token.revoke_read(User("ci"))
    assert inline(cloud, "user", "ci") == {}


def test_another_account_is_granted_in_the_policy_of_the_repository(repo: PublicRepository, cloud: Cloud) -> None:
    repo.set_resource_policy(POLICY)
    made = repo.grant_push(f"arn:aws:iam::{OTHER}:role/nodes")
    note = next(note for note in made.notes if "allows it too" in note)
    assert f'"Resource": "{ARN}tools"' in note
    assert all(f'"{action}"' in note for action in (*PUSH, *LOG_IN))
    assert [statement["Sid"] for statement in policy(cloud)["Statement"]] == ["push", "EcropsPushPublicly"]
    assert policy(cloud)["Statement"][1]["Action"] == PUSH
    notes = repo.revoke(f"arn:aws:iam::{OTHER}:role/nodes").notes
    assert policy(cloud) == POLICY
    assert any("remove_from_resource_policy('push')" in note for note in notes)


def test_with_a_session_both_sides_are_written(repo: PublicRepository, cloud: Cloud) -> None:
    session = cloud.session(account=OTHER)
    repo.grant_push(f"arn:aws:iam::{OTHER}:role/nodes", session=session)
    assert inline(cloud, "role", "nodes", account=OTHER)[f"{ARN}tools"] == set(PUSH)
    assert policy(cloud)["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:role/nodes"}
    repo.revoke(f"arn:aws:iam::{OTHER}:role/nodes", session=session)
    assert inline(cloud, "role", "nodes", account=OTHER) == {}
    assert policy(cloud) is None


def test_the_options_are_those_of_private_grants(repo: PublicRepository, cloud: Cloud) -> None:
    repo.grant_push(Group("devs"), on="tools*", policy_name="pushes")
    assert inline(cloud, "group", "devs", "pushes").keys() == {f"{ARN}tools*", "*"}
    repo.revoke(Group("devs"), on="tools*", policy_name="pushes")
    assert inline(cloud, "group", "devs", "pushes") == {}
    assert repo.grant_push(User("ci"), attach="managed")
    assert not repo.grant_push(User("ci"), attach="managed")
    assert repo.revoke(User("ci"), attach="managed")
    assert cloud.emulator.policies()["attached"]["user ci"] == []
    with pytest.raises(SpecError, match="does not match the repository 'tools'"):
        repo.grant_push(User("ci"), on="other*")
    with pytest.raises(SpecError, match="polcy_name: unknown option; did you mean policy_name"):
        repo.grant_push(User("ci"), polcy_name="x")  # type: ignore[arg-type]


def test_actions_are_those_of_ecr_public(repo: PublicRepository, cloud: Cloud) -> None:
    repo.grant(User("ci"), "ecr-public:describeimages", "ecr-public:Put*")
    assert inline(cloud, "user", "ci") == {f"{ARN}tools": {"ecr-public:DescribeImages", "ecr-public:Put*"}}
    notes = repo.revoke(User("ci"), "ecr-public:DescribeImages").notes
    assert notes == ()
    assert "Put*" in repo.revoke(User("ci"), "ecr-public:PutImage").notes[0]
    for action, reason in [
        (
            "ecr:PutImage",
            "expected an action on public repositories, such as 'ecr-public:PutImage', got 'ecr:PutImage'",
        ),
        ("ecr-public:PutImag", r"ECR Public has no action 'ecr-public:PutImag'; did you mean ecr-public:PutImage\?"),
        ("ecr-public:GetAuthorizationToken", "is not about a repository"),
        ("ecr-public:DescribeRegistries", "is about the registry, not a repository"),
        ("ecr-public:BatchGetImage", "ECR Public has no action"),
    ]:
        with pytest.raises(SpecError, match=reason):
            repo.grant(User("ci"), action)
    with pytest.raises(SpecError, match="expected an action of ECR, such as 'ecr:BatchGetImage'"):
        registry_of(cloud).repository("app").grant(User("ci"), "ecr-public:PutImage")


def test_leftovers_of_a_revoke_are_those_on_public_repositories(repo: PublicRepository, cloud: Cloud) -> None:
    foreign = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "mine", "Effect": "Allow", "Action": "ecr-public:Put*", "Resource": "*"},
            {"Sid": "private", "Effect": "Allow", "Action": "ecr:*", "Resource": "*"},
        ],
    }
    cloud.client("iam").put_user_policy(UserName="ci", PolicyName="ecrops", PolicyDocument=json.dumps(foreign))
    repo.grant_push(User("ci"))
    (note,) = repo.revoke(User("ci")).notes
    assert "user ci may still Put*, by the statement 'mine' of policy ecrops" in note
    private = registry_of(cloud).repository("app")
    private.ensure()
    assert "'private'" in "".join(private.revoke(User("ci")).notes)
    assert "'mine'" not in "".join(private.revoke(User("ci")).notes)


def test_a_report_of_a_private_repository_has_no_public_grants(repo: PublicRepository, cloud: Cloud) -> None:
    private = registry_of(cloud).repository("tools")
    private.ensure()
    repo.grant_push(User("ci"))
    assert not private.access().who_can("push")
    private.grant_push(User("ci"))
    assert [str(who) for who in private.access().who_can("push")]


def test_a_statement_that_denies_a_push_is_named(repo: PublicRepository) -> None:
    deny = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr-public:PutImage"}
    repo.add_to_resource_policy(deny)
    (note,) = repo.grant_push(User("ci")).notes
    assert "user ci of 123456789012 may not PutImage, whatever is granted, by the statement 'no'" in note
    nothing = {"Sid": "nothing", "Effect": "Deny", "Principal": "*", "NotAction": "ecr-public:*"}
    repo.add_to_resource_policy(nothing)
    assert len(repo.grant_push(Group("devs")).notes) == 1
    everything_but = {"Sid": "not", "Effect": "Deny", "Principal": "*", "NotAction": "ecr-public:*Policy"}
    repo.add_to_resource_policy(everything_but)
    assert any("may not push publicly" in note for note in repo.grant_push(Role("nodes")).notes)


def test_statements_are_added_and_removed_and_others_stay(repo: PublicRepository, cloud: Cloud) -> None:
    repo.set_resource_policy(POLICY)
    mine = {"Sid": "mine", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": ["ecr-public:DescribeImages"]}
    assert repo.add_to_resource_policy(mine)
    assert not repo.add_to_resource_policy(mine)
    assert [statement["Sid"] for statement in policy(cloud)["Statement"]] == ["push", "mine"]
    assert repo.remove_from_resource_policy("mine")
    assert policy(cloud)["Statement"] == POLICY["Statement"]
    assert repo.set_resource_policy({})
    assert policy(cloud) is None


def test_a_policy_that_locks_its_writer_out_is_forced_or_refused(repo: PublicRepository, cloud: Cloud) -> None:
    deny = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr-public:SetRepositoryPolicy"}
    with pytest.raises(ClientError, match="InvalidParameter") as caught:
        repo.add_to_resource_policy(deny)
    assert any("it forbids ecr-public:SetRepositoryPolicy" in note for note in caught.value.__notes__)
    assert repo.add_to_resource_policy(deny, force=True)
    assert policy(cloud)["Statement"][0]["Sid"] == "no"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage"}, "one of ECR Public, such as"),
        ({"Effect": "Allow", "Principal": "*", "Action": "ecr-public:GetAuthorizationToken"}, "cannot grant"),
        ({"Effect": "Deny", "Principal": "*", "Action": "ecr-public:BatchGetImage"}, "ECR Public has no action"),
        ({"Effect": "Allow", "Principal": "*", "Action": "ecr-public:PutImage", "Resource": "*"}, "Resource is not"),
    ],
)  # fmt: skip
def test_what_ecr_public_refuses_is_refused_before_any_call(
    repo: PublicRepository, cloud: Cloud, statement: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        repo.add_to_resource_policy(statement)
    with pytest.raises(SpecError, match=reason):
        PublicRepositorySpec("tools", resource_policy={"Statement": [statement]})
    assert list(cloud.calls) == []


def test_a_revoke_without_the_repository_still_writes_iam(repo: PublicRepository, cloud: Cloud) -> None:
    repo.grant_push(User("ci"))
    repo.delete()
    assert repo.revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {}
    with pytest.raises(ClientError, match="RepositoryNotFound"):
        repo.grant_push(AccountPrincipal(OTHER))


def test_grants_of_specs_and_of_others_survive_a_spec_without_a_policy(repo: PublicRepository, cloud: Cloud) -> None:
    repo.grant_push(OTHER)
    assert not repo.ensure(tags={})
    assert policy(cloud)["Statement"][0]["Sid"] == "EcropsPushPublicly"
    plan = repo.registry.plan(PublicRepositorySpec("tools", resource_policy={}))  # type: ignore[attr-defined]
    repo.add_to_resource_policy(POLICY["Statement"][0])  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="the plan did not say this"):
        repo.registry.apply(plan)
