"""Who can pull this: both sides in one table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import AnyPrincipal, Group, Role, SpecError, User
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import registry_of

from .world import FOREIGN, OTHER, OTHER_ROLE, populate, put_policy


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    return memory_cloud


def test_everybody_who_can_use_a_repository_is_listed_with_where_it_says_so(cloud: Cloud) -> None:
    populate(cloud, "team/a", "team/b")
    put_policy(cloud, "team/a", FOREIGN, {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"})
    registry = registry_of(cloud)
    repo = registry.repository("team/a")
    repo.grant_pull(OTHER_ROLE)
    repo.grant_read("o-1234567890")
    repo.grant_pull_push(Role("nodes"))
    repo.grant_pull(Group("devs"), attach="managed")
    repo.grant(User("ci"), "ecr:Batch*")
    registry.repository("team/b").grant_pull(User("ci"), on="team/*")
    registry.repository("team/b").grant_push(User("ci"))
    access = repo.access()
    assert [entry.cells() for entry in access] == [
        ("lambda.amazonaws.com", "pull", f"repository policy, {FOREIGN['Sid']}", ""),
        ("everyone", "not PutImage", "repository policy, no", ""),
        (f"role team/nodes of {OTHER}", "pull", "repository policy, EcropsPull", ""),
        ("organization o-1234567890", "read", access.entries[3].where, ""),
        ("user ci", "Batch*", access.entries[4].where, ""),
        ("user ci", "pull", "policy ecrops, EcropsPull", ""),
        ("role nodes", "pull, push", "policy ecrops, EcropsPullAndPush", ""),
        ("group devs", "pull", "policy ecrops-group-devs-617db252, EcropsPull", ""),
    ]
    assert access.who_can("push") == ()
    assert access.who_can("ecr:UploadLayerPart") == ("role nodes",)
    assert "role nodes | pull, push | policy ecrops, EcropsPullAndPush" in str(access)


ALLOW = {"Effect": "Allow", "Principal": {"AWS": OTHER}}
GET, LAYER = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    "statements, can",
    [
        ([{"NotAction": "ecr:PutImage"}], True),
        ([{"NotAction": ["ecr:DeleteRepository", "ecr:Batch*"]}], False),
        ([{"Action": [GET, LAYER]}], True),
        ([{"Action": GET}], False),
        ([{"Action": GET}, {"Action": LAYER}], True),
        ([{"Action": GET}, {"Action": LAYER, "Condition": OFFICE}], True),
        ([{"Action": GET, "Condition": OFFICE}, {"Action": LAYER, "Condition": {"Bool": {"x": "true"}}}], False),
        ([{"Action": GET}, {"Action": LAYER, "Principal": {"AWS": "444455556666"}}], False),
        ([{"Action": GET}, {"Action": LAYER, "Effect": "Deny"}], False),
    ],
)
def test_who_can_pull_is_judged_by_all_that_somebody_is_allowed(
    cloud: Cloud, statements: list[dict[str, Any]], can: bool
) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", *[{**ALLOW, **each} for each in statements])
    access = registry_of(cloud).repository("ab").access()
    assert access.who_can("pull") == ((f"account {OTHER}",) if can else ())


def test_lambda_and_the_account_of_its_functions_can_pull(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_lambda(OTHER)
    assert set(repo.access().who_can("pull")) == {f"account {OTHER}", "lambda.amazonaws.com"}


def test_who_is_forbidden_a_part_of_it_is_said(cloud: Cloud) -> None:
    populate(cloud, "ab")
    deny = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": GET, "Condition": OFFICE}
    put_policy(cloud, "ab", deny, {**ALLOW, "NotAction": "ecr:PutImage"})
    access = registry_of(cloud).repository("ab").access()
    assert (access.who_can("pull"), access.who_cannot("pull")) == ((f"account {OTHER}",), ("everyone",))
    assert (access.who_can("push"), access.who_cannot("push")) == ((), ())
    assert access.who_can("ecr:ListImages") == access.who_can("ListImages") == (f"account {OTHER}",)
    for wrong in ("pul", "sts:AssumeRole", None):
        with pytest.raises(SpecError, match=r"ECR has no action|an action of ECR|expected read, pull, push or"):
            access.who_can(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong, hint",
    [("pulll", "; did you mean 'pull'?"), ("pull_push", ""), ("lifecycle", ""), ("nothing", ""), ("", ""), (None, "")],
)
def test_a_word_that_is_no_verb_is_refused_with_the_verbs(cloud: Cloud, wrong: Any, hint: str) -> None:
    populate(cloud, "ab")
    with pytest.raises(SpecError) as caught:
        registry_of(cloud).repository("ab").access().who_can(wrong)
    expected = "expected read, pull, push or an action such as 'ecr:ListImages'"
    assert str(caught.value) == f"{expected}, got {wrong!r}{hint}"


@pytest.mark.parametrize(
    "patterns, can",
    [
        (["ecr:*"], "read, pull, push, everything else"),
        (["*"], "read, pull, push, everything else"),
        ([GET, LAYER], "pull"),
        (["ecr:Batch*", LAYER], "pull, Batch*"),
        (["ecr:DescribeRepositories", "ecr:Describe*"], "read, Describe*"),
        (["ecr:ListImages", "ecr:List*", "ecr:OfTomorrow"], "ListImages, List*, OfTomorrow"),
    ],
)
def test_what_is_allowed_beyond_the_verbs_is_said(cloud: Cloud, patterns: list[str], can: str) -> None:
    populate(cloud, "ab")
    statement = {**ALLOW, "Action": patterns}
    backend("123456789012", "eu-west-1").repositories["ab"].policy = json.dumps({"Statement": [statement]})
    (entry,) = registry_of(cloud).repository("ab").access()
    assert entry.cells()[1] == can


def test_a_group_that_can_do_everything_is_said_to(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant(Group("devs"), "ecr:*")
    assert "group devs | read, pull, push, everything else | policy ecrops" in str(repo.access())


def test_a_wildcard_is_asked_for_as_all_that_it_means(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant(OTHER, "ecr:*")
    repo.grant("444455556666", "ecr:Batch*")
    repo.grant("444455556666", "ecr:ListImages")
    put = {"Sid": "no", "Effect": "Deny", "Principal": {"Service": "x.amazonaws.com"}, "Action": "ecr:Put*"}
    repo.add_to_resource_policy(put)
    access = repo.access()
    everything, batches = f"account {OTHER}", "account 444455556666"
    for asked in ("ecr:*", "*", "ECR:*"):
        assert (access.who_can(asked), access.who_cannot(asked)) == ((everything,), ("x.amazonaws.com",))
    assert set(access.who_can("ecr:Batch*")) == {everything, batches}
    assert access.who_can("ecr:batchget*") == access.who_can("BatchGet*")
    assert access.who_can("ecr:*Image") == (everything,)
    assert access.who_cannot("ecr:Batch*") == ()
    for wrong in ("ecr:Xyz*", "ecr:GetAuth*"):
        with pytest.raises(SpecError):
            access.who_can(wrong)


def test_a_deleted_principal_is_named_as_deleted(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(OTHER_ROLE)
    cloud.client("iam", account=OTHER).delete_role(RoleName="nodes")
    (entry,) = repo.access()
    assert entry.who.startswith("a deleted role (AROA")


def test_a_notebook_shows_a_table_in_which_everything_is_escaped(cloud: Cloud) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", {"Sid": "<i>", "Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"})
    html = registry_of(cloud).repository("ab").access()._repr_html_()
    assert "&lt;i&gt;" in html
    assert "<i>" not in html


def test_a_condition_is_shown(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(AnyPrincipal(conditions={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    (entry,) = repo.access()
    assert entry.who == "everyone"
    assert "10.0.0.0/8" in entry.condition


def test_nobody_is_said_and_a_missing_repository_is_an_error(cloud: Cloud) -> None:
    populate(cloud, "ab")
    access = registry_of(cloud).repository("ab").access()
    assert str(access) == "ab: no policy allows anybody anything"
    assert "<div><b>ab: no policy allows anybody anything</b></div>" in access._repr_html_()
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry_of(cloud).repository("none").access()


def test_a_plan_says_everyone_in_words(cloud: Cloud) -> None:
    populate(cloud, "ab")
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull(AnyPrincipal(public=True))
    assert "+ ab policy: everyone may pull" in str(plan)
    plan = registry_of(cloud, dry_run=True).repository("ab").grant_pull("o-1234567890")
    assert "organization o-1234567890 may pull" in str(plan)
