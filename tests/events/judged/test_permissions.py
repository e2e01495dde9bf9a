"""The steps that let EventBridge invoke a target: made with the rule, once, beside what others said, and taken away.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry
from ecrops.events import Target

from .judges import Judge

THEIRS = {"Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:SendMessage"}
RULE = "rule/pushed"


def of_queue(judge: Judge, name: str = "pushes") -> list[dict[str, Any]]:
    """The statements of a queue's policy."""
    answer = judge.client("sqs").get_queue_attributes(QueueUrl=judge.url(name), AttributeNames=["Policy"])
    text = answer.get("Attributes", {}).get("Policy")
    return list(json.loads(text)["Statement"]) if text else []


def of_topic(judge: Judge, arn: str) -> list[dict[str, Any]]:
    """The statements of a topic's policy that name EventBridge."""
    text = judge.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    return [each for each in json.loads(text)["Statement"] if "events.amazonaws.com" in str(each["Principal"])]


def of_function(judge: Judge, **qualifier: str) -> list[dict[str, Any]]:
    """The statements of a function's policy."""
    functions: Any = judge.client("lambda")
    try:
        policy = functions.get_policy(FunctionName="work", **qualifier)["Policy"]
    except functions.exceptions.ResourceNotFoundException:
        return []
    return list(json.loads(policy)["Statement"])


def of_groups(judge: Judge) -> list[dict[str, Any]]:
    """The statements of the policies that log groups share."""
    policies = judge.client("logs").describe_resource_policies()["resourcePolicies"]
    return [each for policy in policies for each in json.loads(policy["policyDocument"])["Statement"]]


def test_the_policy_of_a_queue(judge: Judge, registry: Registry) -> None:
    queue = judge.queue()
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**THEIRS, "Resource": queue}]})
    judge.client("sqs").set_queue_attributes(QueueUrl=judge.url("pushes"), Attributes={"Policy": policy})
    registry.on_image_pushed("pushed", target=queue)
    theirs, ours = sorted(of_queue(judge), key=lambda each: str(each["Sid"]), reverse=True)
    assert theirs["Sid"] == "theirs"
    assert ours["Principal"] == {"Service": "events.amazonaws.com"}
    assert ours["Action"] == "sqs:SendMessage"
    assert ours["Condition"] == {"ArnEquals": {"aws:SourceArn": [judge.arn("events", RULE)]}}
    registry.rule("pushed").remove()
    assert [each["Sid"] for each in of_queue(judge)] == ["theirs"]


def test_the_policy_of_a_topic(judge: Judge, registry: Registry) -> None:
    topic = judge.topic()
    before = judge.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    registry.on_image_pushed("pushed", target=topic)
    [ours] = of_topic(judge, topic)
    assert ours["Action"] in ("sns:Publish", "SNS:Publish")
    assert ours["Resource"] == topic
    assert not ours.get("Condition"), "EventBridge takes no conditions in the policy of a topic"
    registry.rule("pushed").remove()
    after = judge.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    assert json.loads(after)["Statement"] == json.loads(before)["Statement"]


@pytest.mark.parametrize("suffix, qualifier", [("", {}), (":1", {"Qualifier": "1"}), (":live", {"Qualifier": "live"})])
def test_the_policy_of_a_function(judge: Judge, registry: Registry, suffix: str, qualifier: dict[str, str]) -> None:
    function = f"{judge.function()}{suffix}"
    registry.on_image_pushed("pushed", target=function)
    [ours] = of_function(judge, **qualifier)
    assert ours["Principal"] == {"Service": "events.amazonaws.com"}
    assert ours["Action"] == "lambda:InvokeFunction"
    assert ours["Resource"] == function
    assert "SourceAccount" not in json.dumps(ours)
    assert judge.arn("events", RULE) in json.dumps(ours["Condition"])
    assert not registry.on_image_pushed("pushed", target=function)
    registry.rule("pushed").remove()
    assert of_function(judge, **qualifier) == []


