"""What may be spent on failed attempts: each kind adds up, inner calls are spent once, a success begins anew."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from ecrops import RetryPolicy
from ecrops.aws import Aws
from ecrops.aws.budgets import Budgets
from ecrops.aws.deadline import Breaker
from ecrops.testing import Cloud
from support import Clock, registry_of

READ, WRITE = "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy"


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "of the test"}}, "Test")


def account(cloud: Cloud, slept: list[float], **options: float) -> Aws:
    return registry_of(cloud, retry=RetryPolicy(sleep=slept.append, **options)).aws  # type: ignore[arg-type]


SPEND: dict[str, Callable[[Budgets, float], bool]] = {
    "budget": lambda budgets, seconds: budgets.spend_on_error(seconds, None),
    "propagation_budget": lambda budgets, seconds: budgets.spend_on_visibility(seconds),
    "throttling_budget": lambda budgets, seconds: budgets.spend_on_throttling(seconds, READ, None),
}


@pytest.mark.parametrize("name", SPEND)
def test_seconds_of_a_kind_add_up_to_its_budget(name: str) -> None:
    policy = {"attempts": 100, "budget": 100.0, name: 10.0}
    budgets = Budgets(RetryPolicy(**policy))  # type: ignore[arg-type]
    spend = SPEND[name]
    assert not spend(budgets, 5.0)
    assert not spend(budgets, 4.5)
    assert spend(budgets, 1.0)


def test_waits_after_errors_add_up_to_the_budget(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", longest)
    slept: list[float] = []
    memory_cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError, match="internal error"):
        account(memory_cloud, slept, attempts=1000, budget=23).call("ecr", "DescribeRepositories", {})
    assert slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10])


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("ServerException", {"budget": 60}),
        ("ThrottlingException", {"budget": 60}),
        ("ThrottlingException", {"budget": 600, "throttling_budget": 60}),
        ("NotYetException", {"propagation_budget": 60}),
    ],
)
def test_seconds_of_slow_attempts_add_up_to_the_budget(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str, options: dict[str, float]
) -> None:
    clock, tried = Clock(monkeypatch), list[float]()
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", shortest)

    def attempt() -> None:
        tried.append(clock.now)
        clock.move_on(19)
        raise error(code)

    with pytest.raises(ClientError, match=code):
        account(memory_cloud, [], **options).for_owner("ab").persist(attempt, READ, awaits=["NotYetException"])
    assert len(tried) == (3 if code == "ThrottlingException" else 4)  # the shortest waits: 0.5, 1, 2 seconds, or none


def test_a_slow_reading_inside_a_write_is_spent_once(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, writes = Clock(monkeypatch), list[float]()
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", shortest)
    owner = account(memory_cloud, [], budget=60).for_owner("ab")

    def read() -> None:
        clock.move_on(5)
        if not failed.pop():
            raise error("ServerException")

    def write() -> None:
        failed[:] = [True, False]
        writes.append(clock.now)
        owner.persist(read, READ)
        clock.move_on(5)
        raise error("ServerException")

    failed: list[bool] = []
    with pytest.raises(ClientError):
        owner.persist(write, WRITE)
    # of 15 seconds the reading that failed spends 5, and the write that failed the 10 others
    assert len(writes) == 5


@pytest.mark.parametrize("has_run", [True, False])
def test_a_reading_inside_a_write_that_aws_throttles_for_the_first_time_is_no_progress(has_run: bool) -> None:
    breaker = Breaker(threading.Condition()) if has_run else None
    budgets = Budgets(RetryPolicy(budget=60))
    assert not budgets.spend_on_throttling(40, WRITE, breaker)
    assert budgets.spend_on_throttling(30, READ, breaker)
    assert budgets.stalled == 70


def test_after_a_success_the_stall_begins_at_nothing() -> None:
    budgets = Budgets(RetryPolicy(budget=60))
    budgets.begin()
    assert not budgets.spend_on_throttling(50, READ, None)
    budgets.end(succeeded=True)
    assert (budgets.stalled, budgets.throttled_in_a_row) == (0, 0)
    budgets.begin()
    assert not budgets.spend_on_throttling(60, READ, None)


def test_after_a_success_what_others_did_is_noted_anew() -> None:
    breaker = Breaker(threading.Condition())
    budgets = Budgets(RetryPolicy(budget=60))
    budgets.begin()
    budgets.spend_on_throttling(50, READ, breaker)
    budgets.end(succeeded=True)
    breaker.count_success(READ)
    budgets.begin()
    assert not budgets.spend_on_throttling(40, READ, breaker)
    assert budgets.spend_on_throttling(40, READ, breaker), "the success of another call was before these"


def test_a_success_inside_of_a_call_ends_no_stall_and_its_own_end_does() -> None:
    budgets = Budgets(RetryPolicy(budget=60))
    for _ in range(2):
        budgets.begin()
        budgets.spend_on_throttling(50, WRITE, None)
        budgets.begin()
        budgets.end(succeeded=True)
        assert (budgets.stalled, budgets.throttled_in_a_row) == (50, 1)
        budgets.end(succeeded=True)
        assert (budgets.stalled, budgets.throttled_in_a_row) == (0, 0)


@pytest.mark.parametrize(("ends_with", "then"), [("", 1), ("AccessDeniedException", 4)])
def test_a_call_that_succeeds_makes_the_next_wait_short_and_one_that_fails_does_not(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, ends_with: str, then: float
) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", longest)
    slept: list[float] = []
    owner = account(memory_cloud, slept).for_owner("ab")
    codes = ["ThrottlingException", "ThrottlingException", ends_with, "ThrottlingException", ""]

    def attempt() -> None:
        if code := codes.pop(0):
            raise error(code)

    if ends_with:
        with pytest.raises(ClientError, match=ends_with):
            owner.persist(attempt, READ)
    else:
        owner.persist(attempt, READ)
    assert slept == [1, 2]
    owner.persist(attempt, READ)
    assert slept == [1, 2, then]
