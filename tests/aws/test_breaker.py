"""What can succeed no more is not tried again and again: budgets of one owner and of a whole run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, LifecycleRule, RepositorySpec, RetryPolicy, pull
from ecrops.aws import Aws
from ecrops.testing import Cloud
from support import registry_of

OTHER = "444455556666"
READ, WRITE = "ecr:DescribeRepositories", "ecr:PutLifecyclePolicy"


def run_of(cloud: Cloud, sleep: Callable[[float], object] = lambda seconds: None, **options: Any) -> Aws:
    """An account in a run, with an account that is known: no test waits for STS."""
    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep, **options))  # type: ignore[arg-type]
    assert registry.account_id
    cloud.calls.clear()
    return registry.aws.stoppable()


def describe(aws: Aws) -> object:
    return aws.call("ecr", "DescribeRepositories", {})


def notes_of(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "of the test"}}, "Test")


class Nested:
    """A write that reads again before it is repeated, as the engine's derived changes do. Both can fail."""

    def __init__(self, aws: Aws, *, of_read: str, of_write: str) -> None:
        self.reads = self.writes = 0
        self._aws, self._read_code, self._write_code = aws, of_read, of_write

    def make(self) -> None:
        self._aws.persist(self._write, WRITE)

    def _write(self) -> None:
        if self.writes:
            self._aws.persist(self._read, READ)
        self.writes += 1
        raise error(self._write_code)

    def _read(self) -> None:
        self.reads += 1
        if self._read_code and self.reads % 3:
            raise error(self._read_code)


@pytest.mark.parametrize("of_read", ["", "ServerException", "ThrottlingException"])
@pytest.mark.parametrize("of_write", ["ServerException", "ThrottlingException"])
def test_a_write_with_readings_inside_is_ten_writes_and_ten_readings_at_most(
    memory_cloud: Cloud, of_read: str, of_write: str
) -> None:
    slept: list[float] = []
    nested = Nested(run_of(memory_cloud, slept.append).for_owner(), of_read=of_read, of_write=of_write)
    with pytest.raises(ClientError, match=f"{of_write}|{of_read}") as caught:
        nested.make()
    most = 10 if of_read in ("", of_write) else 20  # throttled attempts and others have budgets of their own
    assert nested.writes <= most
    assert nested.reads <= most
    assert sum(slept) <= 60 + 60
    assert notes_of(caught.value).count("tried ") == 1


def test_seconds_of_a_reading_inside_a_write_are_spent_once(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, slept, monotonic = [0.0], list[float](), time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + clock[0])

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        slept.append(seconds)

    owner = run_of(memory_cloud, sleep).for_owner()
    with pytest.raises(ClientError):
        Nested(owner, of_read="ThrottlingException", of_write="ThrottlingException").make()
    assert 40 < sum(slept) <= 60  # the wait that would be beyond the budget is 20 seconds at most


def test_an_owner_in_the_account_of_another_session_has_one_budget_too(memory_cloud: Cloud) -> None:
    run = run_of(memory_cloud, attempts=5)
    owner = run.for_owner()
    elsewhere = run.for_session(memory_cloud.session(account=OTHER)).bound_to(owner)
    memory_cloud.faults.on("error500", times=3)
    describe(owner)
    memory_cloud.faults.on("error500", times=2)
    with pytest.raises(ClientError, match="internal error"):
        describe(elsewhere)


def test_calls_of_one_owner_after_each_other_share_their_attempts(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("error500", operation="DescribeRepositories", times=3)
    owner = run_of(memory_cloud, attempts=5).for_owner()
    describe(owner)
    memory_cloud.faults.on("error500", operation="DescribeRepositories", times=2)
    with pytest.raises(ClientError, match="internal error") as caught:
        describe(owner)
    assert "tried 2 times in 0 s (for this owner 5 attempts failed in all)" in notes_of(caught.value)
    describe(owner.for_owner())  # another owner has attempts of its own


def waits(caplog: pytest.LogCaptureFixture) -> list[float]:
    """The seconds before calls that were repeated. Those before calls that keep a pace are no part of them."""
    return [cast(Any, record.args)[1] for record in caplog.records if " again in " in record.msg]


def test_successes_use_no_budget_up(memory_cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "ecrops")
    owner = run_of(memory_cloud, attempts=2, budget=10).for_owner()
    for _ in range(20):
        memory_cloud.faults.on("throttle", operation="DescribeRepositories", times=1)
        describe(owner)
        describe(owner)
    assert len(waits(caplog)) == 20
    assert all(0.5 <= seconds <= 1 for seconds in waits(caplog)), "after a success the waits are short again"


@pytest.mark.parametrize("attempts", [1, 3])
def test_throttled_attempts_are_no_attempts(memory_cloud: Cloud, attempts: int) -> None:
    memory_cloud.faults.on("throttle", operation="DescribeRepositories", times=5)
    describe(run_of(memory_cloud, attempts=attempts))
    assert len(memory_cloud.calls) == 6


def test_waits_under_throttling_grow_to_twenty_seconds_and_are_never_short(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "ecrops")
    memory_cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError, match="Rate exceeded"):
        describe(run_of(memory_cloud, budget=200))
    slept = waits(caplog)
    longest = [1.0, 2.0, 4.0, 8.0, 16.0] + [20.0] * len(slept)
    assert len(slept) > 8
    assert all(most / 2 <= seconds <= most for seconds, most in zip(slept, longest, strict=False))


