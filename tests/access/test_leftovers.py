"""After a revoke the plan says what is left, and what takes it away."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import ecrops
from ecrops import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    Group,
    OrganizationPrincipal,
    Repository,
    Role,
    ServicePrincipal,
    User,
)
from ecrops.testing import Cloud
from support import registry_of

from .world import FOREIGN, LOG_IN, OTHER, OTHER_ROLE, PULL, inline, populate, put_policy

NODES = Role("nodes")
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
ORGANIZATION = "o-a1b2c3d4e5"
GET = "ecr:BatchGetImage"
BY_ALL = (
    "team/a: other policies were not read, which may go on allowing user ci what is revoked: "
    "repo.can(User(name_or_arn='ci'), 'pull') tells"
)
LEFT: list[tuple[list[tuple[Any, list[str], dict[str, Any]]], tuple[Any, ...], str]] = [
    # what was granted: to whom, which actions, how; what is revoked, and what is said to be left
    ([(NODES, [GET], {"on": "team/*"})], (NODES,), "role nodes may still BatchGetImage on 'team/*', by policy ecrops"),
    ([(Group("devs"), [GET], {"on": "*"})], (Group("devs"),), "group devs may still BatchGetImage on '*'"),
    ([(NODES, ["ecr:*"], {})], (NODES, GET), "role nodes may still do anything, by policy ecrops"),
    ([(NODES, ["ecr:Batch*"], {})], (NODES, GET), "role nodes may still Batch*, by policy ecrops"),
    ([(NODES, ["ecr:Batch*"], {})], (NODES, "ecr:*Image"), "role nodes may still Batch*, by policy ecrops"),
    ([(Role("nodes", conditions=OFFICE), [GET], {})], (NODES,), "role nodes may still BatchGetImage if aws:SourceIp"),
    ([(NODES, [GET], {})], (Role("nodes", conditions=OFFICE),), "role nodes may still BatchGetImage, by policy"),
    ([(User("ci"), ["ecr:Batch*"], {"policy_name": "images"})], (User("ci"), GET), "by policy images"),
    ([(User("ci"), ["ecr:Batch*"], {"attach": "managed"})], (User("ci"), GET), "user ci may still Batch*"),
    ([(OTHER, ["ecr:*"], {})], (OTHER, GET), f"account {OTHER} may still do anything"),
    (
        [(AccountPrincipal(OTHER, conditions=OFFICE), [GET], {})],
        (OTHER,),
        f"account {OTHER} may still BatchGetImage if aws:SourceIp IpAddress 192.0.2.0/24: ",
    ),
    (
        [(ArnPrincipal("arn:aws:iam::123456789012:role/team/nodes"), [GET], {})],
        (NODES,),
        "role team/nodes of 123456789012 may still BatchGetImage: ",
    ),
    ([(OTHER, [GET], {})], (OTHER_ROLE,), f"account {OTHER} may still BatchGetImage, and may let role team/nodes of"),
    (
        [(AnyPrincipal(public=True), [GET], {})],
        (ArnPrincipal(OTHER_ROLE),),
        f"everyone may still BatchGetImage, and so may role team/nodes of {OTHER}",
    ),
    (
        [(AnyPrincipal(conditions=OFFICE), [GET], {})],
        (ORGANIZATION,),
        "everyone may still BatchGetImage if aws:SourceIp",
    ),
    ([(AnyPrincipal(public=True), [GET], {})], (User("ci"),), "everyone may still BatchGetImage, and so may user ci"),
    (
        [(AnyPrincipal(public=True), [GET], {})],
        ("sns.amazonaws.com",),
        "everyone may still BatchGetImage, and so may sns",
    ),
    ([(ORGANIZATION, [GET], {})], (OTHER,), f"organization {ORGANIZATION} may still BatchGetImage, and so may account"),
    (
        [(ServicePrincipal("codebuild.amazonaws.com", conditions=OFFICE), [GET], {})],
        ("codebuild.amazonaws.com",),
        "codebuild.amazonaws.com may still BatchGetImage if",
    ),
]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    populate(memory_cloud, "team/a")
    return memory_cloud


@pytest.fixture
def repo(cloud: Cloud) -> Repository:
    """A repository of whose policy somebody wrote a part."""
    return registry_of(cloud).repository("team/a")


def do(repo: Repository, note: str) -> None:
    """What a note says takes it away."""
    call = re.search(r": ((?:revoke|remove_from_resource_policy)\(.*\)) takes ", note)
    assert call is not None, note
    assert eval(f"repo.{call[1]}", {name: getattr(ecrops, name) for name in ecrops.__all__} | {"repo": repo})  # type: ignore[attr-defined]


@pytest.mark.parametrize("granted, revoked, says", LEFT)
def test_what_a_revoke_leaves_is_said_with_the_call_that_takes_it_away(
    repo: Repository, granted: list[Any], revoked: tuple[Any, ...], says: str
) -> None:
    for who, actions, options in granted:
        repo.grant(who, *actions, **options)
    places = {key: value for key, value in granted[0][2].items() if key != "on"}
    plan = repo.revoke(*revoked, **places)
    assert not plan
    (note,) = plan.notes
    assert note.startswith("team/a: ")
    assert says in note
    do(repo, note)
    assert repo.revoke(*revoked, **places).notes == ()


def test_what_is_left_is_said_where_something_was_taken_away_too(repo: Repository) -> None:
    repo.grant_pull(NODES)
    repo.grant_read(NODES, on="team/*")
    repo.grant_pull(OTHER_ROLE)
    repo.grant_read(OTHER)
    assert repo.revoke(NODES)
    for who in (NODES, OTHER_ROLE):
        plan = repo.revoke(who)
        assert "may still read" in plan.notes[0]
        assert bool(plan) == (who == OTHER_ROLE)


def test_what_has_nothing_to_do_with_what_was_revoked_is_not_said(repo: Repository, cloud: Cloud) -> None:
    put_policy(cloud, "team/a", FOREIGN, {"Effect": "Deny", "Principal": "*", "Action": "ecr:*Image*"})
    repo.grant_pull_push(NODES)
    repo.grant_pull(OTHER)
    repo.grant_pull("444455556666")
    registry_of(cloud).repository("team/b").grant_pull(NODES, on="team/b*")
    registry_of(cloud).authorization_token.grant_read(NODES)
    (by_all,) = repo.revoke(NODES, GET, "ecr:PutImage").notes
    assert by_all.endswith("repo.can(Role(name_or_arn='nodes'), 'ecr:BatchGetImage') tells")
    assert repo.revoke(ORGANIZATION).notes == ()
    assert repo.revoke("codebuild.amazonaws.com").notes == ()
    assert repo.revoke("arn:aws:iam::777788889999:role/x", "ecr:ListImages").notes == ()


THEIRS: list[tuple[dict[str, Any], Any, str]] = [
    ({"Sid": "t", "Principal": {"AWS": OTHER_ROLE}, "Action": "ecr:*"}, OTHER_ROLE, "by the statement 't' of the"),
    (
        {"Sid": "t", "Principal": {"AWS": [OTHER]}, "Action": ["*"]},
        OTHER_ROLE,
        f"account {OTHER} may still do anything",
    ),
    ({"Sid": "t", "Principal": "*", "NotAction": "ecr:PutImage"}, OTHER, "everyone may still do anything but PutImage"),
    ({"Sid": "t", "Principal": "*", "Action": "ecr:List*"}, ORGANIZATION, "everyone may still List*"),
    (
        {**FOREIGN},
        "lambda.amazonaws.com",
        "by the statement 'LambdaECRImageRetrievalPolicy' of the repository's policy",
    ),
]


@pytest.mark.parametrize("statement, who, says", THEIRS)
def test_the_statements_of_others_in_the_policy_of_the_repository_are_said(
    repo: Repository, cloud: Cloud, statement: dict[str, Any], who: Any, says: str
) -> None:
    put_policy(cloud, "team/a", {"Effect": "Allow", **statement})
    (note,) = repo.revoke(who).notes
    assert says in note
    do(repo, note)
    assert repo.revoke(who).notes == ()


@pytest.mark.parametrize(
    "statement, says",
    [
        ({"Sid": "T", "Action": "ecr:*", "Resource": "*"}, "role nodes may still do anything, by the statement 'T' of"),
        (
            {"Action": "ecr:Get*", "Resource": "arn:aws:ecr:*:*:repository/team/?"},
            "may still Get*, by a statement",
        ),
        (
            {"Action": "ecr:PutImage", "Resource": "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/t}/a"},
            "still PutImage",
        ),
        ({"Sid": "EcropsPull", "Action": sorted(PULL), "Resource": "*"}, "role nodes may still pull on '*', by policy"),
        ({"NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}, "may still do anything but iam:*"),
        ({"Action": "ecr:PutImage", "Resource": "arn:aws:ecr:*:*:repository/b*"}, ""),
        ({"Action": ["s3:*", "ecr:GetAuthorizationToken", "ecr:DescribeRegistry"], "Resource": "*"}, ""),
        ({"NotAction": "ecr:*", "Resource": "*"}, ""),
        ({"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}, ""),
    ],
)
def test_the_statements_of_others_in_the_policy_of_the_principal_are_said(
    repo: Repository, cloud: Cloud, statement: dict[str, Any], says: str
) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    cloud.client("iam").put_role_policy(RoleName="nodes", PolicyName="ecrops", PolicyDocument=json.dumps(document))
    notes = repo.revoke(NODES).notes
    assert len(notes) == bool(says)
    assert says in " ".join(notes)
    assert all("correct it in IAM" in note for note in notes)


def test_saying_what_is_left_costs_no_call(repo: Repository, cloud: Cloud) -> None:
    repo.grant_pull(NODES, on="team/*")
    cloud.calls.clear()
    assert repo.revoke(NODES).notes
    assert sorted(cloud.calls.operations()) == ["GetRepositoryPolicy", "GetRolePolicy"]


def test_a_policy_that_is_not_attached_leaves_nothing(repo: Repository, cloud: Cloud) -> None:
    repo.grant_pull(NODES, attach="managed", on="team/*")
    assert repo.revoke(NODES, attach="managed").notes
    iam = cloud.client("iam")
    (policy,) = iam.list_attached_role_policies(RoleName="nodes")["AttachedPolicies"]
    iam.detach_role_policy(RoleName="nodes", PolicyArn=policy["PolicyArn"])
    assert repo.revoke(NODES, attach="managed").notes == ()


def test_in_another_account_the_way_out_names_the_session(repo: Repository, cloud: Cloud) -> None:
    other = cloud.session(account=OTHER)
    repo.grant_pull(Role(OTHER_ROLE), session=other, on="team/*")
    plan = repo.revoke(Role(OTHER_ROLE), session=other)
    assert [change.owner for change in plan] == ["team/a"]
    (note,) = plan.notes
    assert f"role nodes of {OTHER} may still pull on 'team/*'" in note
    assert "revoke(Role('nodes'), on='team/*', session=...) takes it away" in note


def test_revoking_a_wildcard_takes_what_it_means(repo: Repository, cloud: Cloud) -> None:
    for who in (NODES, OTHER):
        repo.grant_pull_push(who)
        assert repo.revoke(who, "ecr:batch*", "ecr:*Layer*")
        assert not repo.revoke(who, "ecr:Batch*")
    assert inline(cloud, "role", "nodes")["team/a"] == {"ecr:PutImage"}
    assert repo.revoke(OTHER, "ecr:*")
    assert repo.revoke(NODES, "ecr:*")
    assert inline(cloud, "role", "nodes") == {}


def test_an_organization_is_not_another_and_both_are_not_everyone(repo: Repository) -> None:
    repo.grant_pull(OrganizationPrincipal("o-b1b2c3d4e5"))
    assert repo.revoke(ORGANIZATION).notes == ()
    assert repo.revoke("codebuild.amazonaws.com").notes == (), "a service is of no organization"
    (note,) = repo.revoke(AnyPrincipal(public=True)).notes
    assert "organization o-b1b2c3d4e5 may still pull: revoke(OrganizationPrincipal('o-b1b2c3d4e5'))" in note


def test_several_organizations_are_taken_out_as_they_were_granted(repo: Repository) -> None:
    both = {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION, "o-b1b2c3d4e5"]}}
    repo.grant_pull(AnyPrincipal(conditions=both))
    (note,) = repo.revoke(AnyPrincipal(public=True)).notes
    assert f"revoke(AnyPrincipal(conditions={both!r})) takes it away" in note
    do(repo, note)


def test_a_token_that_a_verb_brought_is_said_to_stay_for_single_actions(repo: Repository, cloud: Cloud) -> None:
    other = registry_of(cloud).repository("team/b")
    other.ensure()
    repo.grant_pull(User("ci"))
    other.grant(User("ci"), GET)
    note, by_all = repo.revoke(User("ci")).notes
    assert note == (
        "team/a: user ci may still log in, by policy ecrops, for what it may do with images of team/b: the token goes "
        "when that is revoked"
    )
    assert by_all == BY_ALL
    other.revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {}


@pytest.mark.parametrize("patterns", [["ecr:Batch*", "ecr:GetDownload*"], ["ecr:*"], ["ecr:?utImage"]])
def test_a_token_that_a_wildcard_needs_stays(repo: Repository, cloud: Cloud, patterns: list[str]) -> None:
    other = registry_of(cloud).repository("team/b")
    other.ensure()
    repo.grant_pull(User("ci"))
    other.grant(User("ci"), *patterns)
    note, by_all = repo.revoke(User("ci")).notes
    assert "user ci may still log in, by policy ecrops, for what it may do with images of team/b" in note
    assert by_all == BY_ALL
    assert inline(cloud, "user", "ci") == {"team/b": set(patterns), "*": LOG_IN}
    other.revoke(User("ci"))
    assert inline(cloud, "user", "ci") == {}


def test_a_wildcard_about_no_images_keeps_no_token(repo: Repository, cloud: Cloud) -> None:
    repo.grant_pull(User("ci"))
    registry_of(cloud).repository("team/b").grant(User("ci"), "ecr:*LifecyclePolicy")
    assert repo.revoke(User("ci")).notes == (BY_ALL,)
    assert inline(cloud, "user", "ci").keys() == {"team/b"}


def test_a_token_that_stays_is_said_with_what_it_stays_for(repo: Repository, cloud: Cloud) -> None:
    tokens, iam = registry_of(cloud).authorization_token, cloud.client("iam")
    office = User("ci", conditions=OFFICE)
    assert tokens.revoke_read(User("ci")).notes == ()
    repo.grant_pull(User("ci"))
    tokens.grant_read(office)
    registry_of(cloud).public_gallery_authorization_token.grant_read(User("ci"))
    tokens.grant_read(User("ci"))
    plan = tokens.revoke_read(User("ci"))
    assert plan
    assert plan.notes == (
        "user ci may still log in, by policy ecrops: it goes when nothing that needs it is granted",
        "user ci may still log in if aws:SourceIp IpAddress 192.0.2.0/24, by policy ecrops: revoke_read(User('ci', "
        f"conditions={OFFICE!r})) takes it away",
    )
    repo.revoke(User("ci"))
    tokens.revoke_read(office)
    assert tokens.revoke_read(User("ci")).notes == ()
    theirs = {"Sid": "T", "Effect": "Allow", "Action": "ecr:Get*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    iam.put_user_policy(UserName="ci", PolicyName="ecrops", PolicyDocument=document)
    (note,) = tokens.revoke_read(User("ci")).notes
    assert note == "user ci may still log in, by the statement 'T' of policy ecrops: correct it in IAM"


def test_which_verb_tells_what_remains_by_all_policies_is_said_once_and_of_what_was_taken_away(
    repo: Repository, cloud: Cloud
) -> None:
    repo.grant_pull(User("ci"))
    repo.grant(ArnPrincipal("arn:aws:iam::123456789012:user/ci"), GET)
    assert repo.revoke(User("ci")).notes[-1] == BY_ALL
    assert repo.revoke(User("ci")).notes == ()
    for who in (OTHER, "codebuild.amazonaws.com", Group("devs")):
        repo.grant_push(who)
        note = repo.revoke(who, "ecr:PutImage").notes[-1]
        assert note.endswith(", 'ecr:PutImage') tells")
    repo.grant_pull(ORGANIZATION)
    assert repo.revoke(ORGANIZATION).notes == (), "an organization makes no requests"


def test_what_another_statement_denies_in_every_request_is_not_left(repo: Repository, cloud: Cloud) -> None:
    theirs = {"Sid": "T", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": [GET, "ecr:PutImage"]}
    denial = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:Put*"}
    put_policy(cloud, "team/a", theirs, denial)
    (note,) = repo.revoke(OTHER).notes
    assert note.startswith(f"team/a: account {OTHER} may still BatchGetImage, by the statement 'T' of the repository's")
    put_policy(cloud, "team/a", theirs, {**denial, "Action": "ecr:*"})
    assert repo.revoke(OTHER).notes == ()
    put_policy(cloud, "team/a", theirs, {**denial, "Condition": OFFICE})
    assert "BatchGetImage, PutImage" in repo.revoke(OTHER).notes[0]
    allows = {"Sid": "T", "Effect": "Allow", "Action": [GET, "ecr:PutImage"], "Resource": "*"}
    denies = {"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "arn:aws:ecr:*:*:repository/team/*"}
    for statement, left in (
        (denies, "BatchGetImage, by"),
        ({**denies, "Condition": OFFICE}, "BatchGetImage, PutImage"),
    ):
        document = json.dumps({"Version": "2012-10-17", "Statement": [allows, statement]})
        cloud.client("iam").put_user_policy(UserName="ci", PolicyName="ecrops", PolicyDocument=document)
        assert f"user ci may still {left}" in repo.revoke(User("ci")).notes[0]
