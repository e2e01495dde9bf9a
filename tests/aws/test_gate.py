"""How many calls are in flight at once."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.aws import Aws
from ecrops.aws.pacing.gate import Gate
from ecrops.testing import Cloud
from support import Clock, registry_of, state, until


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


class InFlight:
    """Six threads that pass a gate once each, and stay in it until the test lets one of them go."""

    def __init__(self, gate: Gate) -> None:
        self.entered = self.count = 0
        self.looked_again: list[float] = []
        self._gate, self._go, self._lock = gate, threading.Semaphore(0), threading.Lock()
        self._threads = [threading.Thread(target=self._pass, daemon=True) for _ in range(6)]
        for thread in self._threads:
            thread.start()

    def are(self, *, entered: int, waiting: int) -> bool:
        """Whether two are in flight, and so many have entered, and wait."""
        changed: Any = self._gate._changed
        return (self.entered, len(changed._waiters), self.count) == (entered, waiting, 2)

    def _pass(self) -> None:
        began = self._gate.enter("ecr:A", lambda seconds: True, self.looked_again.append)
        with self._lock:
            self.entered += 1
            self.count += 1
        self._go.acquire(timeout=10)
        with self._lock:
            self.count -= 1
        self._gate.leave("ecr:A", began, throttled=False)

    def let_go(self) -> None:
        self._go.release()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in self._threads)


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_gate_counts_the_calls_in_flight_and_wakes_one_up_for_each_that_ends(
    monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """What is counted wrong when a call ends may show in the second round only."""
    monkeypatch.setattr("ecrops.aws.pacing.gate.LOOK_AGAIN", 60)  # who is not woken up shows
    gate = Gate(2)
    for _ in range(rounds):
        calls = InFlight(gate)
        until(partial(calls.are, entered=2, waiting=4))
        for entered in (3, 4, 5, 6):
            calls.let_go()
            until(partial(calls.are, entered=entered, waiting=6 - entered))
        calls.let_go()
        calls.let_go()
        calls.join()
        assert calls.looked_again == []


def describe(aws: Aws) -> None:
    aws.call("ecr", "DescribeRepositories", {})


def test_a_call_of_an_owner_whose_work_has_begun_goes_before_those_of_others(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waits, meanwhile = Clock(monkeypatch), list[float](), list[Aws]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if meanwhile:
            others = meanwhile.copy()
            meanwhile.clear()
            for other in others:
                describe(other)

    aws = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep)).aws
    first, second, begun = (aws.for_owner(name) for name in ("first", "second", "begun"))
    describe(begun)
    memory_cloud.faults.on("throttle", operation="DescribeRepositories", times=1)
    with pytest.raises(ClientError):
        aws.once("ecr", "DescribeRepositories", {})
    describe(aws)  # it takes the first turn, which comes at once
    assert waits == []
    meanwhile[:] = second, begun
    describe(first)
    turn = 1 / (0.7 * 16)
    assert waits == pytest.approx([turn, 2 * turn, turn]), "first, then second behind it, then begun before it"
    assert clock.now == 1000


def test_what_passes_is_counted_for_its_own_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, gate = Clock(monkeypatch), Gate(8)

    def call(operation: str, *, throttled: bool = False) -> None:
        gate.leave(operation, gate.enter(operation, lambda seconds: False), throttled=throttled)

    call("ecr:A", throttled=True)
    assert gate.rate("ecr:A") == pytest.approx(0.7 * 16)
    assert gate.rate("ecr:B") is None
    clock.move_on(0.5)
    for operation in ("ecr:A", "ecr:B", "ecr:A", "ecr:B", "ecr:A"):
        call(operation)
    call("ecr:A", throttled=True)
    assert gate.rate("ecr:A") == pytest.approx(0.7 * 3 / 0.5)


def test_the_error_of_the_second_of_two_items_ends_the_wait_of_the_first(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.aws.retry.FIRST_WAIT", 10.0)
    monkeypatch.setattr("ecrops.aws.retry.LONGEST_WAIT", 10.0)
    both, told, ended = threading.Barrier(2, timeout=3), threading.Event(), threading.Event()
    run = registry_of(memory_cloud, retry=RetryPolicy(budget=11)).aws.stoppable().telling(lambda wait: told.set())
    memory_cloud.faults.on("throttle", times=None)

    def do(item: int) -> None:
        both.wait()
        if item:
            assert told.wait(5)
            raise ValueError(item)
        try:
            describe(run)
        finally:
            ended.set()

    with pytest.raises(ValueError, match="1"):
        run.map(do, range(2), run.stop)
    assert ended.wait(5)
    assert len(memory_cloud.calls) == 1, "after its wait the first would be tried again"


def test_who_finds_no_place_in_time_looks_again_and_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws.pacing.gate.LOOK_AGAIN", 0.001)
    gate, looked = Gate(1), list[float]()
    began = gate.enter("ecr:A", lambda seconds: True)

    def look(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 3:
            gate.leave("ecr:A", began, throttled=False)

    gate.enter("ecr:A", lambda seconds: True, look)
    assert looked == [0.001] * 3
