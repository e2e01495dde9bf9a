"""Access to a repository, and rules on its events, are not made for a repository that could not be made."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, RepositorySpec, Role, User, pull, push
from ecrops.events import on_image_deleted, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with a queue, a role and a user."""
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    memory_cloud.emulator.make_principals(user="ci", role="nodes")
    return memory_cloud


def spec(name: str, **more: Any) -> RepositorySpec:
    fields = {
        "grants": [pull(Role("nodes")), push(User("ci"), attach="managed")],
        "events": [on_image_pushed(f"pushed-{name}", target=QUEUE)],
    }
    return RepositorySpec(name, **{**fields, **more})


def deny(cloud: Cloud, operation: str = "CreateRepository", **members: Any) -> None:
    def is_meant(call: Any) -> bool:
        return all(call.params.get(name) == value for name, value in members.items())

    cloud.faults.on("denied", operation=operation, where=is_meant, times=None)


def codes(error: ApplyError) -> list[str]:
    return [each.response["Error"]["Code"] for each in error.exceptions if isinstance(each, ClientError)]


def said(cloud: Cloud) -> str:
    """All that policies of identities, rules and queues say."""
    return f"{cloud.emulator.policies()} {cloud.emulator.events.picture()}"


def test_nothing_is_made_for_a_repository_that_could_not_be_made(cloud: Cloud) -> None:
    deny(cloud)
    before = said(cloud)
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(spec("ab"))
    assert codes(caught.value) == ["AccessDeniedException"], "one error, which is the reason"
    assert said(cloud) == before
    assert cloud.calls.writes() == ["CreateRepository"]


def test_others_get_what_is_theirs_of_what_is_shared(cloud: Cloud) -> None:
    deny(cloud, repositoryName="ab")
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(spec("ab"), spec("cd"))
    assert codes(caught.value) == ["AccessDeniedException"]
    there = said(cloud)
    assert "repository/cd" in there
    assert "pushed-cd" in there
    assert "repository/ab" not in there
    assert "pushed-ab" not in there
    assert not registry_of(cloud).plan(spec("cd"))


def test_a_grant_that_fails_does_not_keep_the_rules_of_its_repository_from_being_made(cloud: Cloud) -> None:
    deny(cloud, "PutRolePolicy")
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(spec("ab"))
    assert len(caught.value.exceptions) == 1
    assert cloud.emulator.exists("ab")
    there = said(cloud)
    assert "pushed-ab" in there
    assert "EcropsEvents" in there
    assert "repository/ab" in str(cloud.emulator.policies()["managed"])


def test_a_rule_that_fails_does_not_keep_the_grants_of_its_repository_from_being_made(cloud: Cloud) -> None:
    deny(cloud, "PutRule", Name="pushed-ab")
    events = [on_image_pushed("pushed-ab", target=QUEUE), on_image_deleted("deleted-ab", target=QUEUE)]
    with pytest.raises(ApplyError):
        registry_of(cloud).ensure(spec("ab", events=events))
    there = said(cloud)
    assert "repository/ab" in there
    assert "deleted-ab" in there
    assert "rule/pushed-ab" not in there


def test_a_verb_grants_what_it_is_asked_for(cloud: Cloud) -> None:
    assert registry_of(cloud).repository("ab").grant_pull(Role("nodes"))
    assert "repository/ab" in said(cloud)
