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
    "pipeline": Target(arn("codepipeline", "release"), role_arn=ROLE),
    "build": Target(arn("codebuild", "project/build"), role_arn=ROLE),
    "job": Target(
        arn("batch", "job-queue/scan"),
        role_arn=ROLE,
        parameters={"BatchParameters": {"JobDefinition": "scan:1", "JobName": "scan"}},
    ),
    "automation": Target(arn("ssm", "automation-definition/Patch:1"), role_arn=ROLE),
    "document of aws": Target(
        "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript",
        role_arn=ROLE,
        parameters={"RunCommandParameters": {"RunCommandTargets": [{"Key": "tag:app", "Values": ["api"]}]}},
    ),
    "ops item": Target(arn("ssm", "opsitem"), role_arn=ROLE),
    "api": Target(arn("execute-api", "a1b2c3/prod/POST/pushed"), role_arn=ROLE),
    "workflow": Target(arn("glue", "workflow/catalog"), role_arn=ROLE),
    "sagemaker pipeline": Target(
        arn("sagemaker", "pipeline/train"),
        role_arn=ROLE,
        parameters={"SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "image", "Value": "x"}]}},
    ),
    "graphql": Target(
        arn("appsync", "endpoints/graphql-api/abc"),
        role_arn=ROLE,
        parameters={"AppSyncParameters": {"GraphQLOperation": "mutation { pushed }"}},
    ),
    "cluster": Target(
        arn("redshift", "cluster:dwh"),
        role_arn=ROLE,
        parameters={"RedshiftDataParameters": {"Database": "dev", "Sql": "select 1"}},
    ),
    "workgroup": Target(arn("redshift-serverless", "workgroup/0a1b"), role_arn=ROLE),
    "assessment": Target(arn("inspector", "target/0-x/template/0-y"), role_arn=ROLE),
    "a kind of tomorrow": Target(arn("tomorrow", "thing/x"), role_arn=ROLE, unchecked=True),
    "a kind without a region": Target(
        "arn:aws:ssm-incidents::123456789012:response-plan/x", role_arn=ROLE, unchecked=True
    ),
    "api destination": Target(arn("events", "api-destination/hook/8d0c"), role_arn=ROLE),
}
