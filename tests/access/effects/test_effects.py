"""Who gains and loses what by a plan, by all policies before and after it."""

from __future__ import annotations

import json
import pickle
from typing import Any, Literal

import pytest

from ecrops import Group, Registry, RepositorySpec, Role, SpecError, User, pull
from ecrops.access import AccessChanges
from ecrops.testing import Cloud
from support import registry_of

from ..policies import ACCOUNT, NODES, ORGANIZATION, OTHER, PULL, allow, document, have_policy
from ..world import FOREIGN, populate, put_policy

PUT = "ecr:PutImage"
LOGIN = "ecr:GetAuthorizationToken"
DENY = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": PUT}
ECROPS = "inline policy ecrops"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """A user in a group, a role, and three repositories."""
    populate(memory_cloud, "team/a", "team/b", "other")
    memory_cloud.client("iam").add_user_to_group(GroupName="devs", UserName="ci")
    return memory_cloud


def dry(cloud: Cloud) -> Registry:
    return registry_of(cloud, dry_run=True)


def told(cloud: Cloud, plan: Any) -> list[str]:
    """What is said of a plan, without the notes."""
    found = registry_of(cloud).access_changes(plan)
    return [str(change) for change in (*found.changes, *found.unchanged)]


def test_a_grant_gives_a_role_the_verb_on_the_repository_and_the_token(cloud: Cloud) -> None:
    assert told(cloud, dry(cloud).repository("team/a").grant_pull(Role("nodes"))) == [
        f"role nodes gains pull on team/a (by {ECROPS}, statements EcropsPull and EcropsLogin)",
        f"role nodes gains the token to log in (by {ECROPS}, statement EcropsLogin)",
    ]


def test_a_repository_more_in_a_statement_is_no_change_of_the_others(cloud: Cloud) -> None:
    registry_of(cloud).repository("team/a").grant_pull(Role("nodes"))
    assert told(cloud, dry(cloud).repository("other").grant_pull(Role("nodes"))) == [
        f"role nodes gains pull on other (by {ECROPS}, statement EcropsPull)"
    ]


def test_what_moves_to_another_statement_of_ecrops_is_no_change(cloud: Cloud) -> None:
    registry_of(cloud).repository("team/a").grant_pull(Role("nodes"))
    (line,) = told(cloud, dry(cloud).repository("team/a").grant_read(Role("nodes")))
    assert line.startswith("role nodes gains read on team/a (by inline policy ecrops, statement Ecrops")


def test_a_wildcard_is_about_the_repositories_that_are_there(cloud: Cloud) -> None:
    have_policy("team/b", DENY)
    found = told(cloud, dry(cloud).repository("team/a").grant_push(User("ci"), on="team/*"))
    assert found[0].startswith("user ci gains push on team/a (")
    assert found[-1] == "user ci, unchanged: push on team/b (denied by repository policy, statement no)"
    assert not any("other" in line for line in found)


def test_what_is_granted_in_vain_is_unchanged_with_the_reason(cloud: Cloud) -> None:
    allow(cloud, "role", "nodes", "ecr:*")
    plan = dry(cloud).repository("team/a").grant_pull(Role("nodes"))
    changes = registry_of(cloud).access_changes(plan)
    assert not changes
    assert len(changes) == 0
    assert [str(row) for row in changes.unchanged] == [
        "role nodes, unchanged: pull on team/a (already allowed by inline policy Allow, statement 1)"
    ]


def test_what_is_revoked_and_still_allowed_is_unchanged_with_the_reason(cloud: Cloud) -> None:
    registry_of(cloud).repository("team/a").grant_pull(Role("nodes"))
    allow(cloud, "role", "nodes", "ecr:*")
    assert told(cloud, dry(cloud).repository("team/a").revoke(Role("nodes"))) == [
        "role nodes, unchanged: pull on team/a (still allowed by inline policy Allow, statement 1)"
    ]


