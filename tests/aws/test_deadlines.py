"""Deadlines: after one nothing is begun."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
)

from ecrops import ApplyError, DeadlineError, RepositorySpec, RetryPolicy
from ecrops.aws.deadline import Deadline, Run
from ecrops.testing import Cloud
from support import registry_of, state


def test_after_the_deadline_nothing_is_begun_and_what_was_done_is_said(cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"app{n:02}") for n in range(40)]
    registry = registry_of(cloud, workers=1)
    plan = registry.plan(*fleet)
    cloud.faults.latency = 0.02
    with pytest.raises(DeadlineError) as caught:
        registry.within(0.2).apply(plan)
    done = {change.owner for change in caught.value.applied}
    assert done == set(state(cloud))
    assert 0 < len(done) < 40
    assert isinstance(caught.value, TimeoutError)
    assert registry.ensure(*fleet)
    assert len(state(cloud)) == 40


def test_a_wait_that_would_pass_the_deadline_is_not_begun(cloud: Cloud) -> None:
    cloud.faults.on("throttle", times=None)
    slept: list[float] = []
    registry = registry_of(cloud, retry=RetryPolicy(attempts=1000, budget=1000, sleep=slept.append))
    with pytest.raises(DeadlineError, match="run again"):
        registry.within(2).describe("ab")
    assert sum(slept) < 1000


def test_a_deadline_names_the_call_that_is_not_tried_again(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["ab"])
    registry = registry_of(memory_cloud).within(5)
    memory_cloud.faults.on("throttle", operation="SetRepositoryPolicy", times=None)  # the fifth wait is above 5 s
    with pytest.raises(DeadlineError, match="ecr:SetRepositoryPolicy could be tried again"):
        registry.repository("ab").grant_pull("111122223333")


def test_a_deadline_is_never_put_off(cloud: Cloud) -> None:
    with pytest.raises(DeadlineError):
        registry_of(cloud).within(-1).within(100).repository("ab").exists()


def test_without_a_deadline_a_registry_is_as_before(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    with pytest.raises(DeadlineError):
        registry.within(-1).ensure(RepositorySpec("ab"))
    assert registry.ensure(RepositorySpec("ab"))


def test_a_deadline_that_only_some_reach_is_one_error_among_others(cloud: Cloud) -> None:
    registry = registry_of(cloud, workers=1)
    plan = registry.plan(RepositorySpec("ab"), RepositorySpec("cd"))
    cloud.faults.on("denied", operation="CreateRepository")
    cloud.faults.latency = 0.3
    with pytest.raises(ApplyError) as caught:
        registry.within(0.2).apply(plan)
    assert {type(error) for error in caught.value.exceptions} == {ClientError, DeadlineError}


def test_split_off_errors_still_say_what_was_done(cloud: Cloud) -> None:
    cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == "bad", times=None)
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(RepositorySpec("bad"), RepositorySpec("good"))
    split = caught.value.subgroup(ClientError)
    assert isinstance(split, ApplyError)
    assert [change.owner for change in split.applied] == ["good"]
    assert caught.value.subgroup(BotoCoreError) is None


def test_a_wait_in_a_part_of_a_run_ends_when_the_run_is_stopped() -> None:
    run = Run()
    part = Run(run)
    waiting = threading.Thread(target=Deadline(run=part).wait, args=(60, time.sleep, "ecr:GetLifecyclePolicy"))
    waiting.start()
    waiters: Any = part.bell
    while not waiters._waiters:
        time.sleep(0.001)
    run.stop()
    waiting.join(10)
    assert not waiting.is_alive()
    assert part.is_stopped
