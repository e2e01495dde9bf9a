"""The pace of calls while AWS throttles, against buckets of tokens, in a time that only the test moves on."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest

from ecrops.aws.pacing.pace import Caller, Pace
from ecrops.aws.pacing.paces import Paces

WORKERS, LATENCY, PROCESSOR = 16, 0.02, 0.001
READ, WRITE = "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy"


class Bucket:
    """A token bucket of AWS."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self._burst = rate, burst
        self._tokens, self._moment = burst, 0.0

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + (now - self._moment) * self.rate)
        self._moment = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Outcome(NamedTuple):
    seconds: float
    passed: int
    throttled: int


class World:
    """Sixteen workers, each with one call in flight, and a server with buckets."""

    def __init__(self, bucket_of: Callable[[str], Bucket | Outage], seed: int) -> None:
        self.paces = Paces()
        self.now = 0.0
        self._bucket_of, self._random = bucket_of, random.Random(seed)
        self._waiting: list[tuple[float, int, Iterator[float]]] = []
        self._order = itertools.count()
        self._processor = 0.0
        self._passed = self._throttled = 0

    def run(self, jobs: Sequence[tuple[str, ...]]) -> Outcome:
        work = iter(jobs)
        for _ in range(WORKERS):
            self._resume(self.now, self._worker(work))
        while self._waiting:
            self.now, _, worker = heapq.heappop(self._waiting)
            seconds = next(worker, None)
            if seconds is not None:
                self._resume(self.now + seconds, worker)
        return Outcome(self.now, self._passed, self._throttled)

    def _resume(self, moment: float, worker: Iterator[float]) -> None:
        heapq.heappush(self._waiting, (moment, next(self._order), worker))

    def _worker(self, work: Iterator[tuple[str, ...]]) -> Iterator[float]:
        for job in work:
            for number, operation in enumerate(job):
                failures = 0
                while True:
                    yield from self._turn(operation, is_begun=number > 0)
                    began = self.now
                    self._processor = max(self._processor, began) + PROCESSOR
                    yield self._processor - began + LATENCY / 2
                    passed = self._bucket_of(operation).take(self.now)
                    yield LATENCY / 2
                    if passed:
                        break
                    self._throttled += 1
                    self.paces.slow_down(operation, began, self.now)
                    longest = min(2.0**failures, 20)
                    failures += 1
                    yield self._random.uniform(longest / 2, longest)
                self._passed += 1
                self.paces.count(operation, self.now)

    def _turn(self, operation: str, *, is_begun: bool) -> Iterator[float]:
        caller = Caller(is_begun=is_begun)
        while seconds := self.paces.turn(operation, caller, self.now):
            yield seconds


JOBS: dict[str, list[tuple[str, ...]]] = {
    "reads": [(READ,), ("ecr:ListTagsForResource",)] * 500,
    "edits": [(READ, WRITE)] * 500,
}


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("burst", [10, 200])
@pytest.mark.parametrize("rate", [10, 20, 50, 100])
def test_one_bucket_for_all_operations_is_used_up_and_hardly_asked_in_vain(rate: int, burst: int, jobs: str) -> None:
    bucket = Bucket(rate, burst)
    outcome = World(lambda operation: bucket, seed=rate + burst).run(JOBS[jobs])
    assert outcome.passed == 1000
    assert outcome.seconds <= 1.15 * max((1000 - burst) / rate, 1000 * (PROCESSOR + LATENCY / WORKERS))
    assert outcome.throttled < 50


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("burst", [20, 200])
@pytest.mark.parametrize("rate", [10, 20, 50])
def test_a_bucket_for_each_operation_is_used_up_and_hardly_asked_in_vain(rate: int, burst: int, jobs: str) -> None:
    buckets: dict[str, Bucket] = {}
    world = World(lambda operation: buckets.setdefault(operation, Bucket(rate, burst)), seed=rate + burst)
    outcome = world.run(JOBS[jobs])
    assert outcome.seconds <= 1.15 * (500 - burst) / rate
    assert outcome.throttled < 50


def test_an_operation_that_is_throttled_alone_slows_no_other_down() -> None:
    buckets = {READ: Bucket(5, 5), WRITE: Bucket(1000, 1000)}
    world = World(buckets.__getitem__, seed=1)
    world.run([(READ,), *[(WRITE,)] * 10] * 20)
    assert world.paces.of(READ)
    assert world.paces.of(WRITE) is None


def test_the_pace_follows_what_aws_takes_down_and_up() -> None:
    bucket = Bucket(100, 20)
    world = World(lambda operation: bucket, seed=1)
    world.run([(READ,)] * 300)
    for rate in (10, 60):
        bucket.rate = rate
        world.run([(READ,)] * 20 * rate)
        pace = world.paces.of(READ)
        assert pace
        assert 0.6 * rate < pace.rate(world.now) < 1.6 * rate