def test_a_revoke_takes_away_what_nothing_else_allows(cloud: Cloud) -> None:
    registry_of(cloud).repository("team/a").grant_pull(Role("nodes"))
    allow(cloud, "role", "nodes", *PULL, on="team/*")
    assert told(cloud, dry(cloud).repository("team/a").revoke(Role("nodes"))) == [
        f"role nodes loses pull on team/a (no longer allowed by {ECROPS}, statement EcropsLogin)",
        f"role nodes loses the token to log in (no longer allowed by {ECROPS}, statement EcropsLogin)",
        "role nodes, unchanged: BatchGetImage, GetDownloadUrlForLayer on team/a (still allowed by inline policy Allow, "
        "statement 1)",
    ]


def test_actions_without_the_token_are_told_as_what_they_are(cloud: Cloud) -> None:
    assert told(cloud, dry(cloud).repository("team/a").grant(User("ci"), *PULL)) == [
        f"user ci gains BatchGetImage, GetDownloadUrlForLayer on team/a (by {ECROPS}, statement EcropsPullAsLambda)",
        f"user ci, unchanged: pull on team/a (the token to log in is missing, {LOGIN})",
    ]
    found = told(cloud, dry(cloud).repository("team/a").grant(Role("nodes"), "ecr:*"))
    assert found[0].startswith("role nodes gains read, scan findings, delete images, lifecycle, change policies, ev")


@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_a_group_and_its_members_gain_the_same_and_are_told_once(
    cloud: Cloud, attach: Literal["inline", "managed"]
) -> None:
    found = told(cloud, dry(cloud).repository("team/a").grant_pull(Group("devs"), attach=attach))
    assert [line.partition(" (")[0] for line in found] == [
        "group devs gains pull on team/a",
        "group devs gains the token to log in",
    ]
    allow(cloud, "user", "ci", "ecr:*", effect="Deny", on="team/a")
    found = told(cloud, dry(cloud).repository("team/a").grant_pull(Group("devs"), attach=attach))
    assert "user ci, unchanged: pull on team/a (denied by inline policy Deny, statement 1)" in found


def test_a_managed_policy_that_is_detached_is_read_and_one_that_is_rewritten_is_laid_over(cloud: Cloud) -> None:
    registry_of(cloud).repository("team/a").grant_pull(Role("nodes"), attach="managed")
    found = told(cloud, dry(cloud).repository("team/b").grant_pull(Role("nodes"), attach="managed"))
    assert [line.partition(" (")[0] for line in found] == ["role nodes gains pull on team/b"]
    iam = cloud.client("iam")
    (policy,) = iam.list_attached_role_policies(RoleName="nodes")["AttachedPolicies"]
    iam.detach_role_policy(RoleName="nodes", PolicyArn=policy["PolicyArn"])
    found = told(cloud, dry(cloud).repository("team/a").grant_pull(Role("nodes"), attach="managed"))
    assert [line.partition(" (")[0] for line in found] == [
        "role nodes gains pull on team/a",
        "role nodes gains the token to log in",
    ]


