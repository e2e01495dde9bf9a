"""Targets as values: what each kind needs, and what EventBridge would refuse or never reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ecrops import RepositorySpec, SpecError, fleet_from_dict, fleet_to_dict
from ecrops.events import (
    Event,
    Target,
    on_cloud_trail_image_pushed,
    on_event,
    on_image_finding,
    on_image_pushed,
    on_image_scan_completed,
    prefix,
)
from ecrops.testing import Cloud
from support import registry_of

from ..support import arn
from .support import FIFO, GROUP, QUEUE, ROLE, SUPPORTED


@pytest.mark.parametrize("kind", SUPPORTED)
def test_every_supported_kind_survives_the_way_to_eventbridge_and_back(kind: str) -> None:
    target = SUPPORTED[kind]
    document = target.to_aws()
    assert document["Arn"] == target.arn.removesuffix(":*")
    assert Target.from_aws(document).to_aws() == document
    assert Target.from_dict(target.to_dict()) == target
    assert target.id is not None
    assert len(target.id) <= 64


def test_everything_that_is_said_is_sent() -> None:
    target = Target(
        QUEUE,
        id="mine",
        input={"a": 1},
        dead_letter_arn=arn("sqs", "dead"),
        maximum_retry_attempts=0,
        maximum_event_age=timedelta(minutes=5),
    )
    assert target.to_aws() == {
        "Id": "mine",
        "Arn": QUEUE,
        "Input": '{"a": 1}',
        "DeadLetterConfig": {"Arn": arn("sqs", "dead")},
        "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 300},
    }
    assert Target(QUEUE, input='"text"').to_aws()["Input"] == '"text"'
    assert Target(QUEUE, input_path="$.detail").to_aws()["InputPath"] == "$.detail"
    assert Target(FIFO, message_group_id="g").to_aws()["SqsParameters"] == {"MessageGroupId": "g"}


def shaped(paths: dict[str, str]) -> Target:
    return Target(QUEUE, input_transformer={"InputPathsMap": paths, "InputTemplate": '"x"'})


def task(**more: Any) -> Target:
    parameters = {"EcsParameters": {"TaskDefinitionArn": "t", **more}}
    return Target(arn("ecs", "cluster/c"), role_arn=ROLE, parameters=parameters)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "not an arn": (lambda: Target("pushes"), "arn: expected an ARN"),
    "kind": (lambda: Target(arn("dynamodb", "table/t")), "arn: expected a Lambda function, an SQS queue"),
    "a layer": (lambda: Target(arn("lambda", "layer:l")), "arn: expected a Lambda function"),
    "step functions without a role": (
        lambda: Target(arn("states", "stateMachine:scan")),
        "role_arn: EventBridge invokes a Step Functions state machine only with a role",
    ),
    "bus without a role": (lambda: Target(arn("events", "event-bus/b")), "only with a role"),
    "log group with a role": (lambda: Target(arn("logs", "log-group:/g"), role_arn=ROLE), "takes none: leave it out"),
    "task without a definition": (lambda: Target(arn("ecs", "cluster/c"), role_arn=ROLE), "needs EcsParameters"),
    "fifo without a group": (lambda: Target(FIFO), "message_group_id: a FIFO queue needs one"),
    "group of a topic": (lambda: Target(arn("sns", "t"), message_group_id="g"), "is for SQS queues"),
    "fifo topic": (lambda: Target(arn("sns", "t.fifo")), "does not support FIFO topics"),
    "two inputs": (
        lambda: Target(QUEUE, input="{}", input_transformer={"InputTemplate": "x"}),
        "a target has one of input and input_transformer",
    ),
    "input that is no json": (lambda: Target(QUEUE, input="hello"), 'a text is JSON in quotes: "hello"'),
    "transformer without a template": (lambda: Target(QUEUE, input_transformer={}), "InputTemplate: expected a text"),
    "long input": (lambda: Target(QUEUE, input="1" * 8200), "at most 8,192 characters"),
    "fifo dead letters": (lambda: Target(QUEUE, dead_letter_arn=FIFO), "expected the ARN of a standard SQS queue"),
    "dead letters to a topic": (lambda: Target(QUEUE, dead_letter_arn=arn("sns", "t")), "standard SQS queue"),
    "retries": (lambda: Target(QUEUE, maximum_retry_attempts=186), "expected 0 to 185, got 186"),
    "age": (lambda: Target(QUEUE, maximum_event_age=59), "expected 60 seconds to 24 hours, got 59"),
    "id": (lambda: Target(QUEUE, id="a b"), "expected 1 to 64 letters"),
    "long id": (lambda: Target(QUEUE, id="x" * 65), "expected 1 to 64 letters"),
    "name of 65 characters": (lambda: on_event("x" * 65), "name: a rule's name has 1 to 64 letters"),
    "name with a blank": (lambda: on_event("a b"), "name: a rule's name has 1 to 64 letters"),
    "empty name": (lambda: on_event(""), "name: a rule's name has 1 to 64 letters"),
    "no tags": (lambda: on_image_scan_completed(image_tags=[]), "image_tags: expected a tag at least"),
    "six targets": (
        lambda: on_event(targets=[arn("sqs", f"q{n}") for n in range(6)]),
        "targets: a rule has at most 5, these are 6",
    ),
    "two of one id": (
        lambda: on_event(targets=[Target(QUEUE, input="1"), Target(QUEUE, input="2")]),
        "give one an id of its own",
    ),
    "one in place of a list": (lambda: on_event(targets=QUEUE), "write target="),
    "no target": (lambda: on_event(target=5), "targets[0]: expected the ARN of a target"),  # type: ignore[arg-type]
    "state": (lambda: on_event(state="ON"), "state: expected one of ENABLED"),  # type: ignore[arg-type]
    "bus": (lambda: on_event(bus="a b"), "bus: expected the name of an event bus"),
    "description": (lambda: on_event(description="x" * 513), "description: expected at most 512"),
    "unknown option": (lambda: on_event(colour="red"), "colour: unknown option"),  # type: ignore[arg-type]
    "aws tag": (lambda: on_event(tags={"aws:x": "1"}), "AWS's own"),
    "a tag of ecrops": (lambda: on_event(tags={"ecrops:repository": "b"}), "ecrops's own, got 'ecrops:repository'"),
    "47 tags": (lambda: on_event(tags={str(n): "" for n in range(47)}), "at most 45, and those that ecrops adds"),
    "targets that are none": (lambda: on_event(targets=5), "expected a list of targets, got 5"),  # type: ignore[arg-type]
    "no account": (lambda: Target("arn:aws:sqs:eu-west-1::q"), "expected an SQS queue, with its region and account"),
    "role that is none": (
        lambda: Target(arn("states", "stateMachine:m"), role_arn="x"),
        "the ARN of a role of the partition aws, got 'x'",
    ),
    "a user": (
        lambda: Target(QUEUE, role_arn=ROLE.replace(":role/", ":user/")),
        "role_arn: expected the ARN of a role",
    ),
    "authorize": (lambda: Target(QUEUE, authorize="no"), "authorize: expected True or False"),  # type: ignore[arg-type]
    "path": (lambda: Target(QUEUE, input_path="detail"), "input_path: expected a path into the event"),
    "input that json cannot say": (lambda: Target(QUEUE, input={1}), "input: expected JSON, got {1}"),
    "input that is not a number": (lambda: Target(QUEUE, input=float("nan")), "input: expected JSON, got nan"),
    "variable": (lambda: shaped({"AWS.x": "$.id"}), "InputPathsMap: a variable is made of letters"),
    "path of a variable": (lambda: shaped({"x": "id"}), "InputPathsMap.x: expected a path into the event"),
    "101 variables": (lambda: shaped({f"v{n}": "$.id" for n in range(101)}), "has at most 100 variables, got 101"),
    "unknown part of a transformer": (
        lambda: Target(QUEUE, input_transformer={"InputTemplate": "x", "InputPath": "y"}),
        "input_transformer.InputPath: unknown key",
    ),
    "half a second": (lambda: Target(QUEUE, maximum_event_age=60.5), "got 60.5: whole seconds"),  # type: ignore[arg-type]
    "a pipeline without a role": (lambda: Target(arn("codepipeline", "p")), "only with a role"),
    "a document without a role": (lambda: Target("arn:aws:ssm:eu-west-1::document/d"), "only with a role"),
    "a job without parameters": (lambda: Target(arn("batch", "job-queue/q"), role_arn=ROLE), "needs BatchParameters"),
    "a pipeline of aws": (
        lambda: Target("arn:aws:codepipeline:eu-west-1::p", role_arn=ROLE),
        "with its region and acc",
    ),
    "a kind of tomorrow": (
        lambda: Target(arn("tomorrow", "thing/x"), role_arn=ROLE),
        "a kind of target that ecrops does not know is taken with Target(..., unchecked=True)",
    ),
    "a known kind, unchecked": (
        lambda: Target(QUEUE, unchecked=True),
        "unchecked: is an SQS queue, which ecrops checks",
    ),
    "unchecked": (lambda: Target(QUEUE, unchecked=1), "unchecked: expected True or False"),  # type: ignore[arg-type]
    "an unchecked role": (
        lambda: Target(arn("tomorrow", "thing/x"), role_arn="x", unchecked=True),
        "role_arn: expected the ARN of a role of the partition aws, got 'x'",
    ),
    "unchecked parameters": (
        lambda: Target(arn("tomorrow", "thing/x"), parameters={"RoleArn": ROLE}, unchecked=True),
        "parameters: RoleArn is said with role_arn",
    ),
    "group": (lambda: Target(FIFO, message_group_id="a b"), "message_group_id: expected 1 to 100 letters"),
    "parameters": (lambda: Target(QUEUE, parameters="x"), "parameters: expected a mapping"),  # type: ignore[arg-type]
    "parameters of another kind": (
        lambda: Target(QUEUE, parameters={"KinesisParameters": {"PartitionKeyPath": "$.id"}}),
        "KinesisParameters is not for an SQS queue",
    ),
    "parameters with a field": (lambda: Target(QUEUE, parameters={"RoleArn": ROLE}), "RoleArn is said with role_arn"),
    "parameters that eventbridge has not": (lambda: Target(QUEUE, parameters={"Foo": 1}), "Unknown parameter in input"),
    "parameters of another type": (lambda: task(TaskCount="3"), "TaskCount"),
    "task without a task definition": (
        lambda: Target(arn("ecs", "cluster/c"), role_arn=ROLE, parameters={"EcsParameters": {}}),
        'Missing required parameter in EcsParameters: "TaskDefinitionArn"',
    ),
    "fargate without a network": (lambda: task(LaunchType="FARGATE"), "FARGATE needs a NetworkConfiguration"),
    "$LATEST": (lambda: Target(arn("lambda", "function:work:$LATEST")), "give the function's own ARN"),
    "dead letters without an account": (
        lambda: Target(QUEUE, dead_letter_arn="arn:aws:sqs:eu-west-1::dlq"),
        "dead_letter_arn: expected",
    ),
    "dead letters to a path": (lambda: Target(QUEUE, dead_letter_arn=f"{QUEUE}/x"), "dead_letter_arn: expected"),
    "all queues": (lambda: Target(arn("sqs", "*")), "arn: expected"),
    "a queue with a star": (lambda: Target(f"{QUEUE}:*"), "arn: expected"),
    "all versions": (lambda: Target(arn("lambda", "function:work:*")), "arn: expected a Lambda function"),
    "a role of another partition": (
        lambda: Target(QUEUE, role_arn=ROLE.replace("arn:aws:", "arn:aws-cn:")),
        "role_arn: expected the ARN of a role of the partition aws",
    ),
    "two ways to run a task": (
        lambda: task(LaunchType="EC2", CapacityProviderStrategy=[{"capacityProvider": "FARGATE"}]),
        "a LaunchType or a CapacityProviderStrategy, not both",
    ),
    "a placeholder that is none": (
        lambda: Target(QUEUE, input_transformer={"InputPathsMap": {"tag": "$.id"}, "InputTemplate": '"<tug>"'}),
        "InputTemplate: has <tug>, which is no variable of InputPathsMap",
    ),
    "input of a log group": (lambda: Target(GROUP, input="{}"), "not for a log group: give it an input_transformer"),
    "part of an event for a log group": (lambda: Target(GROUP, input_path="$.detail"), "not for a log group"),
    "a log group without a message": (
        lambda: Target(GROUP, input_transformer={"InputTemplate": '{"message": "x"}'}),
        'the template of a log group is {"timestamp": <variable>, "message": <variable>}',
    ),
    "a log group with a text": (lambda: Target(GROUP, input_transformer={"InputTemplate": '"x"'}), "of a log group is"),
    "prefix": (lambda: prefix("team/*"), "expected the beginning of the names of repositories"),
    "a wildcard as a prefix": (lambda: prefix("team/*"), "got 'team/*'; write prefix('team/')"),
    "a wildcard among names": (
        lambda: on_image_pushed(repositories=["team/api", "team*"]),
        "got 'team*': write prefix('team') for all of these, in a rule of its own",
    ),
    "a wildcard alone": (lambda: on_image_pushed(repositories="*"), "leave repositories out for all of them"),
    "a target as the name": (lambda: on_image_pushed(QUEUE), f"got {QUEUE!r}; write target={QUEUE!r}"),
    "upper-case prefix": (lambda: prefix("Team/"), "lower-case letters"),
    "almost an option": (
        lambda: on_image_pushed(image_tag="v1"),  # type: ignore[arg-type]
        "image_tag: unknown option; did you mean image_tags?",
    ),
    "almost a target": (lambda: on_event(targte=QUEUE), "targte: unknown option; did you mean target?"),  # type: ignore[arg-type]
    "a pattern of names": (lambda: on_image_pushed(repositories="team/*"), "write prefix('team/') for all of these"),
    "names and a prefix": (
        lambda: on_image_pushed(repositories=["team/api", prefix("x/")]),  # type: ignore[list-item]
        "repositories: expected names, or one prefix: give each prefix a rule of its own",
    ),
    "the url of a queue": (
        lambda: Target("https://sqs.eu-west-1.amazonaws.com/123456789012/pushes"),
        f"got the URL of a queue: its ARN is {QUEUE}",
    ),
    "a tag that no image has": (lambda: on_image_pushed(image_tags=[""]), "no image can have the tag ''"),
    "a tag of a call": (lambda: on_cloud_trail_image_pushed(image_tag="a b"), "no image can have the tag 'a b'"),
    "a pattern that is none": (lambda: on_event(event_pattern="x"), "event_pattern: expected a mapping"),  # type: ignore[arg-type]
    "an empty pattern": (lambda: on_event(event_pattern={}), "event_pattern: is empty"),
    "a field that no event has": (lambda: on_event(event_pattern={"sauce": ["x"]}), "an event has no such field"),
    "any account": (lambda: on_event(event_pattern={"account": ["*"]}), "'*' matches nothing: leave it out"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_never_work_is_refused_with_the_way_out(case: str) -> None:
    make, said = REFUSED[case]
    with pytest.raises(SpecError) as caught:
        make()
    assert said in str(caught.value)


def test_every_reason_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        on_event("a b", targets=[Target], bus="", description="x" * 600)  # type: ignore[list-item]
    assert len(caught.value.reasons) == 4


def test_an_age_that_json_has_made_a_fraction_is_whole(memory_cloud: Cloud) -> None:
    memory_cloud.client("sqs").create_queue(QueueName="pushes")
    target = Target.from_dict({"arn": QUEUE, "maximum_event_age": 3600.0})
    registry_of(memory_cloud).on_image_pushed("pushes", target=target)
    [there] = registry_of(memory_cloud).rule("pushes").targets()
    assert there["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600}


def test_what_is_no_target_no_event_and_no_bus_is_refused_before_any_call(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    acts: dict[str, Callable[[], object]] = {
        "expected a Target, its ARN or its id, got 5": lambda: registry.rule("r").remove_target(5),  # type: ignore[arg-type]
        "expected a Target, its ARN or its id, got ''": lambda: registry.rule("r").remove_target(""),
        "event: expected an event": lambda: registry.rule("r").send_test_event({"source": "aws.ecr"}),
        "timeout: expected seconds, got -1": lambda: registry.rule("r").send_test_event(timeout=-1),
        "bus: expected the name of an event bus": lambda: registry.rules(5),  # type: ignore[arg-type]
    }
    for said, act in acts.items():
        with pytest.raises(SpecError, match=said):
            act()
    assert not memory_cloud.calls


def test_a_target_is_its_own_whatever_becomes_of_what_it_was_made_from() -> None:
    told: dict[str, Any] = {"a": {"b": 1}}
    target = Target(QUEUE, input=told)
    told["a"]["b"] = 2
    assert target.to_aws()["Input"] == '{"a": {"b": 1}}'


def test_the_name_of_a_rule_is_stable_short_and_its_own() -> None:
    long = "team/" + "x" * 240
    events = [
        on_image_pushed(repositories="team/api"),
        on_image_pushed(repositories="team-api"),
        on_image_pushed(repositories=long),
        on_image_pushed(repositories=long + "y"),
        on_image_pushed(repositories=prefix("team/api")),
        on_image_pushed(repositories=["a1", "a2"]),
        on_image_pushed(),
        on_image_pushed(image_tags=["v1"], repositories="team/api"),
        on_event(repositories="team/api"),
        on_event(repositories="team/api", event_pattern={"detail-type": ["ECR Image Action"]}),
        on_image_finding(repositories="team/api"),
        on_image_finding(repositories="team/api", severities=["LOW"]),
    ]
    names = [event.rule for event in events]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 64
    assert names[0] == "ecrops-image-pushed-team-api-af1d475825d2"
    assert on_image_pushed(repositories="team/api", target=QUEUE, description="x").rule == names[0]


def test_the_events_of_a_spec_survive_json() -> None:
    spec = RepositorySpec(
        "team/api",
        events=[
            on_image_pushed(target=Target(QUEUE, dead_letter_arn=arn("sqs", "dead")), image_tags=["v1"]),
            on_image_finding("findings", severities=["HIGH"], state="DISABLED", tags={"a": "b"}, target=QUEUE),
        ],
    )
    data = fleet_to_dict([spec])
    assert fleet_from_dict(data) == [spec]
    assert fleet_to_dict(fleet_from_dict(data)) == data
    whole = on_image_pushed(repositories=prefix("team/"), target=QUEUE)
    assert Event.from_dict(whole.to_dict()) == whole


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("x", "events: expected a list of events"),
        ([5], "events[0]: expected an event, got 5"),
        (
            [on_image_pushed(repositories="other")],
            "events[0].repositories: the events of a repository's spec are its own",
        ),
        ([on_image_pushed(target=QUEUE), on_image_pushed(target=FIFO[:-5] + "2")], "give one of them a name"),
    ],
)
def test_events_that_a_spec_cannot_have_are_refused(events: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("team/api", events=events)
    assert said in str(caught.value)


def test_what_is_wrong_in_json_is_said_with_its_path() -> None:
    events = [{"kind": "image-pushed", "targets": [{"arn": "x", "colour": 1}]}, {"kin": "x"}]
    with pytest.raises(SpecError) as caught:
        fleet_from_dict({"repositories": [{"name": "team/api", "events": events}]})
    assert "repositories[0].events[0].targets[0].colour: unknown key" in caught.value.reasons[0]
    assert "repositories[0].events[1].kin: unknown key; did you mean kind?" in caught.value.reasons[1]
