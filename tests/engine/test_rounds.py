"""The rounds of an apply run out while another writer is faster each time: the error says what showed it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, LifecycleRule, RepositorySpec, RetryPolicy, Wait
from ecrops.events import on_image_pushed
from ecrops.testing import Call, Cloud
from support import registry_of
from tests.events.support import make_queue

RULES = [LifecycleRule(max_image_count=3)]
THROTTLED = "ThrottlingException: Rate exceeded"
WAITED = "waited 4 s: RetryPolicy(propagation_budget=...) is how long"


def policy(sleep: Any) -> RetryPolicy:
    return RetryPolicy(sleep=sleep, propagation_budget=4)


def planned_again(waits: list[Wait]) -> set[str]:
    """Why owners were planned again between two rounds."""
    return {wait.reason for wait in waits if "planned again" in wait.reason}


def notes(error: BaseException) -> list[str]:
    return [note for note in getattr(error, "__notes__", ()) if note.startswith("waited")]


def test_a_write_that_somebody_precedes_each_time_it_is_repeated(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    memory_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=None)
    ecr, counts, waits = memory_cloud.client("ecr"), itertools.count(10), list[Wait]()

    def precede(seconds: float) -> None:
        rule = LifecycleRule(max_image_count=next(counts)).to_ecr() | {"rulePriority": 1}
        ecr.put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=json.dumps({"rules": [rule]}))

    registry = registry_of(memory_cloud, retry=policy(precede))
    with pytest.raises(ClientError, match="Rate exceeded") as caught:
        registry.ensure(RepositorySpec("ab", lifecycle_rules=RULES), on_wait=waits.append)
    assert planned_again(waits) == {f"ab is planned again: {THROTTLED}"}
    assert notes(caught.value) == [WAITED]


def test_a_repository_that_is_gone_each_time_it_is_written(memory_cloud: Cloud) -> None:
    waits, ecr = list[Wait](), memory_cloud.client("ecr")
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))

    def delete(call: Call) -> bool:
        if call.operation == "PutLifecyclePolicy":
            ecr.delete_repository(repositoryName="ab")
        return False

    memory_cloud.faults.on("throttle", where=delete, times=None)
    registry = registry_of(memory_cloud, retry=policy(lambda seconds: ecr.create_repository(repositoryName="ab")))
    with pytest.raises(ClientError, match="The repository with name 'ab' does not exist") as caught:
        registry.ensure(RepositorySpec("ab", lifecycle_rules=RULES), on_wait=waits.append)
    [reason] = planned_again(waits)
    assert reason.startswith("ab is planned again: RepositoryNotFoundException: The repository with name 'ab'")
    assert notes(caught.value) == [WAITED]


def test_repositories_that_are_gone_each_time_they_are_read_before_a_write(memory_cloud: Cloud) -> None:
    names, seen, waits, ecr = ("aa", "bb"), set[str](), list[Wait](), memory_cloud.client("ecr")
    registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in names))

    def delete_at_second(call: Call) -> bool:
        """The first reading of a round is that of the plan."""
        name = call.params.get("repositoryName", "")
        if call.operation == "GetLifecyclePolicy" and name in seen:
            ecr.delete_repository(repositoryName=name)
        elif call.operation == "GetLifecyclePolicy":
            seen.add(name)
        return False

    def make_anew(seconds: float) -> None:
        seen.clear()
        for name in names:
            ecr.create_repository(repositoryName=name)

    memory_cloud.faults.on("throttle", where=delete_at_second, times=None)
    registry = registry_of(memory_cloud, workers=1, retry=policy(make_anew))
    with pytest.raises(ApplyError, match="2 could not be finished") as caught:
        registry.ensure(*(RepositorySpec(name, lifecycle_rules=RULES) for name in names), on_wait=waits.append)
    assert [notes(error) for error in caught.value.exceptions] == [[WAITED]] * 2
    for name, error in zip(names, caught.value.exceptions, strict=True):
        assert f"The repository with name '{name}' does not exist" in str(error)
    [reason] = planned_again(waits)
    assert reason.startswith("aa and others are planned again: RepositoryNotFoundException: The repository with name")


def test_what_is_made_for_a_rule_ends_with_the_error_of_the_rule(memory_cloud: Cloud) -> None:
    old, new = (make_queue(memory_cloud, name) for name in ("old", "new"))
    events, counts, waits = memory_cloud.client("events"), itertools.count(), list[Wait]()
    registry_of(memory_cloud).repository("ab").on_image_pushed("pushed", target=old)

    def precede(seconds: float) -> None:
        rule = events.describe_rule(Name="pushed")
        events.put_rule(Name="pushed", EventPattern=rule["EventPattern"], Description=f"theirs {next(counts)}")

    memory_cloud.faults.on("throttle", operation="PutRule", times=None)
    registry = registry_of(memory_cloud, retry=policy(precede))
    registry.ensure(RepositorySpec("ab"))
    memory_cloud.calls.clear()
    spec = RepositorySpec("ab", events=[on_image_pushed("pushed", target=new, description="ours")])
    with pytest.raises(ApplyError, match="3 could not be finished") as caught:  # the rule, and both queues
        registry.ensure(spec, on_wait=waits.append)
    assert set(memory_cloud.calls.writes()) == {"PutRule"}
    assert planned_again(waits) == {f"ab and others are planned again: {THROTTLED}"}
    [error] = caught.value.exceptions
    assert "Rate exceeded" in str(error)
    assert notes(error) == [WAITED]
