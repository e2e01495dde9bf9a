"""Grants while AWS throttles: tried again as the retry policy says, on what is there by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry, RepositorySpec, RetryPolicy, User, pull
from ecrops.testing import Cloud
from support import registry_of

from .world import populate, repository_policy

OTHER = "444455556666"
DENY: dict[str, Any] = {"Sid": "Stop", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}
WRITES: dict[str, Callable[[Registry], object]] = {
    "PutUserPolicy": lambda registry: registry.repository("ab").grant_pull(User("ci")),
    "SetRepositoryPolicy": lambda registry: registry.repository("ab").grant_pull(OTHER),
}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    populate(memory_cloud, "ab")
    return memory_cloud


def patient(**options: Any) -> RetryPolicy:
    return RetryPolicy(**{"sleep": lambda seconds: None, **options})


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_before"])
@pytest.mark.parametrize("write", WRITES)
def test_a_failure_of_a_moment_needs_no_round(cloud: Cloud, write: str, fault: Any) -> None:
    cloud.faults.on(fault, operation=write)
    slept: list[float] = []
    assert WRITES[write](registry_of(cloud, retry=patient(propagation_budget=0, sleep=slept.append)))
    assert cloud.calls.operations().count(write) == 2


@pytest.mark.parametrize("write", ["AttachUserPolicy", "CreatePolicyVersion", "DetachUserPolicy", "DeletePolicy"])
def test_a_step_of_a_managed_policy_needs_no_round_either(cloud: Cloud, write: str) -> None:
    retry = patient(propagation_budget=0)
    cloud.faults.on("throttle", operation=write)
    repo = registry_of(cloud, retry=retry).repository("ab")
    repo.grant_pull(User("ci"), attach="managed")
    repo.grant_push(User("ci"), attach="managed")
    repo.revoke(User("ci"), attach="managed")
    assert cloud.calls.operations().count(write) == 2
    assert cloud.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_a_write_whose_answer_was_lost_was_made(cloud: Cloud) -> None:
    cloud.faults.on("reset_after", operation="SetRepositoryPolicy")
    plan = registry_of(cloud, retry=patient()).repository("ab").grant_pull(OTHER)
    assert [change.operation for change in plan.applied] == ["SetRepositoryPolicy"]
    assert cloud.calls.operations().count("SetRepositoryPolicy") == 1


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_attempted_as_often_as_the_policy_allows(cloud: Cloud, write: str, attempts: int) -> None:
    cloud.faults.on("error500", operation=write, times=None)
    with pytest.raises(ClientError, match="internal error") as caught:
        WRITES[write](registry_of(cloud, retry=patient(attempts=attempts)))
    assert cloud.calls.operations().count(write) == attempts
    assert any(note.startswith("while making this change: ") for note in caught.value.__notes__)


def test_what_somebody_writes_during_the_wait_stays(cloud: Cloud) -> None:
    cloud.faults.on("throttle", operation="SetRepositoryPolicy")
    others = [registry_of(cloud).repository("ab")]

    def meanwhile(seconds: float) -> None:
        for repo in others[:]:
            others.clear()
            repo.add_to_resource_policy(DENY)

    registry_of(cloud, retry=patient(sleep=meanwhile)).repository("ab").grant_pull(OTHER)
    document = repository_policy(cloud.client("ecr"), "ab")
    assert document is not None
    assert sorted(each["Sid"] for each in document["Statement"]) == ["EcropsPull", "Stop"]


def test_a_fleet_makes_its_way_through_throttling(cloud: Cloud) -> None:
    names = cloud.emulator.seed(30)
    cloud.faults.limit(in_flight=3)
    cloud.faults.latency = 0.005
    registry_of(cloud, workers=16, retry=RetryPolicy()).ensure(
        *[RepositorySpec(name, grants=[pull(OTHER)]) for name in names]
    )
    assert all(OTHER in str(repository_policy(cloud.client("ecr"), name)) for name in names)
    throttled = [call for call in cloud.faults.hits if call.operation == "SetRepositoryPolicy"]
    assert len(throttled) < len(names)
