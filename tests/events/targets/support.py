"""A target of every kind that EventBridge takes."""

from __future__ import annotations

from ecrops.events import (
    Target,
)

from ..support import arn

QUEUE, FIFO = arn("sqs", "pushes"), arn("sqs", "pushes.fifo")
GROUP = arn("logs", "log-group:/aws/events/ecr")
ROLE = "arn:aws:iam::123456789012:role/events"
SUPPORTED = {
    "function": Target(arn("lambda", "function:work")),
    "version": Target(arn("lambda", "function:work:1")),
    "alias": Target(arn("lambda", "function:work:live")),
    "queue": Target(QUEUE),
    "fifo": Target(FIFO, message_group_id="ecr"),
    "topic": Target(arn("sns", "news")),
    "log group": Target(arn("logs", "log-group:/aws/events/ecr")),
    "log group with a star": Target(arn("logs", "log-group:/aws/events/ecr:*")),
    "log group with a message": Target(
        arn("logs", "log-group:/aws/events/ecr"),
        input_transformer={
            "InputPathsMap": {"time": "$.time", "tag": "$.detail.image-tag"},
            "InputTemplate": '{"timestamp": <time>, "message": "pushed <tag>"}',
        },
    ),
    "state machine": Target(arn("states", "stateMachine:scan"), role_arn=ROLE),
    "stream": Target(arn("kinesis", "stream/s"), role_arn=ROLE),
    "firehose": Target(arn("firehose", "deliverystream/s"), role_arn=ROLE),
    "task": Target(arn("ecs", "cluster/c"), role_arn=ROLE, parameters={"EcsParameters": {"TaskDefinitionArn": "t"}}),
    "bus": Target(arn("events", "event-bus/other"), role_arn=ROLE),
    "bus of another account": Target("arn:aws:events:us-east-1:111122223333:event-bus/b", role_arn=ROLE),
    "api destination": Target(arn("events", "api-destination/hook/8d0c"), role_arn=ROLE),
}
