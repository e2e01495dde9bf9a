"""A grant that changes nothing for the principal is noted, as far as the policy shows that is written anyway."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import ArnPrincipal, Group, Repository, RepositorySpec, Role, User, pull
from ecrops.testing import Cloud
from support import registry_of

from ..world import OTHER, OTHER_ROLE, populate, put_policy

ORGANIZATION = "o-a1b2c3d4e5"
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
ALLOW = {"Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:*"}
OWN_USER = "arn:aws:iam::123456789012:user/ci"


def in_vain(cloud: Cloud, principal: Any, *statements: dict[str, Any]) -> list[str]:
    """The notes of a grant to pull, of those that say that it changes nothing."""
    put_policy(cloud, "ab", *statements)
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull(principal)
    return [note for note in plan.notes if "already" in note]


def test_what_a_repository_policy_allows_already_is_noted_with_the_statement(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    assert in_vain(memory_cloud, OTHER_ROLE, ALLOW) == [
        f"ab: role team/nodes of {OTHER} may pull already, by the statement 'theirs' of the repository's policy: what "
        "is granted now adds nothing to that"
    ]


@pytest.mark.parametrize(
    ("principal", "statement", "is_noted"),
    [
        (OTHER_ROLE, {**ALLOW, "Principal": "*"}, True),
        (OTHER_ROLE, {**ALLOW, "Action": "ecr:BatchGetImage"}, False),
        (OTHER_ROLE, {**ALLOW, "Principal": {"AWS": "444455556666"}}, False),
        (OTHER_ROLE, {**ALLOW, "Condition": OFFICE}, False),
        (OTHER_ROLE, {**ALLOW, "Effect": "Deny"}, False),
        (OTHER, {**ALLOW, "Principal": "*"}, True),
        (OTHER, {**ALLOW, "Principal": {"AWS": OTHER_ROLE}}, False),
        (ORGANIZATION, {**ALLOW, "Principal": "*"}, True),
        (
            ORGANIZATION,
            {**ALLOW, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION]}}},
            True,
        ),
        (ORGANIZATION, {**ALLOW, "Principal": "*", "Condition": OFFICE}, False),
        # within the account, the account alone delegates to identity policies
        (ArnPrincipal(OWN_USER), {**ALLOW, "Principal": {"AWS": "123456789012"}}, False),
        ("codebuild.amazonaws.com", {**ALLOW, "Principal": {"Service": "codebuild.amazonaws.com"}}, True),
        ("codebuild.amazonaws.com", {**ALLOW, "Principal": {"Service": "lambda.amazonaws.com"}}, False),
    ],
)
def test_a_note_needs_that_it_is_so_in_every_request(
    memory_cloud: Cloud, principal: Any, statement: dict[str, Any], is_noted: bool
) -> None:
    populate(memory_cloud, "ab")
    assert bool(in_vain(memory_cloud, principal, statement)) == is_noted


def test_what_is_denied_anyway_is_no_more_than_that(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    denial = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    put_policy(memory_cloud, "ab", ALLOW, denial)
    notes = registry_of(memory_cloud, dry_run=True).repository("ab").grant_pull(OTHER_ROLE).notes
    assert not [note for note in notes if "already" in note]
    assert [note for note in notes if "may not BatchGetImage, whatever is granted, by the statement 'no'" in note]


def test_a_grant_that_is_there_has_no_note(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    put_policy(memory_cloud, "ab", ALLOW)
    repo = registry_of(memory_cloud).repository("ab")
    assert [note for note in repo.grant_pull(OTHER_ROLE).notes if "already" in note]
    assert repo.grant_pull(OTHER_ROLE).notes == ()


# In an identity policy


def of_identity(cloud: Cloud, *statements: dict[str, Any], kind: str = "user", name: str = "ci") -> Repository:
    """The repository, and a policy of ecrops to which somebody added statements."""
    populate(cloud, "ab", "cd")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    put = getattr(cloud.client("iam"), f"put_{kind}_policy")
    put(**{f"{kind.title()}Name": name}, PolicyName="ecrops", PolicyDocument=document)
    return registry_of(cloud).repository("ab")


BY_HAND = {"Sid": "hand", "Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
NO_PUT = {"Sid": "no", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}


def test_what_the_identity_policy_allows_already_is_noted(memory_cloud: Cloud) -> None:
    repo = of_identity(memory_cloud, BY_HAND)
    (note,) = repo.grant_pull(User("ci")).notes
    assert note == (
        "ab: user ci may pull already, by the statement 'hand' of policy ecrops: what is granted now adds nothing to "
        "that"
    )
    assert repo.grant_pull(User("ci")).notes == ()


@pytest.mark.parametrize(
    ("statement", "is_noted"),
    [
        ({**BY_HAND, "Resource": "arn:aws:ecr:*:*:repository/*"}, False),  # the token is new
        ({**BY_HAND, "Condition": OFFICE}, False),
        ({**BY_HAND, "NotResource": "arn:aws:ecr:*:*:repository/cd"}, True),
    ],
)
def test_the_token_and_all_actions_have_to_be_allowed(
    memory_cloud: Cloud, statement: dict[str, Any], is_noted: bool
) -> None:
    if "NotResource" in statement:
        statement = {key: value for key, value in statement.items() if key != "Resource"}
    repo = of_identity(memory_cloud, statement, kind="group", name="devs")
    assert bool(repo.grant_pull(Group("devs")).notes) == is_noted


def test_a_wider_grant_of_ecrops_counts_and_a_narrower_one_does_not(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "team/a", "team/b")
    repo = registry_of(memory_cloud).repository("team/a")
    repo.grant_pull(Role("nodes"), on="team/*")
    (note,) = repo.grant_pull(Role("nodes")).notes
    assert note.startswith("team/a: role nodes may pull already, by the statement 'EcropsPull' of policy ecrops")
    repo.grant_pull(User("ci"))
    assert repo.grant_pull(User("ci"), on="team/*").notes == ()


def test_what_the_identity_policy_denies_is_noted_action_by_action(memory_cloud: Cloud) -> None:
    repo = of_identity(memory_cloud, NO_PUT)
    (note,) = repo.grant_push(User("ci")).notes
    assert note == (
        "ab: user ci may not PutImage, whatever is granted, by the statement 'no' of policy ecrops: ecrops did not "
        "write it; correct it in IAM"
    )
    (note,) = repo.grant(User("ci"), "ecr:PutIm*").notes
    assert note.startswith("ab: user ci may not PutImage, whatever is granted"), "a part of what it means"


def test_a_denial_that_depends_on_the_request_is_not_noted(memory_cloud: Cloud) -> None:
    assert of_identity(memory_cloud, {**NO_PUT, "Condition": OFFICE}).grant_push(User("ci")).notes == ()


def test_the_same_about_many_repositories_is_one_note_and_costs_no_call(memory_cloud: Cloud) -> None:
    of_identity(memory_cloud, BY_HAND)
    memory_cloud.calls.clear()
    specs = [RepositorySpec(name, grants=[pull(User("ci"))]) for name in ("ab", "cd")]
    (note,) = registry_of(memory_cloud, dry_run=True).plan(*specs).notes
    assert note.startswith("ab, cd: user ci may pull already, by the statement 'hand' of policy ecrops")
    assert memory_cloud.calls.operations().count("GetUserPolicy") == 1
    assert "GetAccountAuthorizationDetails" not in memory_cloud.calls.operations()
