"""Backfills: what was pushed before there was a rule, replicated by a job that is started once, and waited for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from ecrops import DeadlineError, Registry, RetryPolicy, SpecError, Wait
from ecrops.registry_settings import BackfilledImage
from ecrops.testing import Call, Cloud
from support import registry_of

START, LIST, RESULTS = "StartReplicationBackfill", "ListReplicationBackfills", "DescribeReplicationBackfillResults"
OWN, OTHER = "123456789012", "111122223333"


def push(cloud: Cloud, name: str, *images: list[str]) -> None:
    """Images of some days ago, each with its tags."""
    cloud.emulator.seed_images(
        name,
        (
            {
                "imageDigest": f"sha256:{hashlib.sha256(f'{name} {tags}'.encode()).hexdigest()}",
                "imageTags": tags,
                "imagePushedAt": datetime(2026, 11, 1, tzinfo=UTC),
            }
            for tags in images
        ),
    )


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    """A registry with a rule, and images of before."""
    registry = registry_of(memory_cloud)
    registry.replication.add(prefix="team/", to=["eu-central-1", f"{OTHER}/us-east-1"])
    for name in ("team/api", "team/web", "other"):
        registry.repository(name).ensure()
    push(memory_cloud, "team/api", ["v1", "v2"], [])
    push(memory_cloud, "team/web", ["v1"])
    push(memory_cloud, "other", ["v1"])
    memory_cloud.calls.clear()
    return registry


@pytest.fixture
def backfills(memory_cloud: Cloud) -> Any:
    return memory_cloud.emulator.settings.backfills


def starts(cloud: Cloud) -> list[str]:
    return [call.params["destination"]["region"] for call in cloud.calls if call.operation == START]


def start_by_another(cloud: Cloud, region: str = "eu-central-1", account: str = OWN) -> str:
    ecr = cloud.client("ecr")
    started = ecr.start_replication_backfill(destination={"region": region, "registryId": account})
    return str(started["replicationBackfillId"])


def test_it_is_waited_for_and_each_image_has_a_result(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    backfills.preparing_for, backfills.running_for = 1, 2
    backfills.failures["team/web"] = "UNABLE_TO_REPLICATE"
    waits: list[Wait] = []
    result = registry.replication.backfill("eu-central-1", on_wait=waits.append)
    assert [(wait.seconds, wait.waited, wait.attempt) for wait in waits] == [(1, 0, 1), (2, 1, 2), (5, 3, 3)]
    assert str(waits[0]) == "waiting 1.0 s: ECR runs the backfill to eu-central-1"
    assert [call.operation for call in memory_cloud.calls] == ["DescribeRegistry", LIST, START, *[RESULTS] * 5]
    assert (result.status, result.total, result.completed, result.failures) == ("COMPLETE", 4, 3, 1)
    assert result.destination == "eu-central-1"
    assert {(image.repository, image.tag) for image in result} == {
        ("team/api", "v1"),
        ("team/api", "v2"),
        ("team/api", ""),
        ("team/web", "v1"),
    }
    (failed,) = result.failed
    digest = failed.digest
    assert failed == BackfilledImage("team/web", digest, "v1", "FAILED", "UNABLE_TO_REPLICATE")
    assert str(result) == "backfill to eu-central-1: COMPLETE, 3 of 4 replicated, 1 failed"
    assert len(result) == 4


def test_one_that_runs_is_adopted(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    backfills.running_for = 3
    identifier = start_by_another(memory_cloud)
    result = registry.replication.backfill(f"{OWN}/eu-central-1")
    assert (result.id, result.status) == (identifier, "COMPLETE")
    assert starts(memory_cloud) == []
    assert registry.replication.backfill("eu-central-1").id != identifier  # one that has ended is not
    assert starts(memory_cloud) == ["eu-central-1"]


def test_one_that_is_being_stopped_is_waited_for(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    backfills.running_for, backfills.stopping_for = 9, 4
    identifier = start_by_another(memory_cloud)
    memory_cloud.client("ecr").stop_replication_backfill(replicationBackfillId=identifier)
    backfills.running_for = 0
    result = registry.replication.backfill("eu-central-1")
    assert result.status == "COMPLETE"
    assert result.id != identifier


@pytest.mark.parametrize("running_for", [0, 5])
@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_lost_answer_starts_no_second_one(
    registry: Registry, memory_cloud: Cloud, backfills: Any, fault: Any, running_for: int
) -> None:
    backfills.running_for = running_for
    memory_cloud.faults.on(fault, where=lambda call: call.operation == START)
    assert registry.replication.backfill("eu-central-1").status == "COMPLETE"
    assert len(backfills.newest_first()) == 1


def test_one_that_ended_before_is_not_taken_for_ours(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    earlier = start_by_another(memory_cloud)
    memory_cloud.faults.on("reset_before", where=lambda call: call.operation == START)
    result = registry.replication.backfill("eu-central-1")
    assert result.id != earlier
    assert len(backfills.newest_first()) == 2


def test_all_pages_are_listed_and_read(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    for _ in range(30):
        start_by_another(memory_cloud, "us-east-1", OTHER)
        backfills.finish()
    backfills.running_for = 60
    identifier = start_by_another(memory_cloud)
    backfills.running_for = 0
    for _ in range(30):
        start_by_another(memory_cloud, "us-east-1", OTHER)
        backfills.finish() if backfills.find(identifier).running == 0 else None
    push(memory_cloud, "team/web", *([f"w{number}"] for number in range(1100)))
    result = registry.replication.backfill(f"{OTHER}/us-east-1")
    assert len(result) == result.total == 1104


def test_a_dry_run_starts_nothing(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    dry = Registry(registry.aws.session, retry=registry.aws.retry, dry_run=True)
    result = dry.replication.backfill("eu-central-1")
    assert (result.status, result.id, len(result)) == ("NOT_STARTED", "", 0)
    assert result
    backfills.running_for = 9
    identifier = start_by_another(memory_cloud)
    result = dry.replication.backfill("eu-central-1")
    assert (result.status, result.id) == ("IN_PROGRESS", identifier)
    assert starts(memory_cloud) == []


def test_a_dry_run_knows_the_rules_that_it_would_have_made(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    dry = Registry(registry.aws.session, retry=registry.aws.retry, dry_run=True)
    dry.replication.add(prefix="team/", to=["eu-central-1"])
    assert dry.replication.backfill("eu-central-1").status == "NOT_STARTED"
    dry.replication.remove(prefix="team/")
    with pytest.raises(SpecError, match="no rule replicates to eu-central-1"):
        dry.replication.backfill("eu-central-1")


def test_the_time_may_be_over(registry: Registry, memory_cloud: Cloud, backfills: Any) -> None:
    backfills.running_for = 1000
    with pytest.raises(DeadlineError, match=r"to eu-central-1 within 10 seconds: it goes on, and the same call waits"):
        registry.replication.backfill("eu-central-1", timeout=10)
    with pytest.raises(DeadlineError):
        registry_of(memory_cloud, retry=RetryPolicy()).within(0.5).replication.backfill("eu-central-1")
    assert starts(memory_cloud) == ["eu-central-1"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"to": "moon"}, "expected a region such as 'eu-central-1'"),
        ({"to": ["eu-central-1"]}, "expected a region such as 'eu-central-1'"),
        ({"to": "eu-central-1", "timeout": -1}, "timeout: expected seconds, at least 0, got -1"),
        ({"to": "eu-central-1", "timeout": "1"}, "timeout: expected seconds"),
        ({"to": "eu-central-1", "on_wait": 1}, "on_wait: expected a function of a wait, got 1"),
    ],
)
def test_wrong_arguments_are_refused_before_any_call(
    registry: Registry, memory_cloud: Cloud, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        registry.replication.backfill(**arguments)
    assert not memory_cloud.calls


def test_a_destination_without_a_rule_is_refused(registry: Registry, memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError, match=r"no rule replicates to us-east-1: replication\.add\(to=\['us-east-1'\]\)"):
        registry.replication.backfill("us-east-1")
    assert [call.operation for call in memory_cloud.calls] == ["DescribeRegistry"]


def test_an_old_botocore_has_no_backfill(
    registry: Registry, memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.registry_settings.replication.backfill.operations_of", lambda _: frozenset[str]())
    with pytest.raises(SpecError, match=r"a backfill needs botocore 1\.43\.119 or later"):
        registry.replication.backfill("eu-central-1")
    assert not memory_cloud.calls


def test_one_to_another_account_of_the_region_is_waited_for(memory_cloud: Cloud, backfills: Any) -> None:
    registry = registry_of(memory_cloud)
    registry.replication.add(to=["eu-central-1", f"{OTHER}/eu-central-1"])
    backfills.running_for = 6
    theirs = start_by_another(memory_cloud, account=OTHER)
    backfills.running_for = 0
    with pytest.raises(DeadlineError, match=r"to eu-central-1 was not started: another one .* within 5 seconds; the"):
        registry.replication.backfill("eu-central-1", timeout=5)
    seen: list[Call] = []
    result = registry.replication.backfill("eu-central-1", on_wait=lambda _: seen.extend(memory_cloud.calls))
    assert result.status == "COMPLETE"
    assert result.id != theirs
    assert seen
