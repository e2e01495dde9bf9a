"""How many calls are in flight at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.aws.pacing.gate import Gate
from ecrops.testing import Cloud
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


def test_under_throttling_calls_have_a_pace_until_aws_takes_them_again(cloud: Cloud) -> None:
    fleet = [RepositorySpec(f"app{n:02}") for n in range(30)]
    cloud.faults.limit(in_flight=3)
    cloud.faults.latency = 0.005
    registry = registry_of(cloud, workers=16, retry=RetryPolicy())
    assert registry.aws._gate.rate("ecr:CreateRepository") is None
    registry.ensure(*fleet)
    assert len(state(cloud)) == 30
    assert registry.aws._gate.rate("ecr:CreateRepository")
    assert len(cloud.faults.hits) < 60


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


def test_a_gate_makes_calls_wait_for_the_pace_and_no_others() -> None:
    gate, waited = Gate(8), list[float]()

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        assert len(waited) < 9, "the turn comes"
        time.sleep(min(seconds, 0.2))
        return True

    for _ in range(3):
        gate.leave("ecr:A", gate.enter("ecr:A", pause), throttled=False)
    assert waited == []
    gate.leave("ecr:A", gate.enter("ecr:A", pause), throttled=True)
    for _ in range(4):
        gate.leave("ecr:A", gate.enter("ecr:A", pause), throttled=False)
    assert len(waited) >= 3, "the first turn comes at once, each other one after a wait"
    before = len(waited)
    gate.leave("ecr:B", gate.enter("ecr:B", pause), throttled=False)
    assert len(waited) == before


def slept(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def test_an_error_ends_the_wait_for_a_turn_and_leaves_the_turn_to_others() -> None:
    gate = Gate(8)
    gate.leave("ecr:A", gate.enter("ecr:A", lambda seconds: True), throttled=True)
    gate.leave("ecr:A", gate.enter("ecr:A", lambda seconds: True), throttled=False)

    def interrupt(seconds: float) -> bool:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            gate.enter("ecr:A", interrupt)
    gate.leave("ecr:A", gate.enter("ecr:A", slept), throttled=False)


def test_after_the_first_error_nothing_else_is_begun_on_any_thread(memory_cloud: Cloud) -> None:
    begun: list[int] = []
    together = threading.Barrier(4, timeout=20)

    def fail_together(item: int) -> None:
        begun.append(item)
        together.wait()
        if item == 0:
            raise ValueError(item)
        time.sleep(0.05)

    with pytest.raises(ValueError, match="0"):
        registry_of(memory_cloud, workers=4).aws.map(fail_together, range(40))
    time.sleep(0.1)
    assert len(begun) == 4


def test_after_the_first_error_nothing_else_is_begun(memory_cloud: Cloud) -> None:
    begun: list[int] = []

    def fail_at_once(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        registry_of(memory_cloud, workers=1).aws.map(fail_at_once, range(50))
    assert len(begun) <= 2  # the worker may take one more before it is told
