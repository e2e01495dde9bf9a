"""End to end: an event is pushed and arrives as configured, or in the dead letters, or nowhere, and nothing is left.

The emulator delivers as EventBridge's guide says; these tests show that what ecrops sets up is enough there, and
that less is not. They do not prove what AWS does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ecrops import Registry
from ecrops.events import Target
from ecrops.testing import Cloud
from support import registry_of

from .support import (
    arn,
    bodies,
    make_function,
    make_places,
    make_queue,
    make_role,
    pushed,
    queue_policy,
    received,
    rule_names,
)


class Kind(NamedTuple):
    """A kind of target: how it is made, what arrived there, and what is left of its permissions."""

    make: Callable[[Cloud], Target]
    arrived: Callable[[Cloud], list[Any]]
    forbid: Callable[[Cloud], None]
    left: Callable[[Cloud], object] = lambda cloud: []


def topic(cloud: Cloud) -> Target:
    sns = cloud.client("sns")
    made = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=made, Protocol="sqs", Endpoint=make_queue(cloud, "readers"))
    return Target(made, dead_letter_arn=arn("sqs", "dead"))


def topic_policy(cloud: Cloud) -> list[dict[str, Any]]:
    attributes = cloud.client("sns").get_topic_attributes(TopicArn=arn("sns", "news"))["Attributes"]
    statements: list[dict[str, Any]] = json.loads(attributes["Policy"])["Statement"]
    return [each for each in statements if str(each.get("Sid")).startswith("Ecrops")]


def forbid_topic(cloud: Cloud) -> None:
    sns, topic = cloud.client("sns"), arn("sns", "news")
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if not each["Sid"].startswith("Ecrops")]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))


def forbid_queue(cloud: Cloud, name: str = "pushes") -> None:
    sqs = cloud.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], Attributes={"Policy": ""})


def log_group(cloud: Cloud) -> Target:
    cloud.client("logs").create_log_group(logGroupName="/aws/events/ecr")
    return Target(arn("logs", "log-group:/aws/events/ecr:*"), dead_letter_arn=arn("sqs", "dead"))


def logged(cloud: Cloud) -> list[Any]:
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/events/ecr")["events"]
    return [json.loads(each["message"]) for each in events]


def log_policies(cloud: Cloud) -> list[dict[str, Any]]:
    return list(cloud.client("logs").describe_resource_policies()["resourcePolicies"])


def function_policy(cloud: Cloud, name: str, **qualifier: str) -> list[dict[str, Any]]:
    functions = cloud.client("lambda")
    try:
        statements: list[dict[str, Any]] = json.loads(functions.get_policy(FunctionName=name, **qualifier)["Policy"])[
            "Statement"
        ]
    except functions.exceptions.ResourceNotFoundException:
        return []
    return statements


def of_function(qualifier: str) -> Kind:
    name, more = arn("lambda", "function:work"), {"Qualifier": qualifier} if qualifier else {}
    whole = f"{name}:{qualifier}" if qualifier else name

    def make(cloud: Cloud) -> Target:
        make_function(cloud)
        return Target(whole, dead_letter_arn=arn("sqs", "dead"))

    def forbid(cloud: Cloud) -> None:
        [statement] = function_policy(cloud, "work", **more)
        cloud.client("lambda").remove_permission(FunctionName="work", StatementId=statement["Sid"], **more)

    return Kind(
        make,
        lambda cloud: cloud.emulator.events.invoked(whole),
        forbid,
        lambda cloud: function_policy(cloud, "work", **more),
    )


def by_role(service: str, resource: str, **more: Any) -> Kind:
    def make(cloud: Cloud) -> Target:
        make_places(cloud, arn(service, resource))
        return Target(arn(service, resource), role_arn=make_role(cloud), dead_letter_arn=arn("sqs", "dead"), **more)

    def forbid(cloud: Cloud) -> None:
        cloud.client("iam").delete_role(RoleName="events")

    return Kind(make, lambda cloud: cloud.emulator.events.invoked(arn(service, resource)), forbid)


def queue_of(name: str, group: str | None = None, **attributes: str) -> Kind:
    def make(cloud: Cloud) -> Target:
        return Target(make_queue(cloud, name, **attributes), dead_letter_arn=arn("sqs", "dead"), message_group_id=group)

    return Kind(
        make,
        lambda cloud: bodies(cloud, name),
        lambda cloud: forbid_queue(cloud, name),
        lambda cloud: queue_policy(cloud, name),
    )


KINDS: dict[str, Kind] = {
    "queue": queue_of("pushes"),
    "fifo queue": queue_of("pushes.fifo", "ecr", FifoQueue="true", ContentBasedDeduplication="true"),
    "topic": Kind(
        topic,
        lambda cloud: [json.loads(each["Message"]) for each in bodies(cloud, "readers")],
        forbid_topic,
        topic_policy,
    ),
    "function": of_function(""),
    "version": of_function("1"),
    "alias": of_function("live"),
    "log group": Kind(log_group, logged, lambda cloud: _forbid_logs(cloud), log_policies),
    "state machine": by_role("states", "stateMachine:scan"),
    "stream": by_role("kinesis", "stream/s"),
    "firehose": by_role("firehose", "deliverystream/s"),
    "task": by_role("ecs", "cluster/c", parameters={"EcsParameters": {"TaskDefinitionArn": "t"}}),
    "bus": by_role("events", "event-bus/other"),
    "api destination": by_role("events", "api-destination/hook/8d0c"),
}


def _forbid_logs(cloud: Cloud) -> None:
    cloud.client("logs").delete_resource_policy(policyName="ecrops-events")


def dead_letters(cloud: Cloud) -> list[tuple[str, str]]:
    return [
        (each["MessageAttributes"]["TARGET_ARN"]["StringValue"], each["MessageAttributes"]["ERROR_CODE"]["StringValue"])
        for each in received(cloud, "dead")
    ]


OVER_HTTP = ("queue", "topic", "alias", "log group", "state machine")


@pytest.mark.parametrize(
    ("transport", "kind"), [*(("memory_cloud", kind) for kind in KINDS), *(("http_cloud", kind) for kind in OVER_HTTP)]
)
def test_a_push_arrives_with_permission_is_buried_without_and_stops_with_the_rule(
    request: pytest.FixtureRequest, transport: str, kind: str
) -> None:
    cloud: Cloud = request.getfixturevalue(transport)
    make, arrived, forbid, left = KINDS[kind]
    make_queue(cloud, "dead")
    target, registry = make(cloud), registry_of(cloud)
    plan = registry.repository("team/api").on_image_pushed("pushes", target=target)
    assert plan
    assert not registry.repository("team/api").on_image_pushed("pushes", target=target)

    cloud.emulator.events.emit(pushed("another"))
    cloud.emulator.events.emit(pushed(tag="v7"))
    assert [each["detail"]["image-tag"] for each in arrived(cloud)] == ["v7"]
    assert dead_letters(cloud) == []

    forbid(cloud)
    before = len(arrived(cloud))
    cloud.emulator.events.emit(pushed())
    assert dead_letters(cloud) == [(target.to_aws()["Arn"], "NO_PERMISSIONS")]
    assert len(arrived(cloud)) == before

    if not target.role_arn:
        assert registry.repository("team/api").on_image_pushed("pushes", target=target)
        assert left(cloud)
    assert registry.rule("pushes").remove()
    before = len(arrived(cloud))
    cloud.emulator.events.emit(pushed())
    assert len(arrived(cloud)) == before
    assert dead_letters(cloud) == []
    assert rule_names(cloud.client("events")) == []
    assert left(cloud) == []
    assert queue_policy(cloud, "dead") == []
    assert not registry.rule("pushes").remove()


INPUTS: dict[str, tuple[dict[str, Any], Any]] = {
    "input": ({"input": {"hello": "world"}}, {"hello": "world"}),
    "part": ({"input_path": "$.detail.image-tag"}, "v1"),
    "transformer": (
        {
            "input_transformer": {
                "InputPathsMap": {"tag": "$.detail.image-tag", "detail": "$.detail"},
                "InputTemplate": '{"text": "pushed <tag>", "tag": <tag>, "rule": "<aws.events.rule-name>"}',
            }
        },
        {"text": "pushed v1", "tag": "v1", "rule": "pushes"},
    ),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_the_event_arrives_as_it_was_shaped(cloud: Cloud, registry: Registry, kind: str) -> None:
    told, expected = INPUTS[kind]
    registry.repository("team/api").on_image_pushed("pushes", target=Target(arn("sqs", "pushes"), **told))
    cloud.emulator.events.emit(pushed())
    assert bodies(cloud) == [expected]


def test_a_disabled_rule_sends_nothing_until_it_is_enabled(cloud: Cloud, registry: Registry) -> None:
    repo, rule = registry.repository("team/api"), registry.rule("pushes")
    repo.on_image_pushed("pushes", target=arn("sqs", "pushes"), state="DISABLED")
    cloud.emulator.events.emit(pushed())
    assert bodies(cloud) == []
    assert rule.enable()
    assert not rule.enable()
    cloud.emulator.events.emit(pushed())
    assert len(bodies(cloud)) == 1
    assert rule.disable()
    cloud.emulator.events.emit(pushed())
    assert bodies(cloud) == []


def test_enhanced_scans_arrive_after_the_registry_was_asked(cloud: Cloud, registry: Registry) -> None:
    cloud.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    registry.repository("team/api").on_image_scan_completed("scans", target=arn("sqs", "pushes"))
    assert len(cloud.calls.of("GetRegistryScanningConfiguration")) == 2, "for the plan, and for the writes"
    whole = arn("ecr", "repository/team/api")
    detail = {"scan-status": "INITIAL_SCAN_COMPLETE", "repository-name": whole, "image-tags": []}
    event = {"source": "aws.inspector2", "detail-type": "Inspector2 Scan", "detail": detail}
    cloud.emulator.events.emit(event)
    cloud.emulator.events.emit({**event, "detail": {**detail, "repository-name": f"{whole}2"}})
    assert len(bodies(cloud)) == 1


def test_the_rule_follows_the_scan_type_of_the_registry(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("team/api")
    repo.on_image_scan_completed(target=arn("sqs", "pushes"))
    cloud.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    [change] = repo.on_image_scan_completed(target=arn("sqs", "pushes"))
    assert change.operation == "PutRule"
    assert "Inspector2 Scan" in change.params["EventPattern"]
    assert len(rule_names(cloud.client("events"))) == 1


def test_a_told_scan_type_is_not_asked_for(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_scan_completed(target=arn("sqs", "pushes"), scan_type="BASIC")
    assert not cloud.calls.of("GetRegistryScanningConfiguration")


def test_pulls_arrive_in_the_state_that_lets_reading_calls_through(cloud: Cloud, registry: Registry) -> None:
    pulls = {"detail": {"eventName": ["BatchGetImage"]}}
    registry.repository("team/api").on_cloud_trail_event("pulls", target=arn("sqs", "pushes"), event_pattern=pulls)
    state = cloud.client("events").describe_rule(Name="pulls")["State"]
    assert state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    detail = {"eventName": "BatchGetImage", "requestParameters": {"repositoryName": "team/api"}}
    cloud.emulator.events.emit({"source": "aws.ecr", "detail-type": "AWS API Call via CloudTrail", "detail": detail})
    assert len(bodies(cloud)) == 1
    cloud.client("events").enable_rule(Name="pulls")
    cloud.emulator.events.emit({"source": "aws.ecr", "detail-type": "AWS API Call via CloudTrail", "detail": detail})
    assert bodies(cloud) == []


def test_events_reach_another_bus_and_its_rules(cloud: Cloud, registry: Registry) -> None:
    cloud.client("events").create_event_bus(Name="other")
    bus = Target(arn("events", "event-bus/other"), role_arn=make_role(cloud))
    registry.repository("team/api").on_image_pushed("forward", target=bus)
    registry.repository("team/api").on_image_pushed("pushes", target=arn("sqs", "pushes"), bus="other")
    cloud.emulator.events.emit(pushed())
    assert len(bodies(cloud)) == 1
    [statement] = queue_policy(cloud)
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/other/pushes")]
    assert registry.rule("pushes", "other").remove()
    assert queue_policy(cloud) == []


def test_one_rule_of_a_registry_serves_a_fleet(cloud: Cloud, registry: Registry) -> None:
    from ecrops.events import prefix

    registry.on_image_pushed(target=arn("sqs", "pushes"), repositories=prefix("team/"))
    for name in ("team/api", "team/web", "other/api"):
        cloud.emulator.events.emit(pushed(name))
    assert [each["detail"]["repository-name"] for each in bodies(cloud)] == ["team/api", "team/web"]
