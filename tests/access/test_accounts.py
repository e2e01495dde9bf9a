"""Grants to principals of other accounts: with a session for that account, and without one."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from ecrops import (
    DeadlineError,
    Registry,
    Role,
    SpecError,
)
from ecrops.iam.statements import statements
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .world import LOG_IN, OTHER, OTHER_ROLE, PULL, inline, populate, repository_policy


def test_a_role_of_another_account_is_named_here_and_a_note_says_what_it_needs_there(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry = registry_of(cloud)
    plan = registry.repository("ab").grant_pull(OTHER_ROLE)
    policy = repository_policy(cloud.client("ecr"), "ab")
    assert [each["Principal"] for each in statements(policy or {})] == [{"AWS": OTHER_ROLE}]
    assert inline(cloud, "role", "nodes", account=OTHER) == {}
    (note,) = plan.notes
    assert f"account {OTHER} allows it too" in note
    document = json.loads(note[note.index("{") :])
    actions = {action for each in document["Statement"] for action in [each["Action"]] if isinstance(action, str)}
    assert actions == {"ecr:GetAuthorizationToken"}
    again = registry.repository("ab").grant_pull(OTHER_ROLE)
    assert not again
    assert again.notes == (), "a grant that was there before is no news"


def test_with_a_session_for_the_other_account_both_sides_are_written(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry, other = registry_of(cloud), cloud.session(account=OTHER)
    plan = registry.repository("ab").grant_pull(Role(OTHER_ROLE), session=other)
    assert sorted(change.owner for change in plan) == ["ab", f"role nodes of {OTHER}"]
    assert plan.notes == ()
    assert inline(cloud, "role", "nodes", account=OTHER) == {"ab": PULL, "*": LOG_IN}
    assert inline(cloud, "role", "nodes") == {}
    assert repository_policy(cloud.client("ecr"), "ab")
    assert not registry.repository("ab").grant_pull(Role(OTHER_ROLE), session=other)
    assert len(cloud.calls.of("GetCallerIdentity")) == 2
    assert registry.repository("ab").revoke(Role(OTHER_ROLE), session=other)
    assert inline(cloud, "role", "nodes", account=OTHER) == {}
    assert repository_policy(cloud.client("ecr"), "ab") is None


@pytest.mark.parametrize(
    "options, said",
    [
        ({"on": "team/*"}, "on='team/*'"),
        ({"attach": "managed", "policy_name": "x"}, "attach='managed', policy_name='x'"),
    ],
)
def test_without_a_session_the_notes_say_what_could_not_be_done_in_the_other_account(
    cloud: Cloud, options: dict[str, Any], said: str
) -> None:
    populate(cloud, "team/a")
    must, not_done = registry_of(cloud).repository("team/a").grant_pull(OTHER_ROLE, **options).notes
    document = json.loads(must[must.index("{") :])
    resources = {each["Resource"] for each in document["Statement"]}
    assert resources == {"*", "arn:aws:ecr:eu-west-1:123456789012:repository/team/a"}
    assert not_done.startswith(f"team/a: {said} did nothing, for it is about the policy in account {OTHER}")


def callers(*sessions: boto3.Session) -> list[tuple[int, str]]:
    """A list that grows with each call to IAM: the index of the session that makes it, and the operation."""
    made: list[tuple[int, str]] = []
    for index, session in enumerate(sessions):

        def note(model: Any, index: int = index, **_: Any) -> None:
            made.append((index, model.name))

        session.events.register("before-call.iam", note)
    return made


@pytest.mark.parametrize("attach, writes", [("inline", "PutRolePolicy"), ("managed", "AttachRolePolicy")])
def test_a_session_for_the_account_of_the_registry_makes_the_calls_to_iam(
    cloud: Cloud, attach: str, writes: str
) -> None:
    populate(cloud, "ab")
    own, admin = cloud.session(own=True), cloud.session(own=True)
    registry, made = Registry(own, retry=AT_ONCE), callers(own, admin)
    repo = registry.repository("ab")
    options: dict[str, Any] = {"attach": attach, "session": admin}
    assert repo.grant_pull(Role("nodes"), **options)
    assert not repo.grant_pull(Role("nodes"), **options)
    assert (1, writes) in made
    assert repo.revoke(Role("nodes"), **options)
    assert {index for index, _ in made} == {1}
    assert registry.authorization_token.grant_read(Role("nodes"), session=admin)
    assert {index for index, _ in made} == {1}


def test_without_a_session_what_stays_in_the_other_account_is_said_with_the_call(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo, other = registry_of(cloud).repository("ab"), cloud.session(account=OTHER)
    assert repo.revoke(OTHER_ROLE).notes == (), "nothing was granted"
    repo.grant_pull(Role(OTHER_ROLE), session=other, policy_name="x")
    (note,) = repo.revoke(Role(OTHER_ROLE), policy_name="x").notes
    assert f"what account {OTHER} allows role nodes in a policy of its own stays there" in note
    assert f"revoke(Role(name_or_arn={OTHER_ROLE!r}), policy_name='x', session=...) takes away" in note
    call = note[note.index("revoke(") : note.index(" takes away")].replace("...", "other")
    assert inline(cloud, "role", "nodes", "x", account=OTHER)
    assert eval(f"repo.{call}", {"repo": repo, "other": other, "Role": Role})
    assert inline(cloud, "role", "nodes", "x", account=OTHER) == {}


def test_a_deadline_holds_in_the_other_account_too(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry, other = registry_of(cloud), cloud.session(account=OTHER)
    assert registry.account_id
    with pytest.raises(DeadlineError):
        registry.within(0).repository("ab").grant_pull(Role(OTHER_ROLE), session=other)
    assert cloud.calls.operations() == ["GetCallerIdentity"]


def test_a_session_without_a_region_is_for_the_region_of_the_registry(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    other = memory_cloud.session(account=OTHER, own=True)
    other._session.set_config_variable("region", None)
    registry_of(memory_cloud).repository("ab").grant_pull(Role(OTHER_ROLE), session=other)
    assert inline(memory_cloud, "role", "nodes", account=OTHER)


def test_a_name_with_a_session_is_a_name_in_that_account(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry, other = registry_of(cloud), cloud.session(account=OTHER)
    assert registry.repository("ab").grant_pull(Role("team/nodes"), session=other)
    assert inline(cloud, "role", "nodes", account=OTHER)
    assert OTHER_ROLE in json.dumps(repository_policy(cloud.client("ecr"), "ab"))


def test_a_session_for_a_third_account_is_refused(cloud: Cloud) -> None:
    third = cloud.session(account="999988887777")
    with pytest.raises(SpecError, match=f"expected one for account {OTHER}, got one for 999988887777"):
        registry_of(cloud).repository("ab").grant_pull(Role(OTHER_ROLE), session=third)
    assert cloud.calls.writes() == []
