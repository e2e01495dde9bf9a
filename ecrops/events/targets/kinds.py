"""The kinds of targets that EventBridge documents, and what each needs. Pure.

Read by ``checks``. A kind that is not here yet is given with ``Target(..., unchecked=True)``.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html, eb-use-resource-based.html and
eb-use-identity-based.html; botocore's model of ``PutTargets`` and ``Target``
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ecrops.aws import Arn


@dataclass(frozen=True, slots=True)
class TargetKind:
    """The needs of EventBridge for one kind of target.

    Args:
        service: The service, as its ARN has it.
        words: The kind in words.
        resource: A regular expression for the last part of its ARN.
        role: Whether a role is required (``True``), refused (``False``), or optional (``None``).
        parameters: The member with the parameters of this kind, if it has one.
        needs: Whether that member is required.
        is_of_aws: Whether AWS itself may own it, so that its ARN has no account.
    """

    service: str
    words: str
    resource: str
    role: bool | None
    parameters: str = ""
    needs: bool = False
    is_of_aws: bool = False

    def fits(self, arn: Arn) -> bool:
        """Whether an ARN is that of a target of this kind, with its region and account."""
        is_placed = bool(arn.region) and (arn.is_of_account or (self.is_of_aws and not arn.account))
        return arn.service == self.service and is_placed and bool(re.fullmatch(self.resource, arn.resource))


QUEUES = TargetKind("sqs", "an SQS queue", r"[^:/*]+", role=None, parameters="SqsParameters")
TARGET_KINDS: Sequence[TargetKind] = (
    TargetKind("lambda", "a Lambda function", r"function:[^:*]+(:[^:*]+)?", role=None),
    QUEUES,
    TargetKind("sns", "an SNS topic", r"[^:/*]+", role=None),
    TargetKind("logs", "a log group", r"log-group:[^:*]+", role=False),
    TargetKind("states", "a Step Functions state machine", r"stateMachine:.+", role=True),
    TargetKind("kinesis", "a Kinesis stream", r"stream/.+", role=True, parameters="KinesisParameters"),
    TargetKind("firehose", "a Firehose stream", r"deliverystream/.+", role=True),
    TargetKind("ecs", "an ECS cluster", r"cluster/.+", role=True, parameters="EcsParameters", needs=True),
    TargetKind("events", "an event bus", r"event-bus/.+", role=True),
    TargetKind("events", "an API destination", r"api-destination/.+", role=True, parameters="HttpParameters"),
    TargetKind("codepipeline", "a CodePipeline pipeline", r"[A-Za-z0-9.@_-]{1,100}", role=True),
    TargetKind("codebuild", "a CodeBuild project", r"project/[^/:*]+", role=True),
    TargetKind("batch", "a Batch job queue", r"job-queue/.+", role=True, parameters="BatchParameters", needs=True),
    TargetKind("ssm", "an SSM automation", r"automation-definition/[^/*]+", role=True, is_of_aws=True),
    TargetKind(
        "ssm", "an SSM run command", r"document/[^/*]+", role=True, parameters="RunCommandParameters", is_of_aws=True
    ),
    TargetKind("ssm", "an SSM OpsItem", r"opsitem", role=None),
    TargetKind("execute-api", "an API Gateway API", r"[^/*]+/.+", role=None, parameters="HttpParameters"),
    TargetKind("glue", "a Glue workflow", r"workflow/.+", role=True),
    TargetKind(
        "sagemaker", "a SageMaker pipeline", r"pipeline/.+", role=True, parameters="SageMakerPipelineParameters"
    ),
    TargetKind("appsync", "an AppSync API", r"endpoints/graphql-api/.+", role=True, parameters="AppSyncParameters"),
    TargetKind("redshift", "a Redshift cluster", r"cluster:.+", role=True, parameters="RedshiftDataParameters"),
    TargetKind(
        "redshift-serverless",
        "a Redshift Serverless workgroup",
        r"workgroup/.+",
        role=True,
        parameters="RedshiftDataParameters",
    ),
    TargetKind("inspector", "an Inspector assessment template", r"target/[^/]+/template/[^/]+", role=True),
)


def kind_of(arn: Arn) -> TargetKind | None:
    """Return the kind of a target; ``None`` for one that ecrops does not know."""
    return next((kind for kind in TARGET_KINDS if kind.fits(arn)), None)
