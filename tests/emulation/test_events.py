"""The emulated EventBridge and Lambda themselves: what they say is what we read in AWS's model and guide."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops.testing import Client, Cloud
from tests.events.support import SAMPLE, arn, bodies, make_function, make_places, make_queue, make_role

PATTERN = json.dumps({"source": ["aws.ecr"]})


@pytest.fixture
def events(cloud: Cloud) -> Client:
    """Somebody's client, and a rule."""
    client = cloud.client("events")
    client.put_rule(Name="rule", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "1"}])
    return client


def targets(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": f"t{number}", "Arn": arn("sqs", f"q{number}"), **more} for number in range(count)]


REFUSED: dict[str, tuple[Callable[[Client], object], str]] = {
    "65 characters": (lambda events: events.put_rule(Name="x" * 65, EventPattern=PATTERN), "ValidationException"),
    "a state that is none": (
        lambda events: events.put_rule(Name="x", EventPattern=PATTERN, State="ON"),
        "ValidationException",
    ),
    "an operator that is none": (
        lambda events: events.put_rule(Name="x", EventPattern='{"a": [{"like": "b"}]}'),
        "InvalidEventPatternException",
    ),
    "an empty list": (
        lambda events: events.put_rule(Name="x", EventPattern='{"a": []}'),
        "InvalidEventPatternException",
    ),
    "six targets": (lambda events: events.put_targets(Rule="rule", Targets=targets(6)), "LimitExceededException"),
    "two inputs": (
        lambda events: events.put_targets(Rule="rule", Targets=targets(1, Input="{}", InputPath="$.detail")),
        "ValidationException",
    ),
    "a state machine without a role": (
        lambda events: events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": arn("states", "stateMachine:x")}]),
        "ValidationException",
    ),
    "targets of no rule": (
        lambda events: events.put_targets(Rule="none", Targets=targets(1)),
        "ResourceNotFoundException",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_eventbridge_refuses_is_refused(events: Client, case: str) -> None:
    act, code = REFUSED[case]
    with pytest.raises(ClientError) as caught:
        act(events)
    assert caught.value.response["Error"]["Code"] == code


def test_nobody_sends_events_of_aws(events: Client) -> None:
    entry = {"Source": "aws.ecr", "DetailType": "ECR Image Action", "Detail": "{}"}
    answer = events.put_events(Entries=[entry, {**entry, "Source": "mine"}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_rule_with_targets_is_not_deleted_and_a_missing_one_is_no_error(events: Client) -> None:
    events.put_targets(Rule="rule", Targets=targets(1))
    with pytest.raises(ClientError, match="has targets"):
        events.delete_rule(Name="rule")
    events.delete_rule(Name="missing")


def test_tags_of_a_rule_that_is_there_are_not_put_with_it(events: Client) -> None:
    events.put_rule(Name="rule", EventPattern=PATTERN, Tags=[{"Key": "b", "Value": "2"}])
    tags = events.list_tags_for_resource(ResourceARN=arn("events", "rule/rule"))["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize("buses", [("default", "other"), ("other", "default")])
def test_rules_of_one_name_on_two_buses_have_tags_of_their_own(cloud: Cloud, buses: tuple[str, str]) -> None:
    events = cloud.client("events")
    events.create_event_bus(Name="other")
    arns = {"default": arn("events", "rule/twin"), "other": arn("events", "rule/other/twin")}
    for bus in buses:
        tags = [{"Key": "bus", "Value": bus}, {"Key": "old", "Value": ""}]
        assert events.put_rule(Name="twin", EventBusName=bus, EventPattern=PATTERN, Tags=tags)["RuleArn"] == arns[bus]
        events.tag_resource(ResourceARN=arns[bus], Tags=[{"Key": f"of {bus}", "Value": "1"}])
        events.untag_resource(ResourceARN=arns[bus], TagKeys=["old"])
    for bus, each in arns.items():
        found = {tag["Key"]: tag["Value"] for tag in events.list_tags_for_resource(ResourceARN=each)["Tags"]}
        assert found == {"bus": bus, f"of {bus}": "1"}
    events.delete_rule(Name="twin", EventBusName=buses[0])
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.list_tags_for_resource(ResourceARN=arns[buses[0]])
    assert events.list_tags_for_resource(ResourceARN=arns[buses[1]])["Tags"]


def test_a_new_rule_appears_late_on_its_own_bus_only(cloud: Cloud, events: Client) -> None:
    events.create_event_bus(Name="other")
    cloud.emulator.events.appear_after = 1
    events.put_rule(Name="rule", EventBusName="other", EventPattern=PATTERN)
    assert not events.put_targets(Rule="rule", Targets=targets(1))["FailedEntryCount"]
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.put_targets(Rule="rule", EventBusName="other", Targets=targets(1))


def test_some_targets_fail_with_http_200(cloud: Cloud, events: Client) -> None:
    cloud.emulator.events.refuse("t1", "ConcurrentModificationException", times=1)
    answer = events.put_targets(Rule="rule", Targets=targets(2))
    assert [entry["TargetId"] for entry in answer["FailedEntries"]] == ["t1"]
    assert [target["Id"] for target in events.list_targets_by_rule(Rule="rule")["Targets"]] == ["t0"]
    assert events.put_targets(Rule="rule", Targets=targets(2))["FailedEntryCount"] == 0


def test_a_pattern_is_tried(events: Client) -> None:
    whole = {**SAMPLE, "id": "1", "account": "1", "time": "t", "region": "r", "resources": []}
    for pattern, expected in ((PATTERN, True), ('{"source": ["other"]}', False)):
        assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(whole))["Result"] is expected


def test_a_target_without_permission_and_without_dead_letters_loses_the_event(cloud: Cloud, events: Client) -> None:
    queue = make_queue(cloud)
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": queue}])
    cloud.emulator.events.emit(SAMPLE)
    assert bodies(cloud) == []


def test_a_topic_with_a_condition_lets_eventbridge_not_in(cloud: Cloud, events: Client) -> None:
    sns, dead = cloud.client("sns"), make_queue(cloud, "readers")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=dead)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": topic}])
    for condition, arrived in (
        ({"Condition": {"ArnEquals": {"aws:SourceArn": arn("events", "rule/rule")}}}, 0),
        ({}, 1),
    ):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **condition}]})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        cloud.emulator.events.emit(SAMPLE)
        assert len(bodies(cloud, "readers")) == arrived


