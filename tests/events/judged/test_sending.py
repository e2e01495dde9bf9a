"""``send_test_event``: what it reports, and that nothing is left of its copies."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import Registry
from ecrops.events import Event, Target, prefix
from ecrops.events.patterns.kinds import KINDS

from .judges import Judge

OPTIONS = {"image-scan-completed": {"scan_type": "BASIC"}, "image-finding": {"scan_type": "BASIC"}}
PUSH = {"action-type": "PUSH", "result": "SUCCESS", "repository-name": "team/api", "image-tag": "v1"}


@pytest.fixture
def queue(judge: Judge) -> str:
    """A queue to send to."""
    return judge.queue()


def left(judge: Judge) -> dict[str, Any]:
    """All rules, queues and queue policies."""
    sqs, events = judge.client("sqs"), judge.client("events")
    urls = sqs.list_queues().get("QueueUrls", [])
    policies = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes") for url in urls]
    return {"rules": [rule["Name"] for rule in events.list_rules()["Rules"]], "queues": urls, "policies": policies}


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_of_each_kind_comes_through_and_nothing_is_left(
    judge: Judge, registry: Registry, queue: str, kind: str
) -> None:
    verb = getattr(registry, f"on_{kind.replace('-', '_')}")
    options: dict[str, Any] = OPTIONS.get(kind, {})
    assert verb("rule", target=queue, repositories=prefix("team/"), **options)
    before = left(judge)
    report = registry.rule("rule").send_test_event(timeout=10)
    assert report, str(report)
    assert str(report).endswith(f"{queue}: no failure seen")
    [event] = judge.arrived(queue)
    assert event["source"].startswith("ecrops-test-")
    assert (
        Event(kind, repositories=prefix("team/"), options=options)
        .pattern()
        .matches({**event, "source": report.event["source"]})
    )
    assert left(judge) == before


def test_an_event_of_my_own_is_given_the_envelope_that_it_lacks(judge: Judge, registry: Registry, queue: str) -> None:
    registry.on_image_pushed("rule", target=queue)
    event = {"detail-type": "ECR Image Action", "source": "aws.ecr", "detail": {**PUSH, "extra": [1, {"a": None}]}}
    assert registry.rule("rule").send_test_event(event, timeout=10)
    [arrived] = judge.arrived(queue)
    assert arrived["detail"] == event["detail"]
    assert arrived["account"] == judge.account
    assert arrived["region"] == "eu-west-1"


@pytest.mark.parametrize(
    "detail", [{**PUSH, "action-type": "DELETE"}, {**PUSH, "repository-name": "other"}, {"result": "SUCCESS"}]
)
def test_an_event_that_does_not_match_is_not_sent(
    judge: Judge, registry: Registry, queue: str, detail: dict[str, Any]
) -> None:
    registry.on_image_pushed("rule", target=queue, repositories="team/api")
    event = {"detail-type": "ECR Image Action", "source": "aws.ecr", "detail": detail}
    report = registry.rule("rule").send_test_event(event, timeout=10)
    assert not report.matched
    assert not report
    assert judge.messages("pushes") == []


def test_all_targets_get_the_event(judge: Judge, registry: Registry, queue: str) -> None:
    topic, machine = judge.topic(), Target(judge.machine(), role_arn=judge.role())
    registry.on_image_pushed("rule", targets=[queue, topic, machine])
    report = registry.rule("rule").send_test_event(timeout=10)
    assert report
    assert sorted(report.sent_to) == sorted([queue, topic, machine.arn])
    assert [len(judge.arrived(arn)) for arn in (queue, judge.arn("sqs", "read"), machine.arn)] == [1, 1, 1]


def test_a_disabled_rule_is_reported_though_its_copy_fires(judge: Judge, registry: Registry, queue: str) -> None:
    registry.on_image_pushed("rule", target=queue)
    registry.rule("rule").disable()
    report = registry.rule("rule").send_test_event(timeout=10)
    assert not report
    assert report.arrived
    assert any("is disabled" in each for each in report.missing)
    assert registry.rule("rule").describe()["State"] == "DISABLED"


def test_a_permission_that_the_rule_lacks_is_reported(judge: Judge, registry: Registry, queue: str) -> None:
    registry.on_image_pushed("rule", target=queue)
    judge.client("sqs").set_queue_attributes(QueueUrl=judge.url("pushes"), Attributes={"Policy": ""})
    report = registry.rule("rule").send_test_event(timeout=10)
    assert not report
    assert report.missing


def test_a_rule_without_a_target_reaches_nobody(registry: Registry) -> None:
    registry.on_image_pushed("rule")
    report = registry.rule("rule").send_test_event(timeout=10)
    assert not report
    assert "the rule has no target" in str(report)


def test_a_dry_run_sends_nothing(judge: Judge, registry: Registry, queue: str) -> None:
    registry.on_image_pushed("rule", target=queue)
    before = left(judge)
    report = judge.registry(dry_run=True).rule("rule").send_test_event(timeout=10)
    assert report.matched
    assert not report.sent
    assert judge.messages("pushes") == []
    assert left(judge) == before


def test_a_target_that_is_gone_is_reported(judge: Judge, registry: Registry) -> None:
    machine = judge.machine()
    registry.on_image_pushed("rule", target=Target(machine, role_arn=judge.role()))
    judge.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    report = registry.rule("rule").send_test_event(timeout=10)
    assert not report
    assert machine in report.failed


@pytest.mark.parametrize(
    "template, reason", [('{"text": "found <d>"}', "is an object or a list"), ('{"a": <d>', "makes no JSON")]
)
def test_a_standing_target_that_would_get_nothing_is_reported(
    judge: Judge, registry: Registry, queue: str, template: str, reason: str
) -> None:
    registry.on_image_pushed("rule", target=queue)
    [target] = registry.rule("rule").targets()
    transformer = {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": template}
    judge.client("events").put_targets(Rule="rule", Targets=[{**target, "InputTransformer": transformer}])
    report = registry.rule("rule").send_test_event(timeout=10)
    assert not report
    assert reason in report.failed[queue]
    assert report.sent_to == []
    assert judge.messages("pushes") == []
