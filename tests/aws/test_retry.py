"""Retries: what is tried again, how often, for how long, and what is not."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
)
from botocore.parsers import ResponseParserError

from ecrops import LifecycleRule, Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.aws.retry import rounds
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of, state


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_before", "reset_after", "truncated"])
@pytest.mark.parametrize("operation", ["DescribeRepositories", "CreateRepository", "PutLifecyclePolicy"])
def test_what_passes_is_tried_again(cloud: Cloud, fault: Any, operation: str) -> None:
    spec = RepositorySpec("ab", lifecycle_rules=[LifecycleRule(max_image_count=1)])
    cloud.faults.on(fault, operation=operation, times=3)
    registry_of(cloud).ensure(spec)
    assert len(cloud.faults.hits) >= (1 if fault in ("reset_after", "truncated") else 3)
    assert state(cloud)["ab"]["lifecycle"]


def test_an_answer_without_its_members_is_not_believed(cloud: Cloud) -> None:
    registry_of(cloud).ensure(RepositorySpec("ab", tags={"a": "1"}))
    cloud.faults.on("truncated", operation="ListTagsForResource", times=1)
    assert not registry_of(cloud).ensure(RepositorySpec("ab", tags={"a": "1"}))


def test_attempts_are_as_many_as_the_policy_says_and_never_multiply(cloud: Cloud) -> None:
    cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError, match="internal error"):
        Registry(cloud.session(), retry=RetryPolicy(attempts=4, sleep=lambda seconds: None)).describe("ab")
    assert len(cloud.calls) == 4


def test_a_call_is_tried_for_as_long_as_the_budget_says(cloud: Cloud) -> None:
    slept: list[float] = []
    cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError):
        Registry(cloud.session(), retry=RetryPolicy(attempts=1000, budget=30, sleep=slept.append)).describe("ab")
    assert 15 < sum(slept) <= 30
    assert len(set(slept)) == len(slept), "waits are jittered"


def test_a_budget_of_nothing_is_one_attempt(cloud: Cloud) -> None:
    cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError) as caught:
        Registry(cloud.session(), retry=RetryPolicy(budget=0)).describe("ab")
    assert len(cloud.calls) == 1
    assert not any("tried" in note for note in getattr(caught.value, "__notes__", ()))


def test_an_endpoint_that_nobody_answers_at_says_how_often_it_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    registry = Registry(boto3.Session(), retry=RetryPolicy(attempts=3, sleep=lambda seconds: None))
    with pytest.raises(EndpointConnectionError) as caught:
        registry.describe("ab")
    options = "attempts=3, budget=60, propagation_budget=120, throttling_budget=600"
    assert f"tried 3 times in 0 s, as RetryPolicy({options}) says" in caught.value.__notes__


def test_a_denial_is_not_tried_again(cloud: Cloud) -> None:
    cloud.faults.on("denied", times=None)
    with pytest.raises(ClientError, match="deny"):
        registry_of(cloud).describe("ab")
    assert len(cloud.calls) == 1


@pytest.mark.parametrize("passing", ["throttle", "error500", "reset_before"])
def test_a_final_error_after_one_that_passes_is_not_tried_again(memory_cloud: Cloud, passing: Any) -> None:
    memory_cloud.faults.on(passing, operation="DescribeRepositories", times=1)
    memory_cloud.faults.on("denied", operation="DescribeRepositories", times=None)
    with pytest.raises(ClientError, match="deny") as caught:
        registry_of(memory_cloud).aws.call("ecr", "DescribeRepositories", {})
    assert [call.fault for call in memory_cloud.calls.of("DescribeRepositories")] == [passing, "denied"]
    assert not any("tried" in note for note in getattr(caught.value, "__notes__", ()))


def test_a_quota_is_not_tried_again(cloud: Cloud) -> None:
    session = cloud.session(own=True)
    calls: list[str] = []

    def quota(http_response: Any = None, parsed: Any = None, model: Any = None, **_: Any) -> None:
        calls.append(model.name)
        parsed["Error"] = {"Code": "LimitExceededException", "Message": "too many repositories"}
        http_response.status_code = 400

    session.events.register("after-call.ecr.CreateRepository", quota)
    with pytest.raises(ClientError, match="too many repositories"):
        Registry(session, retry=AT_ONCE).ensure(RepositorySpec("ab"))
    assert calls == ["CreateRepository"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"attempts": True},
        {"budget": -1},
        {"propagation_budget": "x"},
        {"throttling_budget": -0.5},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_what_is_not_visible_yet_and_what_is_throttled_have_budgets_of_their_own(cloud: Cloud) -> None:
    cloud.emulator.appear_after = 12
    cloud.faults.on("throttle", operation="PutLifecyclePolicy", skip=1)
    registry_of(cloud).ensure(RepositorySpec("ab", lifecycle_rules=[LifecycleRule(max_image_count=1)]))
    assert [call.fault for call in cloud.calls.of("PutLifecyclePolicy")][-2:] == ["throttle", None]


def test_what_is_not_visible_yet_is_waited_for_without_a_budget_of_errors(cloud: Cloud) -> None:
    """Each wait is that of a reading: the repository is not made again, and no error is spent."""
    registry = registry_of(cloud, retry=RetryPolicy(budget=0, sleep=lambda seconds: None))
    cloud.emulator.appear_after = 3
    registry.ensure(RepositorySpec("ab"))
    assert not registry.ensure(RepositorySpec("ab", image_scan_on_push=False))
    registry.ensure(RepositorySpec("cd"))
    assert registry.repository("cd").describe().name == "cd"
    assert cloud.calls.writes() == ["CreateRepository"] * 2


def test_an_answer_to_a_write_that_breaks_off_is_not_believed(cloud: Cloud) -> None:
    cloud.emulator.seed(["ab"])
    cloud.faults.on("truncated", operation="PutLifecyclePolicy", times=1)
    assert registry_of(cloud).repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=1))
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "PutLifecyclePolicy", "GetLifecyclePolicy"]


def test_an_answer_that_always_breaks_off_is_an_error_that_says_so(cloud: Cloud) -> None:
    cloud.emulator.seed(["ab"])
    cloud.faults.on("truncated", operation="GetLifecyclePolicy", times=None)
    with pytest.raises(ResponseParserError, match="GetLifecyclePolicy was answered with HTTP 200 and a part of an"):
        registry_of(cloud, retry=RetryPolicy(budget=0)).repository("ab").add_lifecycle_rule(max_image_count=1)


def test_errors_do_not_speak_of_retries_that_botocore_did_not_make(cloud: Cloud) -> None:
    cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError) as caught:
        Registry(cloud.session(), retry=RetryPolicy(budget=0)).describe("ab")
    assert "max retries" not in str(caught.value)


def test_every_wait_is_logged_with_its_reason(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "ecrops")
    cloud.faults.on("throttle", operation="CreateRepository")
    slept: list[float] = []
    registry = registry_of(cloud, retry=RetryPolicy(sleep=slept.append))
    registry.ensure(RepositorySpec("ab"))
    registry.repository("ab").add_lifecycle_rule(max_image_count=1)
    waits = [record for record in caplog.records if record.levelname == "DEBUG" and "AWS throttles" not in record.msg]
    assert len(waits) == len(slept) == 2
    assert "ecr:CreateRepository again in" in waits[0].getMessage()
    assert "because of: An error occurred (ThrottlingException)" in waits[0].getMessage()
    assert waits[1].getMessage() == "a wait of 1.0 s, before what was changed could be verified"
    made = [record.getMessage() for record in caplog.records if record.name == "ecrops.engine.making"]
    assert made == ["+ ab repository", "+ ab lifecycle: keep last 1"]


def test_an_owner_that_was_made_long_ago_is_not_waited_for(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, retry=RetryPolicy(propagation_budget=0.2))
    repo = registry.repository("ab")
    repo.ensure()
    memory_cloud.client("ecr").delete_repository(repositoryName="ab")
    time.sleep(0.25)
    memory_cloud.calls.clear()
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        repo.add_lifecycle_rule(max_image_count=3)
    assert memory_cloud.calls.operations() == ["GetLifecyclePolicy"]


def shortest(low: float, high: float) -> float:
    return low


def longest(low: float, high: float) -> float:
    return high


def test_waits_after_errors_double_from_a_fifth_of_a_second_to_ten(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", longest)
    slept: list[float] = []
    memory_cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError) as caught:
        Registry(memory_cloud.session(), retry=RetryPolicy(attempts=9, sleep=slept.append)).describe("ab")
    assert slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])
    assert any(note.startswith("tried 9 times") for note in caught.value.__notes__)


def test_two_attempts_are_said_too(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError) as caught:
        Registry(memory_cloud.session(), retry=RetryPolicy(attempts=2, sleep=lambda seconds: None)).describe("ab")
    assert any(note.startswith("tried 2 times") for note in caught.value.__notes__)


def test_the_pauses_between_rounds_double_to_ten_seconds_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", longest)
    assert list(rounds(RetryPolicy(propagation_budget=40))) == [1, 2, 4, 8, 10, 10, 5]


def test_the_shortest_waits_after_errors_are_none(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", shortest)
    slept: list[float] = []
    memory_cloud.faults.on("error500", times=None)
    with pytest.raises(ClientError):
        Registry(memory_cloud.session(), retry=RetryPolicy(attempts=4, sleep=slept.append)).describe("ab")
    assert slept == [0, 0, 0]


def test_the_shortest_waits_under_throttling_are_half_of_the_longest(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", shortest)
    slept: list[float] = []
    codes = ["ThrottlingException"] * 5

    def attempt() -> None:
        if codes:
            raise ClientError({"Error": {"Code": codes.pop(), "Message": "of the test"}}, "Test")

    registry_of(memory_cloud, retry=RetryPolicy(sleep=slept.append)).aws.persist(attempt, "ecr:DescribeRepositories")
    assert slept == [0.5, 1, 2, 4, 8]


def test_the_shortest_pauses_between_rounds_grow_by_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.aws.retry.random.uniform", shortest)
    assert list(rounds(RetryPolicy(propagation_budget=8))) == pytest.approx([1, 1.3, 1.69, 2.197, 8 - 6.187])
