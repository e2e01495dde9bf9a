"""How many calls are in flight at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy, SpecError
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


def test_after_the_first_error_nothing_else_is_begun(memory_cloud: Cloud) -> None:
    begun: list[int] = []

    def fail_at_once(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        registry_of(memory_cloud, workers=1).aws.map(fail_at_once, range(50))
    assert len(begun) <= 2  # the worker may take one more before it is told
