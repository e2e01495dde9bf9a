"""The side of the puller alone: grants here on repositories of other accounts and regions, by their ARNs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import AccountPrincipal, Group, Registry, Repository, Role, SpecError, User
from ecrops.testing import Cloud

from ..callers import HERE, OTHER, THIRD
from .support import PUT

ARN = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/team/api"
LOGIN = {"Sid": "EcropsLogin", "Effect": "Allow", "Resource": "*", "Action": "ecr:GetAuthorizationToken"}
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


@pytest.fixture
def elsewhere(registry: Registry) -> Repository:
    """A repository of another account, by its ARN."""
    return registry.repository(ARN)


def policy_of_role(cloud: Cloud, account: str = HERE) -> Any:
    """What the policy of ecrops lets the role do."""
    iam: Any = cloud.client("iam", account=account)
    return iam.get_role_policy(RoleName="nodes", PolicyName="ecrops")["PolicyDocument"]["Statement"]


def test_a_role_pulls_from_the_repository_of_another_account(cloud: Cloud, elsewhere: Repository) -> None:
    plan = elsewhere.grant_pull(Role("nodes"))
    pull = {"Sid": "EcropsPull", "Effect": "Allow", "Resource": ARN, "Action": PULL}
    assert policy_of_role(cloud) == [pull, LOGIN]
    assert f"+ role nodes policy ecrops: pull {ARN}; log in" in str(plan)
    assert {call.service for call in cloud.calls} <= {"iam", "sts"}
    again = elsewhere.grant_pull(Role("nodes"))
    assert not again
    assert again.notes == ()


@pytest.mark.parametrize(
    "who, principal",
    [
        (Role("nodes"), f"arn:aws:iam::{HERE}:role/nodes"),
        (User("ci"), f"arn:aws:iam::{HERE}:user/ci"),
        (Group("developers"), f"arn:aws:iam::{HERE}:root"),
    ],
)
@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_a_note_has_what_the_other_account_must_allow(
    cloud: Cloud, elsewhere: Repository, who: Any, principal: str, attach: Any
) -> None:
    cloud.emulator.make_principals(group="developers")
    (note,) = elsewhere.grant_pull(who, attach=attach).notes
    assert f"can pull only if account {OTHER} allows it too, in the policy of the repository" in note
    assert json.loads(note[note.index("{") :])["Statement"] == [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": PULL}
    ]


def test_what_the_note_says_is_what_the_other_account_writes(cloud: Cloud, elsewhere: Repository) -> None:
    """The two sides fit together: the other account's ecrops takes the document as it is."""
    cloud.emulator.at(account=OTHER).seed(["team/api"])
    (note,) = elsewhere.grant_pull(Role("nodes")).notes
    there = Registry(cloud.session(account=OTHER)).repository("team/api")
    there.set_resource_policy(json.loads(note[note.index("{") :]))
    assert there.access().who_can("pull") == (f"role nodes of {HERE}",)


def test_what_only_the_policy_of_the_registry_can_allow_is_said(elsewhere: Repository) -> None:
    notes = elsewhere.grant_pull_through_cache(Role("nodes")).notes
    assert any(note.endswith(f"only if the registry policy of account {OTHER} allows it too") for note in notes)


def test_the_same_account_in_another_region_needs_no_second_side(cloud: Cloud, registry: Registry) -> None:
    arn = f"arn:aws:ecr:us-east-1:{HERE}:repository/team/api"
    plan = registry.repository(arn).grant_pull(Role("nodes"))
    assert plan.notes == ()
    assert policy_of_role(cloud)[0]["Resource"] == arn
    assert not registry.repository("team/api").revoke(Role("nodes")), "the one of this region is another one"
    revoked = registry.repository(arn).revoke(Role("nodes"))
    assert revoked
    assert revoked.notes == ()


def test_a_wildcard_is_of_the_other_registry(cloud: Cloud, elsewhere: Repository) -> None:
    elsewhere.grant_pull(Role("nodes"), on="team/*")
    assert policy_of_role(cloud)[0]["Resource"] == ARN.replace("team/api", "team/*")
    with pytest.raises(SpecError, match="does not match the repository"):
        elsewhere.grant_pull(Role("nodes"), on="other/*")
    assert elsewhere.revoke(Role("nodes"), on="team/*")


def test_a_session_is_for_the_account_of_the_role(cloud: Cloud, registry: Registry) -> None:
    arn = ARN.replace(OTHER, THIRD)
    role = Role(f"arn:aws:iam::{OTHER}:role/nodes")
    with pytest.raises(SpecError, match=f"of account {HERE}, or of the account of session=, and role"):
        registry.repository(arn).grant_pull(role)
    (note,) = registry.repository(arn).grant_pull(role, session=cloud.session(account=OTHER)).notes
    assert f"role nodes of {OTHER} can pull only if account {THIRD} allows it too" in note
    assert policy_of_role(cloud, OTHER)[0]["Resource"] == arn


def test_a_revoke_takes_this_side_away_and_says_what_stays(cloud: Cloud, elsewhere: Repository) -> None:
    elsewhere.grant_pull(Role("nodes"))
    elsewhere.grant(Role("nodes"), PUT)
    assert elsewhere.revoke(Role("nodes"), PUT)
    (note,) = elsewhere.revoke(Role("nodes")).notes
    assert f"what account {OTHER} allows role nodes of {HERE} in the policy of the repository stays there" in note
    again = elsewhere.revoke(Role("nodes"))
    assert not again
    assert again.notes == ()
    assert {call.service for call in cloud.calls} <= {"iam", "sts"}


@pytest.mark.parametrize(
    "who", [AccountPrincipal(HERE), OTHER, "codebuild.amazonaws.com", f"arn:aws:iam::{THIRD}:role/x"]
)
@pytest.mark.parametrize("verb", ["grant_pull", "revoke"])
def test_who_has_no_policy_here_is_refused(cloud: Cloud, elsewhere: Repository, who: Any, verb: str) -> None:
    with pytest.raises(
        SpecError, match=r"another account than this registry's.*; here it can be granted to a User, Role or Group"
    ):
        getattr(elsewhere, verb)(who)
    assert {call.service for call in cloud.calls} <= {"sts"}


def test_another_partition_is_refused(cloud: Cloud, registry: Registry) -> None:
    china = registry.repository(f"arn:aws-cn:ecr:cn-north-1:{OTHER}:repository/team/api")
    with pytest.raises(SpecError, match="is not in eu-west-1: make a Registry"):
        china.grant_pull(Role("nodes"))
    assert cloud.calls.of("PutRolePolicy") == []


@pytest.mark.parametrize(
    "call",
    [
        lambda repo: repo.ensure(),
        lambda repo: repo.grant_lambda(),
        lambda repo: repo.access(),
        lambda repo: repo.set_resource_policy({}),
    ],
)
def test_calls_about_the_repository_itself_stay_refused(elsewhere: Repository, call: Callable[[Any], object]) -> None:
    with pytest.raises(SpecError, match="of another account than this registry's"):
        call(elsewhere)