def test_a_run_in_which_nothing_succeeds_is_broken_off(memory_cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    run = run_of(memory_cloud)
    assert run.get("sts", "GetCallerIdentity", "Account"), "what succeeded before the call is no sign of anything"
    memory_cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError, match="Rate exceeded") as caught:
        describe(run)
    assert "AWS throttled ecr:DescribeRepositories for" in notes_of(caught.value)
    assert "nothing else was begun in this account" in notes_of(caught.value)
    calls = len(memory_cloud.calls)
    caplog.clear()
    caplog.set_level("DEBUG", "ecrops")
    for later in (run, run.stoppable(), run.for_owner(), run.within(9)):
        with pytest.raises(ClientError) as again:
            later.get("sts", "GetCallerIdentity", "Account")
        assert again.value is caught.value
    assert len(memory_cloud.calls) == calls
    assert caplog.records == [], "nothing is waited for"


def test_a_run_that_is_broken_off_leaves_the_next_run_alone(memory_cloud: Cloud) -> None:
    registry, throttles = registry_of(memory_cloud), [True]
    memory_cloud.faults.on("throttle", where=lambda call: throttles[0], times=None)
    with pytest.raises(ClientError):
        registry.ensure(RepositorySpec("ab"))
    throttles[0] = False
    assert registry.ensure(RepositorySpec("ab"))


def test_while_others_succeed_a_call_goes_on_until_the_budget_of_throttling(memory_cloud: Cloud) -> None:
    slept: list[float] = []

    def others_succeed(seconds: float) -> None:
        slept.append(seconds)
        describe(run)

    run = run_of(memory_cloud, others_succeed, throttling_budget=300)

    def throttled() -> None:
        raise error("ThrottlingException")

    with pytest.raises(ClientError, match="Throttling") as caught:
        run.persist(throttled, READ)
    assert 250 < sum(slept) <= 300
    assert "was not begun" not in notes_of(caught.value)
    describe(run)


def test_only_the_operation_that_is_throttled_is_given_up_if_others_succeed(memory_cloud: Cloud) -> None:
    slept: list[float] = []

    def others_succeed(seconds: float) -> None:
        slept.append(seconds)
        run.get("sts", "GetCallerIdentity", "Account")

    run = run_of(memory_cloud, others_succeed)
    memory_cloud.faults.on("throttle", operation="DescribeRepositories", times=None)
    with pytest.raises(ClientError, match="Rate exceeded") as caught:
        describe(run)
    assert sum(slept) <= 60
    assert "ecr:DescribeRepositories was not begun again" in notes_of(caught.value)
    tried = len(memory_cloud.calls.of("DescribeRepositories"))
    with pytest.raises(ClientError) as again:
        describe(run)
    assert again.value is caught.value
    assert len(memory_cloud.calls.of("DescribeRepositories")) == tried
    assert run.get("sts", "GetCallerIdentity", "Account")


def test_own_readings_are_no_sign_that_aws_throttles_less(memory_cloud: Cloud) -> None:
    slept: list[float] = []
    owner = run_of(memory_cloud, slept.append).for_owner()

    def throttled() -> None:
        describe(owner)
        raise error("ThrottlingException")

    with pytest.raises(ClientError, match="Throttling") as caught:
        owner.persist(throttled, READ)
    assert sum(slept) <= 60
    assert "nothing else was begun in this account" in notes_of(caught.value)


def test_a_fleet_that_aws_throttles_for_good_costs_some_calls_for_each_worker_only(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, workers=4)
    memory_cloud.faults.on("throttle", operation="CreateRepository", skip=5, times=None)
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*(RepositorySpec(f"app{n}") for n in range(300)))
    assert len(memory_cloud.calls.of("CreateRepository")) <= 5 + 4 * 10
    assert len(caught.value.applied) == 5
    assert len(caught.value.exceptions) <= 4


@pytest.mark.parametrize("operation", ["SetRepositoryPolicy", "PutLifecyclePolicy", "CreateRepository"])
def test_one_owner_under_throttling_is_ten_readings_and_ten_writes(memory_cloud: Cloud, operation: str) -> None:
    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=lambda seconds: None))
    if operation != "CreateRepository":
        registry.ensure(RepositorySpec("ab"))
    memory_cloud.calls.clear()
    memory_cloud.faults.on("throttle", operation=operation, times=None)
    with pytest.raises(ClientError, match="Rate exceeded"):
        registry.ensure(RepositorySpec("ab", grants=[pull(OTHER)], lifecycle_rules=[LifecycleRule(max_image_count=1)]))
    operations = memory_cloud.calls.operations()
    assert max(operations.count(name) for name in operations) <= 10
