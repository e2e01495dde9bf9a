"""Targets in other regions and accounts, on other buses, and one target under two spellings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ecrops import RepositorySpec, SpecError
from ecrops.events import (
    Target,
    on_image_pushed,
)
from ecrops.testing import Cloud
from support import registry_of

from ..support import arn, make_places
from .support import GROUP, QUEUE, ROLE, SUPPORTED


def test_a_target_in_another_region_is_refused_before_any_call(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    far = QUEUE.replace("eu-west-1", "us-east-1")
    spec = RepositorySpec("team/api", events=[on_image_pushed(target=far)])
    acts: list[Callable[[], object]] = [
        lambda: registry.repository("team/api").on_image_pushed(target=far),
        lambda: registry.repository("team/api").on_image_pushed(target=Target(QUEUE, dead_letter_arn=far)),
        lambda: registry.rule("r").add_target(far),
        lambda: registry.plan(spec),
    ]
    for act in acts:
        with pytest.raises(SpecError, match="is not in eu-west-1"):
            act()
    assert not memory_cloud.calls


FAR = "111122223333"
FAR_BUS = f"arn:aws:events:eu-west-1:{FAR}:event-bus/b"
RULE = arn("events", "rule/pushes")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target(QUEUE.replace("arn:aws:", "arn:aws-cn:")), "is not in eu-west-1"),
        (Target(arn("states", "stateMachine:m"), role_arn=ROLE.replace("123456789012", "111122223333")), "be passed"),
        (Target(FAR_BUS, role_arn=ROLE, input="{}"), "is of another account: it gets whole events only"),
    ],
)
def test_a_target_that_an_account_cannot_have_is_refused_before_anything_is_read(
    memory_cloud: Cloud, target: Target, said: str
) -> None:
    registry = registry_of(memory_cloud)
    acts: list[Callable[[], object]] = [
        lambda: registry.repository("team/api").on_image_pushed(target=target),
        lambda: registry.rule("r").add_target(target),
        lambda: registry.plan(RepositorySpec("team/api", events=[on_image_pushed(target=target)])),
    ]
    for act in acts:
        with pytest.raises(SpecError, match=said):
            act()
    assert set(memory_cloud.calls.operations()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize("kind", ["log group", "state machine", "firehose", "task", "api destination"])
def test_what_eventbridge_does_not_reach_in_another_account_is_refused(memory_cloud: Cloud, kind: str) -> None:
    there = SUPPORTED[kind]
    far = replace(there, arn=there.arn.replace(Cloud.account, FAR), id=None)
    with pytest.raises(SpecError, match="send the events to the event bus of that account"):
        registry_of(memory_cloud).on_image_pushed(target=far)
    assert set(memory_cloud.calls.operations()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize(
    "kind, options, said",
    [
        ("queue", {}, f"{RULE} in; EventBridge's guide asks for a role_arn too"),
        ("function", {"role_arn": ROLE}, f"{ROLE} in"),
        ("topic", {"role_arn": ROLE}, f"{ROLE} in"),
        ("stream", {}, f"{ROLE} in"),
    ],
)
def test_whom_a_target_of_another_account_must_let_in_is_a_note(
    memory_cloud: Cloud, kind: str, options: dict[str, Any], said: str
) -> None:
    there = SUPPORTED[kind]
    far = replace(there, arn=there.arn.replace(Cloud.account, FAR), id=None, **options)
    make_places(memory_cloud, ROLE)
    plan = registry_of(memory_cloud, dry_run=True).on_image_pushed("pushes", target=far)
    assert plan.notes == (f"{far.arn} is not authorised here: its own policy must let {said}",)


def test_the_two_spellings_of_a_log_group_are_one_target(memory_cloud: Cloud) -> None:
    memory_cloud.client("logs").create_log_group(logGroupName="/aws/events/ecr")
    registry = registry_of(memory_cloud)
    assert registry.on_image_pushed("pushes", target=GROUP)
    assert not registry.on_image_pushed("pushes", target=f"{GROUP}:*")
    assert registry.rule("pushes").remove_target(Target(f"{GROUP}:*"))
    assert registry.rule("pushes").targets() == []


def test_a_target_without_an_id_of_its_own_stands_for_its_arn(memory_cloud: Cloud) -> None:
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    registry = registry_of(memory_cloud)
    registry.on_image_pushed("pushes", targets=[Target(QUEUE, id="a"), Target(QUEUE, id="b")])
    assert registry.rule("pushes").remove_target(Target(QUEUE, id="a"))
    assert [each["Id"] for each in registry.rule("pushes").targets()] == ["b"]
    assert registry.rule("pushes").remove_target(Target(QUEUE))
    assert registry.rule("pushes").targets() == []


def test_what_another_account_must_allow_is_a_note(memory_cloud: Cloud) -> None:
    target = Target(FAR_BUS, role_arn=ROLE)
    make_places(memory_cloud, ROLE)
    plan = registry_of(memory_cloud, dry_run=True).repository("team/api").on_image_pushed("pushes", target=target)
    assert plan.notes == (
        f"{FAR_BUS} is not authorised here: its own policy must let {arn('events', 'rule/pushes')} in",
    )


def test_a_rule_on_another_bus_says_that_nothing_comes_by_itself(memory_cloud: Cloud) -> None:
    memory_cloud.client("events").create_event_bus(Name="other")
    plan = registry_of(memory_cloud).repository("team/api").on_image_pushed("pushes", bus="other")
    assert [note.partition(":")[0] for note in plan.notes] == [
        "rule other/pushes hears what other rules send to the bus other"
    ]
    assert not registry_of(memory_cloud).repository("team/api").on_image_pushed("pushes", bus="other").notes