def test_a_permission_is_given_once_to_each_alias(cloud: Cloud) -> None:
    make_function(cloud)
    functions = cloud.client("lambda")
    permission = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    functions.add_permission(FunctionName="work", **permission)
    functions.add_permission(FunctionName="work", Qualifier="live", **permission)
    with pytest.raises(functions.exceptions.ResourceConflictException):
        functions.add_permission(FunctionName="work", **permission)
    functions.remove_permission(FunctionName="work", StatementId="a")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName="work")
    assert functions.get_policy(FunctionName="work", Qualifier="live")


def test_a_role_that_nobody_can_take_on_invokes_nothing(cloud: Cloud, events: Client) -> None:
    machine, role = arn("states", "stateMachine:scan"), make_role(cloud)
    make_places(cloud, machine)
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": machine, "RoleArn": role}])
    cloud.emulator.events.emit(SAMPLE)
    assert len(cloud.emulator.events.invoked(machine)) == 1
    cloud.client("iam").delete_role(RoleName="events")
    cloud.emulator.events.emit(SAMPLE)
    assert len(cloud.emulator.events.invoked(machine)) == 1


@pytest.mark.parametrize("gone", [arn("states", "stateMachine:scan"), arn("kinesis", "stream/s")])
def test_what_is_gone_is_not_invoked_though_the_role_is_there(cloud: Cloud, events: Client, gone: str) -> None:
    role, dead = make_role(cloud), make_queue(cloud, "dead")
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs, policy = cloud.client("sqs"), json.dumps({"Statement": [{**allow, "Resource": dead}]})
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="dead")["QueueUrl"], Attributes={"Policy": policy})
    letters = {"DeadLetterConfig": {"Arn": dead}}
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": gone, "RoleArn": role, **letters}])
    cloud.emulator.events.emit(SAMPLE)
    assert cloud.emulator.events.invoked(gone) == []
    [letter] = bodies(cloud, "dead")
    assert letter["source"] == "aws.ecr"
