"""The room with the door to AWS: regions, retries, deadlines, and how many calls are in flight."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    UnknownRegionError,
)

from ecrops import ApplyError, DeadlineError, LifecycleRule, Registry, RepositorySpec, RetryPolicy, SpecError
from emulator import Cloud
from support import AT_ONCE, registry_of, state

HOSTS = {
    "eu-west-1": ("aws", "amazonaws.com"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn"),
    "us-iso-east-1": ("aws-iso", "c2s.ic.gov"),
    "us-isob-east-1": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-west-1": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-south-1": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-de-east-1": ("aws-eusc", "amazonaws.eu"),
    "eu-newer-9": ("aws", "amazonaws.com"),
}


@pytest.mark.parametrize("region", HOSTS)
def test_every_partition_has_its_arns_and_hosts(memory_cloud: Cloud, region: str) -> None:
    partition, suffix = HOSTS[region]
    registry = Registry(memory_cloud.session(region))
    registry.aws._learned["account"] = "123456789012"
    repo = registry.repository("ab")
    assert registry.partition == partition
    assert repo.arn == f"arn:{partition}:ecr:{region}:123456789012:repository/ab"
    assert repo.uri == f"123456789012.dkr.ecr.{region}.{suffix}/ab"


# At the first call, not before


def test_without_a_session_it_is_the_default_one_of_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert Registry().region == "eu-west-1"
    boto3.setup_default_session(region_name="ap-south-1")
    assert Registry().region == "ap-south-1"
    assert Registry(boto3.Session(region_name="us-east-1")).region == "us-east-1"


def test_an_unknown_region_is_botocores_error_at_the_first_call(memory_cloud: Cloud) -> None:
    repo = Registry(memory_cloud.session("xx-nope-9")).repository("ab")
    with pytest.raises(UnknownRegionError, match="xx-nope-9"):
        repo.exists()


def test_no_region_is_botocores_error_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    registry = Registry(boto3.Session())
    with pytest.raises(NoRegionError):
        registry.ensure(RepositorySpec("ab"))


def test_no_credentials_is_botocores_error_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    registry = Registry(boto3.Session(region_name="eu-west-1"), retry=AT_ONCE)
    with pytest.raises(NoCredentialsError):
        registry.ensure(RepositorySpec("ab"))


def test_importing_needs_neither_a_region_nor_anything_but_boto3_and_tenacity() -> None:
    code = (
        "import sys, boto3; had = set(sys.modules); import ecrops;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - had}))"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    strangers = set(loaded.stdout.split()) - set(sys.stdlib_module_names) - {"ecrops", "tenacity", "boto3", "botocore"}
    assert strangers == set()


def test_ecrops_says_who_calls_and_leaves_the_callers_own_suffix(memory_cloud: Cloud) -> None:
    from botocore.config import Config

    session = memory_cloud.session(own=True)
    session._session.set_default_client_config(Config(user_agent_extra="mine/1"))
    agents: list[str] = []
    session.events.register("before-send", lambda request, **_: agents.append(str(request.headers["User-Agent"])))
    Registry(session).repository("ab").exists()
    assert "mine/1 ecrops/" in agents[0]


# Retries


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
    cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError, match="Rate exceeded"):
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
    told = "tried 3 times in 0 s, as RetryPolicy(attempts=3, budget=60, propagation_budget=120) says"
    assert told in caught.value.__notes__


def test_a_denial_is_not_tried_again(cloud: Cloud) -> None:
    cloud.faults.on("denied", times=None)
    with pytest.raises(ClientError, match="deny"):
        registry_of(cloud).describe("ab")
    assert len(cloud.calls) == 1


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
    "wrong", [{"attempts": 0}, {"attempts": 1.5}, {"attempts": True}, {"budget": -1}, {"propagation_budget": "x"}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "4"])
def test_workers_are_a_number(workers: Any) -> None:
    with pytest.raises(SpecError, match="workers"):
        Registry(workers=workers)


def test_what_is_not_visible_yet_and_what_is_throttled_have_budgets_of_their_own(cloud: Cloud) -> None:
    cloud.emulator.appear_after = 12
    cloud.faults.on("throttle", operation="PutLifecyclePolicy", skip=12)
    registry_of(cloud).ensure(RepositorySpec("ab", lifecycle_rules=[LifecycleRule(max_image_count=1)]))
    assert [call.fault for call in cloud.calls.of("PutLifecyclePolicy")][-2:] == ["throttle", None]


def test_errors_do_not_speak_of_retries_that_botocore_did_not_make(cloud: Cloud) -> None:
    cloud.faults.on("throttle", times=None)
    with pytest.raises(ClientError) as caught:
        Registry(cloud.session(), retry=RetryPolicy(attempts=1)).describe("ab")
    assert "max retries" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["eu-west-1", 7])
def test_a_session_is_a_session(wrong: Any) -> None:
    with pytest.raises(SpecError, match=r"session: expected a boto3\.Session"):
        Registry(wrong)


def test_wrong_options_are_refused(registry: Registry) -> None:
    wrong: Any = "no"
    for act, said in (
        (lambda: Registry(retry=wrong), "retry: expected a RetryPolicy"),
        (lambda: Registry(dry_run=wrong), "dry_run: expected True or False"),
        (lambda: RetryPolicy(sleep=wrong), "sleep: expected a function"),
        (lambda: registry.within(wrong), "expected seconds, got 'no'"),
        (lambda: registry.apply(wrong), "expected a Plan, got 'no'"),
        (lambda: registry.remove("ab", empty_on_delete=wrong), "empty_on_delete: expected True or False"),
        (lambda: registry.ensure(RepositorySpec("ab"), on_change=wrong), "on_change: expected a function"),
        (lambda: registry.repository("ab").ensure(name="cd"), "a handle has one, 'ab'"),  # type: ignore[arg-type]
    ):
        with pytest.raises(SpecError, match=said):
            act()
    assert not registry.repository("ab").exists()


def test_every_wait_is_logged_with_its_reason(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "ecrops")
    cloud.faults.on("throttle", operation="CreateRepository")
    slept: list[float] = []
    registry = registry_of(cloud, retry=RetryPolicy(sleep=slept.append))
    registry.ensure(RepositorySpec("ab"))
    registry.repository("ab").add_lifecycle_rule(max_image_count=1)
    waits = [record for record in caplog.records if record.levelname == "DEBUG"]
    assert len(waits) == len(slept) == 2
    assert "ecr:CreateRepository again in" in waits[0].getMessage()
    assert waits[1].getMessage() == "a wait of 1.0 s, before what was changed could be verified"
    made = [record.getMessage() for record in caplog.records if record.name == "ecrops.engine.making"]
    assert made == ["+ ab repository", "+ ab lifecycle: keep last 1"]


# In flight


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


# Deadlines


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


# Ends


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


def test_after_the_first_error_nothing_else_is_begun(memory_cloud: Cloud) -> None:
    begun: list[int] = []

    def fail_at_once(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        registry_of(memory_cloud, workers=1).aws.map(fail_at_once, range(50))
    assert len(begun) <= 2  # the worker may take one more before it is told
