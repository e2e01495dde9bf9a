"""A target of every kind: read back as it was given, reached by a test event, and missed when it is missing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry
from ecrops.events import Target

from ..targets.support import SUPPORTED
from .judges import Judge


def with_role(make: Callable[[Judge], str]) -> Callable[[Judge], Target]:
    """A target that is invoked with a role."""
    return lambda judge: Target(make(judge), role_arn=judge.role())


def fifo(judge: Judge) -> Target:
    """A queue that keeps the order."""
    arn = judge.queue("pushes.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    return Target(arn, message_group_id="ecr")


MAKE: dict[str, Callable[[Judge], Target]] = {
    "queue": lambda judge: Target(judge.queue()),
    "fifo": fifo,
    "topic": lambda judge: Target(judge.topic()),
    "function": lambda judge: Target(judge.function()),
    "version": lambda judge: Target(f"{judge.function()}:1"),
    "alias": lambda judge: Target(f"{judge.function()}:live"),
    "log group": lambda judge: Target(judge.group()),
    "log group with a star": lambda judge: Target(f"{judge.group()}:*"),
    "state machine": with_role(lambda judge: judge.machine()),
    "stream": with_role(lambda judge: judge.stream()),
    "bus": with_role(lambda judge: judge.bus()),
}


@pytest.mark.parametrize("kind", MAKE)
def test_a_test_event_reaches_a_target(judge: Judge, registry: Registry, kind: str) -> None:
    target = MAKE[kind](judge)
    assert registry.on_image_pushed("pushed", repositories="team/api", target=target)
    assert not registry.on_image_pushed("pushed", repositories="team/api", target=target)
    [stored] = registry.rule("pushed").targets()
    assert Target.from_aws(stored) == target
    report = registry.rule("pushed").send_test_event(timeout=10)
    assert report, str(report)
    seen = judge.arn("sqs", "read" if kind == "topic" else "forwarded") if kind in ("topic", "bus") else target.arn
    [event] = judge.arrived(seen.removesuffix(":*"))
    assert event["detail"]["repository-name"] == "team/api"
    assert event["detail-type"] == "ECR Image Action"
    assert registry.rule("pushed").remove()


@pytest.mark.parametrize("kind", [kind for kind, target in SUPPORTED.items() if target.role_arn])
def test_a_target_of_each_kind_with_a_role_is_stored_as_it_was_given(judge: Judge, kind: str) -> None:
    """PutTargets alone: what is invoked need not exist, and the judge may know nothing of its service."""
    events = judge.client("events")
    events.put_rule(Name="stored", EventPattern='{"source": ["aws.ecr"]}')
    events.put_targets(Rule="stored", Targets=[SUPPORTED[kind].to_aws()])
    [stored] = events.list_targets_by_rule(Rule="stored")["Targets"]
    assert Target.from_aws(stored) == SUPPORTED[kind]


MISSING: dict[str, Callable[[Judge], Target]] = {
    "queue": lambda judge: Target(judge.arn("sqs", "nowhere")),
    "topic": lambda judge: Target(judge.arn("sns", "nowhere")),
    "function": lambda judge: Target(judge.arn("lambda", "function:nowhere")),
    "log group": lambda judge: Target(judge.arn("logs", "log-group:nowhere")),
    "state machine": with_role(lambda judge: judge.arn("states", "stateMachine:nowhere")),
    "stream": with_role(lambda judge: judge.arn("kinesis", "stream/nowhere")),
    "bus": with_role(lambda judge: judge.arn("events", "event-bus/nowhere")),
    "role": lambda judge: Target(judge.machine(), role_arn=f"arn:aws:iam::{judge.account}:role/nowhere"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_is_missing_is_said_before_anything_is_written(judge: Judge, registry: Registry, kind: str) -> None:
    with pytest.raises(ClientError) as caught:
        registry.on_image_pushed("pushed", target=MISSING[kind](judge))
    assert re.search("make it first, or correct the ARN|there is no such function", str(caught.value.__notes__))
    assert judge.client("events").list_rules()["Rules"] == []


def test_a_bus_that_is_missing_is_said_before_anything_is_written(judge: Judge, registry: Registry) -> None:
    queue = judge.queue()
    with pytest.raises(ClientError) as caught:
        registry.on_image_pushed("pushed", bus="nowhere", target=queue)
    assert "make it first, or correct the ARN" in str(caught.value.__notes__)


FOREIGN = {
    "queue": "arn:aws:sqs:eu-west-1:111122223333:theirs",
    "topic": "arn:aws:sns:eu-west-1:111122223333:theirs",
    "function": "arn:aws:lambda:eu-west-1:111122223333:function:theirs",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_target_of_another_account_is_noted_and_stored(judge: Judge, registry: Registry, kind: str) -> None:
    plan = registry.on_image_pushed("pushed", target=FOREIGN[kind])
    assert any("111122223333" in note for note in plan.notes)
    assert [target["Arn"] for target in registry.rule("pushed").targets()] == [FOREIGN[kind]]
    assert not registry.on_image_pushed("pushed", target=FOREIGN[kind])
    assert registry.rule("pushed").remove()
