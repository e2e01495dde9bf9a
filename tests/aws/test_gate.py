"""How many calls are in flight at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.aws.gate import Gate
from emulator import Cloud
from support import registry_of, state


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "4"])
def test_workers_are_a_number(workers: Any) -> None:
    with pytest.raises(SpecError, match="workers"):
        Registry(workers=workers)


def test_workers_are_how_many_calls_are_in_flight(cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"app{n}") for n in range(24)]
    cloud.faults.limit(in_flight=4)
    cloud.faults.latency = 0.02
    registry_of(cloud, workers=4).ensure(*fleet)
    assert cloud.faults.hits == []


def test_under_throttling_fewer_calls_are_in_flight(cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"app{n:02}") for n in range(60)]
    cloud.faults.limit(in_flight=3)
    cloud.faults.latency = 0.005
    policy = RetryPolicy(attempts=1000, sleep=lambda seconds: time.sleep(0.001))
    registry = registry_of(cloud, workers=16, retry=policy)
    registry.ensure(*fleet)
    assert len(state(cloud)) == 60
    assert registry.aws._gate.limit < 16
    assert len(cloud.faults.hits) < 120


def test_reads_run_in_parallel(cloud: Cloud) -> None:
    names, session = cloud.emulator.seed(16), cloud.session(own=True)
    together = threading.Barrier(8, timeout=20)
    session.events.register_first("before-send.ecr.GetLifecyclePolicy", lambda **_: [together.wait()].clear())
    assert len(Registry(session, workers=8).describe(*names)) == 16


def test_an_error_that_is_no_exception_comes_out_of_a_worker(cloud: Cloud) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    cloud.faults.on("throttle", operation="CreateRepository")
    with pytest.raises(KeyboardInterrupt):
        registry_of(cloud, retry=RetryPolicy(sleep=interrupt)).ensure(RepositorySpec("ab"))


def test_after_the_first_error_nothing_else_is_begun(memory_cloud: Cloud) -> None:
    begun: list[int] = []

    def fail_at_once(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        registry_of(memory_cloud, workers=1).aws.map(fail_at_once, range(50))
    assert len(begun) <= 2  # the worker may take one more before it is told


def test_calls_that_were_in_flight_together_halve_the_limit_once() -> None:
    gate = Gate(16)
    eras = [gate.enter() for _ in range(8)]
    for era in eras:
        gate.leave(era, throttled=True)
    assert gate.limit == 8
    gate.leave(gate.enter(), throttled=True)
    assert gate.limit == 4


def test_as_many_successes_as_the_limit_make_room_for_one_more_call() -> None:
    gate = Gate(16)
    gate.leave(gate.enter(), throttled=True)
    for _ in range(9):
        gate.leave(gate.enter(), throttled=False)
    assert gate.limit == 9


def test_the_limit_stays_between_one_and_the_number_of_workers() -> None:
    gate = Gate(2)
    for _ in range(5):
        gate.leave(gate.enter(), throttled=True)
    assert gate.limit == 1
    for _ in range(50):
        gate.leave(gate.enter(), throttled=False)
    assert gate.limit == 2