def test_the_pace_ends_when_aws_takes_as_much_as_before() -> None:
    bucket = Bucket(20, 20)
    world = World(lambda operation: bucket, seed=1)
    world.run([(READ,)] * 200)
    assert world.paces.of(READ)
    bucket.rate = 100_000
    world.run([(READ,)] * 20_000)
    assert world.paces.of(READ) is None


def test_the_calls_that_were_in_flight_together_cut_the_pace_once() -> None:
    paces = Paces()
    for _ in range(16):
        paces.slow_down(READ, began=1.0, now=1.02)
    pace = paces.of(READ)
    assert pace
    assert pace.rate(1.02) == pytest.approx(0.7 * 16)
    paces.slow_down(READ, began=1.5, now=1.52)
    assert pace.rate(1.52) < 6


def test_a_call_that_began_before_a_cut_does_not_cut_again_however_late_it_ends() -> None:
    paces = Paces()
    paces.slow_down(READ, began=1.0, now=1.1)
    pace = paces.of(READ)
    assert pace
    before = pace.rate(9.0)
    paces.slow_down(READ, began=1.05, now=9.0)
    assert pace.rate(9.0) == before
    paces.slow_down(READ, began=1.2, now=9.0)
    assert pace.rate(9.0) < before


def test_work_that_has_begun_goes_first() -> None:
    pace = Pace(0.0, measured=10)
    pace.take(0.0)
    first, second, write = Caller(is_begun=False), Caller(is_begun=False), Caller(is_begun=True)
    for caller in (first, second, write):
        caller.wait_for(pace)
    assert pace.seconds_until(write, 0.0) < pace.seconds_until(first, 0.0) < pace.seconds_until(second, 0.0)


def test_who_waits_for_a_pace_waits_for_the_one_that_takes_its_place() -> None:
    paces, caller = Paces(), Caller(is_begun=False)
    paces.slow_down(READ, began=0.0, now=0.1)
    assert paces.turn(READ, Caller(is_begun=False), 0.1) == 0
    assert paces.turn(READ, caller, 0.1) > 0
    paces.slow_down(WRITE, began=0.0, now=0.2)
    assert caller.pace is not paces.of(READ), "two operations are throttled together: all calls have one pace now"
    assert paces.turn(READ, caller, 0.2) == 0
    assert caller.pace is None


class Outage:
    """A bucket that is empty between two moments, and lets everything through else."""

    def __init__(self, start: float, end: float) -> None:
        self._start, self._end = start, end

    def take(self, now: float) -> bool:
        return not self._start <= now < self._end


@pytest.mark.parametrize("seconds", [3, 8, 15])
@pytest.mark.parametrize("jobs", JOBS)
def test_after_an_outage_calls_are_as_fast_as_before_in_a_few_seconds(seconds: int, jobs: str) -> None:
    bucket = Outage(0.5, 0.5 + seconds)
    world = World(lambda operation: bucket, seed=seconds)
    world.run(JOBS[jobs])
    # those that AWS throttled wait 20 seconds at most before they are tried again
    assert world.now <= seconds + 20 + 8, world.now


@pytest.mark.parametrize("failures", [3, 5, 8])
def test_who_makes_few_calls_is_not_slow_for_long_after_some_that_were_throttled(failures: int) -> None:
    paces, now = Paces(), 0.0
    for _ in range(failures):
        paces.slow_down(READ, began=now, now=now + 0.02)
        now += 1.0
    waited = []
    for _ in range(10):
        caller, begun = Caller(is_begun=False), now
        while seconds := paces.turn(READ, caller, now):
            now += seconds
        waited.append(now - begun)
        now += 0.1
        paces.count(READ, now)
    assert max(waited) <= 1
    assert sum(waited) <= 2


def test_who_waits_looks_again_soon_because_the_pace_may_have_ended() -> None:
    paces, now = Paces(), 0.0
    for _ in range(12):
        paces.slow_down(READ, began=now, now=now + 0.02)
        now += 0.4
    pace = paces.of(READ)
    assert pace
    assert pace.rate(now - 0.38) >= 1, "that nothing passes does not tell how little AWS takes"
    callers = [Caller(is_begun=False) for _ in range(40)]
    waits = [paces.turn(READ, caller, now) for caller in callers]
    assert waits.count(0) == 1
    assert max(waits) <= 0.5
    while paces.of(READ):
        now += 1
        paces.count(READ, now)
    assert all(paces.turn(READ, caller, now) == 0 for caller in callers)