def test_the_policy_that_log_groups_share(judge: Judge, registry: Registry) -> None:
    one, two = judge.group("/aws/events/one"), judge.group("/aws/events/two")
    registry.on_image_pushed("one", target=one)
    registry.on_image_pushed("two", target=two)
    [ours] = of_groups(judge)
    assert ours["Principal"] == {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    assert ours["Resource"] == [f"{one}:*", f"{two}:*"]
    registry.rule("one").remove()
    assert [each["Resource"] for each in of_groups(judge)] in ([[f"{two}:*"]], [f"{two}:*"])
    registry.rule("two").remove()
    assert of_groups(judge) == []


def test_a_role_is_all_that_a_machine_needs(judge: Judge, registry: Registry) -> None:
    target = Target(judge.machine(), role_arn=judge.role())
    plan = registry.on_image_pushed("pushed", target=target)
    assert [change for change in plan if "iam" in str(change).lower()] == []
    assert registry.rule("pushed").targets()[0]["RoleArn"] == target.role_arn


def test_what_is_left_to_others_is_not_written(judge: Judge, registry: Registry) -> None:
    queue = judge.queue()
    registry.on_image_pushed("pushed", target=Target(queue, authorize=False))
    assert of_queue(judge) == []


def test_one_statement_for_all_rules_stays_when_they_go(judge: Judge, registry: Registry) -> None:
    queue = judge.queue()
    for tag in ("a", "b"):
        assert registry.on_image_pushed(image_tags=[tag], target=Target(queue, authorize="shared"))
    [ours] = of_queue(judge)
    assert judge.arn("events", "rule/ecrops-*") in json.dumps(ours["Condition"])
    for rule in registry.rules():
        rule.remove()
    assert of_queue(judge) == [ours]


def test_a_queue_of_dead_letters_is_let_in_too(judge: Judge, registry: Registry) -> None:
    target = Target(judge.queue(), dead_letter_arn=judge.queue("dead"), maximum_retry_attempts=2, maximum_event_age=90)
    assert registry.on_image_pushed("pushed", target=target)
    assert not registry.on_image_pushed("pushed", target=target)
    [stored] = registry.rule("pushed").targets()
    assert stored["DeadLetterConfig"] == {"Arn": target.dead_letter_arn}
    assert stored["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 90}
    [ours] = of_queue(judge, "dead")
    assert ours["Condition"]["ArnEquals"]["aws:SourceArn"] == [judge.arn("events", RULE)]


def test_what_a_key_must_allow_is_noted(judge: Judge, registry: Registry) -> None:
    queue = judge.queue("secret", KmsMasterKeyId="alias/mine")
    plan = judge.registry(dry_run=True).on_image_pushed("pushed", target=queue)
    assert any("kms:GenerateDataKey" in note for note in plan.notes)


def failing(judge: Judge, target: str) -> list[dict[str, Any]]:
    """The dead letters of an event to a target that cannot be invoked."""
    events, dead = judge.client("events"), judge.queue("dead")
    judge.open("dead")
    events.put_rule(Name="rule", EventPattern='{"source": ["judged"]}')
    once = {"DeadLetterConfig": {"Arn": dead}, "RetryPolicy": {"MaximumRetryAttempts": 0}}
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": target, **once}])
    events.put_events(Entries=[{"Source": "judged", "DetailType": "x", "Detail": "{}"}])
    return judge.letters("dead")


def test_a_target_that_does_not_let_in_gets_nothing_and_its_dead_letters_all(judge: Judge) -> None:
    queue = judge.queue()
    [letter] = failing(judge, queue)
    assert judge.messages("pushes") == []
    said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert said["RULE_ARN"] == judge.arn("events", "rule/rule")
    assert said["TARGET_ARN"] == queue
    assert said["ERROR_CODE"] == "NO_PERMISSIONS"


def test_the_dead_letters_of_a_target_that_is_gone(judge: Judge) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""
    queue = judge.queue()
    judge.open("pushes")
    judge.client("sqs").delete_queue(QueueUrl=judge.url("pushes"))
    [letter] = failing(judge, queue)
    assert json.loads(letter["Body"])["source"] == "judged"
    assert {"RULE_ARN", "TARGET_ARN", "ERROR_CODE"} <= letter["MessageAttributes"].keys()
