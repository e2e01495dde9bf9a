"""Trying a rule end to end through temporary copies of it, of which nothing is left."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ecrops import DeadlineError, Registry, SpecError
from ecrops.events import Event, Target, prefix
from ecrops.events.patterns import kinds
from ecrops.events.patterns.kinds import KINDS
from ecrops.events.patterns.pattern import Pattern
from ecrops.events.patterns.samples import sample_for
from ecrops.events.patterns.selection import EXAMPLE_LOCATION
from ecrops.testing import Cloud
from support import registry_of

from .support import arn, bodies, make_function, make_places, make_queue, pushed, queue_policy, rule_names

QUEUE = arn("sqs", "pushes")
OPTIONS = {"image-scan-completed": {"scan_type": "ENHANCED"}, "image-finding": {"scan_type": "ENHANCED"}}


@pytest.mark.parametrize("whose", ["team/api", ("a1", "a2"), prefix("team/"), None], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_made_for_a_pattern_matches_it(kind: str, whose: object) -> None:
    for options in ({}, OPTIONS.get(kind, {})):
        pattern = Event(kind, repositories=whose, options=options).pattern()  # type: ignore[arg-type]
        assert pattern.matches(sample_for(pattern.document, EXAMPLE_LOCATION))


def test_a_sample_is_made_for_every_operator() -> None:
    values = [
        {"prefix": "a"}, {"suffix": {"equals-ignore-case": "B"}}, {"wildcard": "a*b"}, {"numeric": [">", 3]},
        {"numeric": ["<", 3]}, {"numeric": ["=", 3]}, {"numeric": [">", 3, "<=", 4]}, {"exists": True},
        {"exists": False}, {"cidr": "10.0.0.0/8"}, {"anything-but": ["x"]},
        {"anything-but": ["example", "another"]}, {"equals-ignore-case": "x"}, "x", 5, None,
    ]  # fmt: skip
    for value in values:
        pattern = Pattern({"source": ["aws.ecr"], "detail": {"image-tag": [value], "deep": {"er": [value]}}})
        assert pattern.matches(sample_for(pattern.document, EXAMPLE_LOCATION)), value
    either = Pattern({"$or": [{"detail": {"x": ["1"]}}, {"detail": {"y": ["2"]}}]})
    assert either.matches(sample_for(either.document, EXAMPLE_LOCATION))


def test_a_rule_that_works_is_reported_so_and_nothing_is_left(cloud: Cloud, registry: Registry) -> None:
    function = make_function(cloud)
    registry.repository("team/api").on_image_pushed("pushes", targets=[QUEUE, function])
    report = registry.rule("pushes").send_test_event()
    assert report
    assert report.matched
    assert report.arrived is not None
    assert report.arrived["detail"]["repository-name"] == "team/api"
    assert report.sent_to == [QUEUE, function]
    [event] = bodies(cloud)
    assert event["source"].startswith("ecrops-test-")
    assert cloud.emulator.events.invoked(function) == [event]
    assert str(report).splitlines() == [
        "the event matches the pattern of the rule",
        "it came through EventBridge",
        f"{QUEUE}: no failure seen",
        f"{function}: no failure seen",
    ]
    assert rule_names(cloud.client("events")) == ["pushes"]
    assert cloud.client("sqs").list_queues()["QueueUrls"] == [
        cloud.client("sqs").get_queue_url(QueueName="pushes")["QueueUrl"]
    ]
    [statement] = queue_policy(cloud)
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/pushes")]
    [own] = json.loads(cloud.client("lambda").get_policy(FunctionName="work")["Policy"])["Statement"]
    assert own["Condition"]["ArnLike"]["AWS:SourceArn"] == arn("events", "rule/pushes")


def test_a_target_that_cannot_be_invoked_is_reported_with_the_reason(cloud: Cloud, registry: Registry) -> None:
    machine = arn("states", "stateMachine:scan")
    target = Target(machine, role_arn="arn:aws:iam::123456789012:role/missing")
    make_places(cloud, machine, str(target.role_arn))
    registry.repository("team/api").on_image_pushed("pushes", target=target)
    cloud.client("iam").delete_role(RoleName="missing")
    report = registry.rule("pushes").send_test_event()
    assert not report
    assert report.failed == {machine: "NO_PERMISSIONS"}
    assert f"{machine}: NO_PERMISSIONS" in str(report)


def test_a_permission_that_the_rule_lacks_is_reported_though_its_copy_has_it(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    sqs = cloud.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="pushes")["QueueUrl"], Attributes={"Policy": ""})
    report = registry.rule("pushes").send_test_event()
    assert not report
    assert report.missing == [f"~ {QUEUE} policy: rule pushes"]
    assert queue_policy(cloud) == []


def test_a_target_that_ecrops_does_not_authorise_is_not_tried(cloud: Cloud, registry: Registry) -> None:
    function = make_function(cloud)
    registry.repository("team/api").on_image_pushed("pushes", targets=[Target(QUEUE, authorize=False), function])
    report = registry.rule("pushes").send_test_event()
    assert report
    assert (report.sent_to, report.untried) == ([function], [QUEUE])
    assert f"{QUEUE}: not tried" in str(report)
    assert all("/pushes" not in call.params["QueueUrl"] for call in cloud.calls.of("SetQueueAttributes"))


def test_what_was_set_up_is_taken_away_though_the_time_is_over(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_queue(memory_cloud)
    registry = registry_of(memory_cloud)
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    soon = registry.within(2)

    def wait_too_long(*_: Any) -> None:
        time.sleep(soon.aws.remaining + 0.01)

    monkeypatch.setattr("ecrops.events.testing._Stage.wait_until_it_works", wait_too_long)
    with pytest.raises(DeadlineError):
        soon.rule("pushes").send_test_event()
    assert rule_names(memory_cloud.client("events")) == ["pushes"]
    assert len(memory_cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    [statement] = queue_policy(memory_cloud)
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/pushes")]


def test_a_pattern_without_room_for_the_name_of_a_test_is_refused_before_anything_is_made(
    cloud: Cloud, registry: Registry
) -> None:
    cloud.emulator.events.raise_quotas(pattern_characters=4096)
    tags = [f"a-rather-long-tag-number-{number:03}" for number in range(127)]
    registry.repository("team/api").on_image_pushed("pushes", image_tags=tags)
    assert 4000 < len(json.dumps(registry.rule("pushes").describe()["EventPattern"], separators=(",", ":"))) <= 4096
    cloud.calls.clear()
    with pytest.raises(SpecError, match="the pattern of the copy: has at most 4,096 characters"):
        registry.rule("pushes").send_test_event()
    assert cloud.calls.writes() == []


def test_an_event_is_given_the_envelope_that_it_lacks(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    report = registry.rule("pushes").send_test_event(pushed())
    assert report
    assert report.event["account"] == cloud.account
    assert report.event["detail"] == pushed()["detail"]


def test_an_event_that_does_not_match_is_not_sent(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    event = sample_for(kinds.image_deleted("team/api").document, EXAMPLE_LOCATION)
    report = registry.rule("pushes").send_test_event(event)
    assert not report
    assert str(report) == "the event does not match the pattern of the rule"
    assert not cloud.calls.of("PutEvents")


def test_an_event_that_does_not_come_is_reported_and_nothing_is_left(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    cloud.faults.on("denied", operation="ReceiveMessage", times=None)
    with pytest.raises(Exception, match="AccessDenied"):
        registry.rule("pushes").send_test_event()
    assert rule_names(cloud.client("events")) == ["pushes"]
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1


def test_a_dry_run_asks_eventbridge_and_sends_nothing(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    cloud.calls.clear()
    report = registry_of(cloud, dry_run=True).rule("pushes").send_test_event()
    assert report.matched
    assert report.arrived is None
    assert str(report).endswith("it was not sent: this was a dry run")
    assert cloud.calls.writes() == []
    assert cloud.calls.of("TestEventPattern")


def test_a_rule_that_is_disabled_is_reported_though_its_copy_fires(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE, state="DISABLED")
    report = registry.rule("pushes").send_test_event()
    assert not report
    assert report.arrived
    assert report.missing == ["rule pushes is disabled: registry.rule(name).enable()"]


def test_a_schedule_has_no_event(cloud: Cloud, registry: Registry) -> None:
    cloud.client("events").put_rule(Name="daily", ScheduleExpression="rate(1 day)")
    with pytest.raises(SpecError, match="has a schedule"):
        registry.rule("daily").send_test_event()
