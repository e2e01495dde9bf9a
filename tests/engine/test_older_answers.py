"""A service that answers a reading with an older value: nothing is derived from a reading that lacks our last write."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from ecrops import Registry, RepositorySpec, RetryPolicy, Role, Wait
from ecrops.events import on_image_pushed
from ecrops.testing import Cloud
from support import registry_of
from tests.access.world import by_resource, inline, populate
from tests.events.support import arn, queue_policy

QUEUE = arn("sqs", "pushes")
NAMES = ("aa", "bb", "cc")


def registry_that_waits(cloud: Cloud, **options: Any) -> tuple[Registry, list[float]]:
    waits: list[float] = []
    return registry_of(cloud, retry=RetryPolicy(sleep=waits.append, **options)), waits


def test_a_grant_is_not_derived_from_a_policy_that_lacks_our_last_one(memory_cloud: Cloud) -> None:
    populate(memory_cloud, *NAMES)
    registry, _ = registry_that_waits(memory_cloud)
    memory_cloud.faults.lag.of("iam", 3)
    for name in NAMES:
        registry.repository(name).grant_pull(Role("nodes"))
    assert set(inline(memory_cloud, "role", "nodes")) >= set(NAMES)
    assert memory_cloud.faults.lag.served


def test_a_managed_policy_is_not_derived_from_one_that_lacks_our_last_grant(memory_cloud: Cloud) -> None:
    populate(memory_cloud, *NAMES)
    registry, _ = registry_that_waits(memory_cloud)
    memory_cloud.faults.lag.of("iam", 3)
    for name in NAMES:
        registry.repository(name).grant_pull(Role("nodes"), attach="managed")
    [document] = memory_cloud.emulator.policies()["managed"].values()
    assert set(by_resource(document)) >= set(NAMES)
    assert memory_cloud.faults.lag.served


def test_a_rule_is_not_authorised_from_a_policy_that_lacks_our_last_one(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "aa")
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    registry, _ = registry_that_waits(memory_cloud)
    memory_cloud.faults.lag.of("sqs", 4)
    for name in ("first", "second"):
        registry.repository("aa").on_image_pushed(name, target=QUEUE)
    [statement] = queue_policy(memory_cloud)
    assert len(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == 2


def test_a_topic_too(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "aa")
    topic = memory_cloud.client("sns").create_topic(Name="pushes")["TopicArn"]
    registry, _ = registry_that_waits(memory_cloud)
    memory_cloud.faults.lag.of("sns", 2)
    for name in ("first", "second"):
        registry.repository("aa").on_image_pushed(name, target=topic)
    text = memory_cloud.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    assert text.count("EcropsRule") == 2


def test_a_second_ensure_after_a_write_that_is_not_seen_yet_has_nothing_to_do(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "aa")
    registry, waits = registry_that_waits(memory_cloud)
    memory_cloud.faults.lag.of("iam", 2)
    registry.repository("aa").grant_pull(Role("nodes"))
    assert not registry.repository("aa").grant_pull(Role("nodes"))
    assert sum(waits) < 10


def test_the_wait_ends_where_another_writer_took_our_write_away(memory_cloud: Cloud) -> None:
    populate(memory_cloud, *NAMES)
    registry, waits = registry_that_waits(memory_cloud)
    registry.repository("aa").grant_pull(Role("nodes"))
    memory_cloud.client("iam").delete_role_policy(RoleName="nodes", PolicyName="ecrops")
    registry.repository("bb").grant_pull(Role("nodes"))
    assert set(inline(memory_cloud, "role", "nodes")) & set(NAMES) == {"bb"}
    assert 25 < sum(waits) < 40, "as long as IAM may take, and no longer"


@pytest.mark.parametrize("budget", [0, 2.5])
def test_the_wait_is_within_the_propagation_budget(memory_cloud: Cloud, budget: float) -> None:
    populate(memory_cloud, *NAMES)
    registry, waits = registry_that_waits(memory_cloud, propagation_budget=budget)
    registry.repository("aa").grant_pull(Role("nodes"))
    memory_cloud.client("iam").delete_role_policy(RoleName="nodes", PolicyName="ecrops")
    waits.clear()
    registry.repository("bb").grant_pull(Role("nodes"))
    assert sum(waits) <= budget + 1  # and the pause before the verifying read


@pytest.mark.parametrize("budget", [0.5, 1, 2.5])
def test_the_wait_ends_with_the_propagation_budget_and_not_before(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, budget: float
) -> None:
    populate(memory_cloud, *NAMES)
    policy, waits = RetryPolicy(sleep=lambda seconds: None, propagation_budget=budget), list[Wait]()
    registry = registry_of(memory_cloud, retry=policy, on_wait=waits.append)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)  # only the waits take time
    registry.repository("aa").grant_pull(Role("nodes"))
    memory_cloud.client("iam").delete_role_policy(RoleName="nodes", PolicyName="ecrops")
    registry.repository("bb").grant_pull(Role("nodes"))
    seconds = [wait.seconds for wait in waits if "the answer lacks what was written last" in wait.reason]
    assert sum(seconds) == pytest.approx(budget)


@pytest.mark.parametrize("budget", [0.5, 1])
def test_a_short_budget_is_enough_for_an_answer_that_is_one_reading_old(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, budget: float
) -> None:
    populate(memory_cloud, *NAMES)
    registry, _ = registry_that_waits(memory_cloud, propagation_budget=budget)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for name in NAMES:
        memory_cloud.faults.lag.of("iam", 1)
        registry.repository(name).grant_pull(Role("nodes"))
    assert set(inline(memory_cloud, "role", "nodes")) >= set(NAMES)
    assert memory_cloud.faults.lag.served


def test_what_an_earlier_process_wrote_is_not_waited_for(memory_cloud: Cloud) -> None:
    populate(memory_cloud, *NAMES)
    registry, waits = registry_that_waits(memory_cloud)
    registry.repository("aa").grant_pull(Role("nodes"))
    registry.repository("aa").revoke(Role("nodes"))
    waits.clear()
    registry.repository("bb").grant_pull(Role("nodes"))
    assert sum(waits) <= 1


def test_what_the_next_step_of_the_same_apply_takes_away_is_not_waited_for(memory_cloud: Cloud) -> None:
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    registry, waits = registry_that_waits(memory_cloud)
    registry.ensure(RepositorySpec("aa", events=[on_image_pushed("first", target=QUEUE)]))
    waits.clear()
    registry.ensure(RepositorySpec("aa", events=[on_image_pushed("second", target=QUEUE)]))
    [statement] = queue_policy(memory_cloud)
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/second")]
    assert sum(waits) < 10


def test_what_was_written_in_another_region_counts_for_iam_which_has_none(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "aa", "cc")
    memory_cloud.client("ecr", region="us-east-1").create_repository(repositoryName="bb")
    first, waits = registry_that_waits(memory_cloud)
    first.repository("aa").grant_pull(Role("nodes"))
    name = {"RoleName": "nodes", "PolicyName": "ecrops"}
    older = [quote(json.dumps(memory_cloud.client("iam").get_role_policy(**name)["PolicyDocument"]))] * 2
    first.repository("cc").grant_pull(Role("nodes"))

    def answer_late(parsed: dict[str, Any], **_: Any) -> None:
        if older:
            parsed["PolicyDocument"] = older.pop()

    session = memory_cloud.session("us-east-1", own=True)
    session.events.register("after-call.iam.GetRolePolicy", answer_late)
    second = Registry(session, retry=RetryPolicy(sleep=waits.append))
    assert first.account_id == second.account_id
    second.repository("bb").grant_pull(Role("nodes"))
    assert not older
    assert set(inline(memory_cloud, "role", "nodes")) >= set(NAMES)


def test_the_pauses_before_a_value_is_read_again_are_five_seconds_at_most(memory_cloud: Cloud) -> None:
    populate(memory_cloud, *NAMES)
    registry, waits = registry_that_waits(memory_cloud)
    registry.repository("aa").grant_pull(Role("nodes"))
    memory_cloud.client("iam").delete_role_policy(RoleName="nodes", PolicyName="ecrops")
    waits.clear()
    registry.repository("bb").grant_pull(Role("nodes"))
    assert len(waits) > 5
    assert max(waits) == 5