def test_a_denial_takes_away_from_whomever_it_is_about(cloud: Cloud) -> None:
    for kind, name in (("user", "ci"), ("role", "nodes")):
        allow(cloud, kind, name, *PULL, LOGIN)
    put_policy(cloud, "team/a", {"Sid": "them", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": PULL})
    deny = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": PULL[0]}
    assert told(cloud, dry(cloud).repository("team/a").add_to_resource_policy(deny)) == [
        "role nodes loses pull on team/a (denied by repository policy, statement no)",
        "user ci loses pull on team/a (denied by repository policy, statement no)",
    ]
    only = {**deny, "Principal": {"AWS": NODES}}
    assert told(cloud, dry(cloud).repository("team/a").add_to_resource_policy(only)) == [
        "role nodes loses pull on team/a (denied by repository policy, statement no)"
    ]


def test_what_depends_on_a_request_may_be_gained_or_lost(cloud: Cloud) -> None:
    network = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    statement = {"Sid": "net", "Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "ecr:ListImages"}
    plan = dry(cloud).repository("team/a").add_to_resource_policy({**statement, "Condition": network})
    assert told(cloud, plan) == [
        "role nodes may gain ListImages on team/a (by repository policy, statement net, it depends on aws:sourceip)"
    ]
    allow(cloud, "role", "nodes", "ecr:ListImages")
    denial = {**statement, "Effect": "Deny", "Condition": network}
    assert told(cloud, dry(cloud).repository("team/a").add_to_resource_policy(denial)) == [
        "role nodes may lose ListImages on team/a (denied by repository policy, statement net, it depends on "
        "aws:sourceip)"
    ]


@pytest.mark.parametrize(
    ("principal", "line"),
    [
        (OTHER, f"account {OTHER} gains pull on team/a (by repository policy, statement EcropsPull{{}}"),
        (ORGANIZATION, f"organization {ORGANIZATION} gains pull on team/a (by repository policy, statement Ecrops"),
        (f"arn:aws:iam::{OTHER}:role/x", f"role x of {OTHER} gains pull on team/a (by repository policy, statement"),
    ],
)
def test_others_gain_as_far_as_their_own_account_allows_it(cloud: Cloud, principal: str, line: str) -> None:
    found = told(cloud, dry(cloud).repository("team/a").grant_pull(principal))
    assert [text for text in found if text.startswith(line.partition("{")[0])] == found
    assert all(text.endswith(", as far as a policy of its own account allows it too)") for text in found)


def test_a_service_may_gain_and_the_own_account_gains_nothing_by_itself(cloud: Cloud) -> None:
    (lambda_,) = told(cloud, dry(cloud).repository("team/a").grant_lambda())
    assert lambda_.startswith("lambda.amazonaws.com may gain pull on team/a (")
    assert lambda_.endswith(", it depends on aws:sourcearn)")
    assert told(cloud, dry(cloud).repository("team/a").grant_pull(ACCOUNT)) == [
        f"account {ACCOUNT}, unchanged: pull on team/a (it names the account alone, so that an identity policy has to "
        "allow it too)"
    ]


def test_a_new_repository_and_one_that_goes_are_told_with_whom_they_are_granted_to(cloud: Cloud) -> None:
    plan = dry(cloud).plan(RepositorySpec("new", grants=[pull(User("ci")), pull(OTHER)]))
    changes = registry_of(cloud).access_changes(plan)
    assert [str(change).partition(" (")[0] for change in changes] == [
        "user ci gains pull on new",
        "user ci gains the token to log in",
        f"account {OTHER} gains pull on new",
    ]
    assert not [note for note in changes.notes if "not read" in note]
    assert changes.notes[0] == "new: new; what wider policies allow there, registry.access() says after it is made"
    put_policy(cloud, "team/b", {"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "ecr:ListImages"})
    changes = registry_of(cloud).access_changes(dry(cloud).remove("team/b"))
    assert list(map(str, changes)) == [
        "role nodes loses ListImages on team/b (no longer allowed by repository policy, statement 1)"
    ]
    assert changes.notes[0] == "team/b: deleted, and whoever could use it no longer can"


def test_tags_change_what_conditions_on_them_allow(cloud: Cloud) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "ecr:ListImages",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}},
    }
    cloud.client("iam").put_role_policy(RoleName="nodes", PolicyName="tags", PolicyDocument=document(statement))
    assert told(cloud, dry(cloud).repository("team/a").ensure(tags={"team": "web"})) == [
        "role nodes gains ListImages on team/a (by inline policy tags, statement 1)"
    ]
    cloud.client("iam").delete_role_policy(RoleName="nodes", PolicyName="tags")
    assert told(cloud, dry(cloud).repository("team/a").ensure(tags={"team": "web"})) == []


def test_a_registry_policy_that_denies_is_laid_over_too(cloud: Cloud) -> None:
    allow(cloud, "role", "nodes", "ecr:ListImages", on="team/*")
    statement = {
        "Sid": "no",
        "Effect": "Deny",
        "Principal": {"AWS": NODES},
        "Action": "ecr:ListImages",
        "Resource": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/team/*",
    }
    assert told(cloud, dry(cloud).registry_policy.add(statement)) == [
        "role nodes loses ListImages on team/a, team/b (denied by registry policy, statement no)"
    ]


def test_the_account_of_a_session_and_whoever_is_not_there_are_notes(cloud: Cloud) -> None:
    other = cloud.session(account=OTHER)
    plan = dry(cloud).repository("team/a").grant_pull(f"arn:aws:iam::{OTHER}:role/team/nodes", session=other)
    changes = registry_of(cloud).access_changes(plan)
    assert [change.who for change in changes] == [f"role team/nodes of {OTHER}"]
    assert changes.notes[0] == (
        f"role nodes of {OTHER}: what changes in account {OTHER} is not evaluated: its policies are not read"
    )
    changes = registry_of(cloud).access_changes(dry(cloud).repository("team/a").grant_pull(Role("nobody")))
    assert not changes
    assert changes.notes[0].startswith("role nobody: IAM has no such role, so that what the plan says of it changes")
    assert changes.notes[-1].startswith("not seen: service control policies")


def test_a_plan_that_changes_no_policy_costs_no_call(cloud: Cloud) -> None:
    plan = dry(cloud).repository("team/a").ensure(image_scan_on_push=True)
    registry = registry_of(cloud)
    cloud.calls.clear()
    changes = registry.access_changes(plan)
    assert not changes
    assert str(changes) == "nobody gains or loses anything"
    assert not cloud.calls


def test_a_grant_costs_one_listing_and_the_policy_of_its_repository(cloud: Cloud) -> None:
    plan = dry(cloud).repository("team/a").grant_pull(Role("nodes"))
    registry = registry_of(cloud)
    cloud.calls.clear()
    registry.access_changes(plan)
    operations = [name for name in cloud.calls.operations() if name != "GetCallerIdentity"]
    assert sorted(operations) == ["GetAccountAuthorizationDetails", "GetRegistryPolicy", "GetRepositoryPolicy"]


def test_without_the_right_to_list_what_depends_on_it_is_said(cloud: Cloud) -> None:
    cloud.faults.on("denied", service="iam", operation="GetAccountAuthorizationDetails", times=None)
    cloud.faults.on("denied", operation="GetRepositoryPolicy", times=None, skip=1)
    plan = dry(cloud).repository("team/a").grant_pull(OTHER)
    changes = registry_of(cloud).access_changes(plan)
    assert any(note.startswith("not read: users, roles and groups of the account: ") for note in changes.notes)
    assert any(note.startswith("not read: repository policy of team/a: ") for note in changes.notes)


def test_a_plan_that_was_made_or_is_for_another_registry_is_refused(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    made = registry.repository("team/a").grant_pull(Role("nodes"))
    elsewhere = Registry(cloud.session(region="us-east-1"))
    wrong = [
        (registry, made, "plan: it was made already"),
        (registry, "plan", "plan: expected a Plan, such as registry.plan"),
        (
            elsewhere,
            dry(cloud).repository("team/a").grant_pull(OTHER),
            "region us-east-1",
        ),
    ]
    for asked, plan, reason in wrong:
        with pytest.raises(SpecError, match=reason):
            asked.access_changes(plan)  # type: ignore[arg-type]


def test_the_changes_are_a_value_a_table_and_json(cloud: Cloud) -> None:
    put_policy(cloud, "team/a", FOREIGN)
    changes = registry_of(cloud).access_changes(dry(cloud).repository("team/a").grant_pull(Role("nodes")))
    assert isinstance(changes, AccessChanges)
    assert pickle.loads(pickle.dumps(changes)) == changes
    assert json.loads(json.dumps(changes.to_dict()))["changes"][0] == {
        "who": "role nodes",
        "effect": "gains",
        "what": ["pull"],
        "repositories": ["team/a"],
        "because": f"by {ECROPS}, statements EcropsPull and EcropsLogin",
    }
    assert repr(changes) == "<AccessChanges: 1 principal gains access>"
    assert "<td" in changes._repr_html_()
    assert "role nodes" in changes._repr_html_()
