"""What is broken off: one operation, or one account, in all threads of a run, and nothing else."""

from __future__ import annotations

import threading
import time

import pytest
from botocore.exceptions import ClientError

from ecrops import DeadlineError, RetryPolicy
from ecrops.aws import Aws
from ecrops.testing import Cloud
from support import Clock, registry_of

DESCRIBE = "ecr:DescribeRepositories"


def describe(aws: Aws) -> object:
    return aws.call("ecr", "DescribeRepositories", {})


def identify(aws: Aws) -> object:
    return aws.get("sts", "GetCallerIdentity", "Account")


def throttled() -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "of the test"}}, "Test")


def break_off(aws: Aws) -> ClientError:
    """Break the work of an account off: AWS throttles it, and nothing succeeds meanwhile."""
    with pytest.raises(ClientError, match="of the test") as caught:
        aws.persist(throttled, DESCRIBE)
    return caught.value


def break_operation_off(aws: Aws) -> ClientError:
    """Break ``DescribeRepositories`` off, and nothing else: other calls succeed meanwhile."""
    policy = RetryPolicy(budget=50, sleep=lambda seconds: [identify(aws)].clear())
    error = break_off(Aws(aws.session, 1, policy).bound_to(aws))
    assert identify(aws)
    return error


def test_an_operation_that_is_broken_off_ends_the_wait_of_other_threads(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST_WAIT", "LONGEST_WAIT"):
        monkeypatch.setattr(f"ecrops.aws.retry.{name}", 60.0)
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", lambda low, high: low)
    run = registry_of(memory_cloud, retry=RetryPolicy(budget=1000)).aws.stoppable()
    waits, errors = threading.Event(), list[BaseException]()
    memory_cloud.faults.on("throttle", operation="DescribeRepositories", times=None)

    def wait_for_it() -> None:
        try:
            describe(run.telling(lambda wait: waits.set()))
        except ClientError as error:
            errors.append(error)

    thread = threading.Thread(target=wait_for_it, daemon=True)
    thread.start()
    assert waits.wait(5)
    reason = break_operation_off(run)
    thread.join(5)
    assert errors == [reason]
    assert len(memory_cloud.calls.of("DescribeRepositories")) == 1


def test_a_wait_ends_by_itself_too(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", lambda low, high: 0.01)
    run = registry_of(memory_cloud, retry=RetryPolicy(sleep=time.sleep)).aws.stoppable()
    memory_cloud.faults.on("error500", operation="DescribeRepositories", times=1)
    thread = threading.Thread(target=describe, args=[run], daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert run.has_waited


def test_an_operation_that_was_broken_off_is_neither_waited_for_nor_tried_again(
    memory_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "ecrops")
    slept: list[float] = []
    run = registry_of(memory_cloud, retry=RetryPolicy(sleep=slept.append)).aws.stoppable()
    reason = break_operation_off(run)
    caplog.clear()
    owner = run.for_owner("ab")
    with pytest.raises(ClientError) as caught:
        describe(owner)
    assert caught.value is reason
    assert (slept, owner.failures, caplog.records) == ([], 0, [])
    assert memory_cloud.calls.of("DescribeRepositories") == []


def make_pace(aws: Aws, cloud: Cloud) -> None:
    """Let AWS throttle once, and another call take the turn that comes at once."""
    cloud.faults.on("throttle", operation="DescribeRepositories", times=1)
    with pytest.raises(ClientError):
        aws.once("ecr", "DescribeRepositories", {})
    describe(aws)


def test_no_wait_for_a_turn_begins_for_an_operation_that_was_broken_off(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    slept: list[float] = []
    run = registry_of(memory_cloud, retry=RetryPolicy(sleep=slept.append)).aws.stoppable()
    make_pace(run, memory_cloud)
    describe(run)
    assert len(slept) == 1, "there is a turn to wait for"
    reason = break_operation_off(run)
    with pytest.raises(ClientError) as caught:
        describe(run)
    assert caught.value is reason
    assert len(slept) == 1


def test_a_wait_for_a_turn_ends_when_its_operation_is_broken_off(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.aws.pacing.pace.SEARCHING_CUT", 0.001)  # the turn comes after 5 seconds
    monkeypatch.setattr("ecrops.aws.pacing.pace.LOOK_AGAIN", 0.02)
    run = registry_of(memory_cloud, retry=RetryPolicy()).aws.stoppable()
    make_pace(run, memory_cloud)
    waits, errors = threading.Event(), list[BaseException]()

    def wait_for_it() -> None:
        try:
            describe(run.telling(lambda wait: waits.set()))
        except ClientError as error:
            errors.append(error)

    thread = threading.Thread(target=wait_for_it, daemon=True)
    thread.start()
    assert waits.wait(5)
    calls = len(memory_cloud.calls.of("DescribeRepositories"))
    reason = break_operation_off(run)
    thread.join(3)
    assert errors == [reason]
    assert len(memory_cloud.calls.of("DescribeRepositories")) == calls


def test_no_wait_for_a_turn_begins_that_would_pass_the_deadline(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    slept: list[float] = []
    aws = registry_of(memory_cloud, retry=RetryPolicy(sleep=slept.append)).aws
    make_pace(aws, memory_cloud)
    with pytest.raises(DeadlineError, match=f"the time given is over, before {DESCRIBE};"):
        describe(aws.within(0.05))
    assert slept == []
    describe(aws.within(0.1))
    assert slept == pytest.approx([1 / (0.7 * 16)])


def test_a_deadline_that_is_over_names_the_call_that_was_not_made(memory_cloud: Cloud) -> None:
    with pytest.raises(DeadlineError, match=f"the time given is over, before {DESCRIBE};"):
        describe(registry_of(memory_cloud).aws.within(-1))


def test_what_is_broken_off_in_one_account_goes_on_in_two_others(memory_cloud: Cloud) -> None:
    run = registry_of(memory_cloud).aws.stoppable()
    one, other = (run.for_session(memory_cloud.session(account=account)) for account in ("1" * 12, "2" * 12))
    reason = break_off(one)
    assert describe(other)
    assert describe(run)
    with pytest.raises(ClientError) as caught:
        describe(run.for_session(one.session))
    assert caught.value is reason


@pytest.mark.parametrize("is_same", [True, False])
def test_the_session_of_the_registry_that_is_given_again_is_broken_off_with_it(
    memory_cloud: Cloud, is_same: bool
) -> None:
    run = registry_of(memory_cloud).aws.stoppable()
    again = run.for_session(run.session if is_same else memory_cloud.session(account="1" * 12))
    reason = break_off(run)
    if is_same:
        with pytest.raises(ClientError) as caught:
            describe(again)
        assert caught.value is reason
    else:
        assert describe(again)
