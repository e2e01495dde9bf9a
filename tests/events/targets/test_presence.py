"""What a rule needs and is not there is said before anything is written; what nobody may look at is a note."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import RepositorySpec
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

from ..support import arn, make_places, make_queue
from .support import GROUP, QUEUE, ROLE

MACHINE, STREAM = arn("states", "stateMachine:scan"), arn("kinesis", "stream/s")
FIREHOSE, BUS = arn("firehose", "deliverystream/s"), arn("events", "event-bus/other")
HOOK = arn("events", "api-destination/hook/8d0c")
BY_ROLE = [MACHINE, STREAM, FIREHOSE, BUS, HOOK]


@pytest.mark.parametrize(
    "target, there",
    [
        (Target(GROUP), []),
        (Target(GROUP), [f"{GROUP}/longer"]),
        *((Target(each, role_arn=ROLE), [ROLE]) for each in BY_ROLE),
        *((Target(each, role_arn=ROLE), [each]) for each in BY_ROLE),
    ],
    ids=lambda value: value.arn.split(":")[-1] if isinstance(value, Target) else str(len(value)),
)
def test_a_target_or_role_that_is_missing_is_said_before_anything_is_written(
    memory_cloud: Cloud, target: Target, there: list[str]
) -> None:
    make_places(memory_cloud, *there)
    registry = registry_of(memory_cloud)
    missing = target.arn if target.arn not in there else ROLE
    acts: list[Any] = [
        lambda: registry.on_image_pushed("pushes", target=target),
        lambda: registry_of(memory_cloud, dry_run=True).on_image_pushed("pushes", target=target),
        lambda: registry.plan(RepositorySpec("team/api", events=[on_image_pushed(target=target)])),
    ]
    for act in acts:
        with pytest.raises(ClientError) as caught:
            act()
        assert f"{missing} is not there: make it first, or correct the ARN" in caught.value.__notes__
    assert memory_cloud.calls.writes() == []
    make_places(memory_cloud, missing)
    assert registry.on_image_pushed("pushes", target=target)
    memory_cloud.calls.clear()
    assert not registry.on_image_pushed("pushes", target=target)
    assert not [name for name in memory_cloud.calls.operations() if name.startswith(("DescribeLogG", "GetRole"))]


def test_a_bus_that_is_missing_is_said_before_anything_is_written(memory_cloud: Cloud) -> None:
    make_queue(memory_cloud)
    registry = registry_of(memory_cloud)
    with pytest.raises(ClientError) as caught:
        registry.on_image_pushed("pushes", bus="other", target=QUEUE)
    assert f"{BUS} is not there: make it first, or correct the ARN" in caught.value.__notes__
    assert memory_cloud.calls.writes() == []
    make_places(memory_cloud, BUS)
    assert registry.on_image_pushed("pushes", bus="other", target=QUEUE)


def test_what_the_caller_may_not_look_at_is_a_note(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="GetRole", times=None)
    make_places(memory_cloud, MACHINE, ROLE)
    plan = registry_of(memory_cloud).on_image_pushed("pushes", target=Target(MACHINE, role_arn=ROLE))
    assert plan
    assert plan.notes == (f"rule pushes: whether {ROLE} exists is not known, for the caller may not call GetRole",)


def test_what_a_target_had_before_and_what_ecrops_does_not_authorise_is_not_looked_for(memory_cloud: Cloud) -> None:
    make_places(memory_cloud, MACHINE, ROLE)
    registry = registry_of(memory_cloud)
    registry.on_image_pushed("pushes", target=Target(MACHINE, role_arn=ROLE))
    memory_cloud.client("iam").delete_role(RoleName="events")
    assert registry.on_image_pushed("pushes", target=Target(MACHINE, role_arn=ROLE, maximum_retry_attempts=1))
    assert registry.on_image_pushed("others", target=Target(GROUP, authorize=False))
