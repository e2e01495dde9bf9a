"""What the tests of events need: something to send events to, and what arrived there."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

from ecrops.testing import REGION, Client, Cloud

SAMPLE = {
    "source": "aws.ecr",
    "detail-type": "ECR Image Action",
    "detail": {"action-type": "PUSH", "result": "SUCCESS", "repository-name": "team/api", "image-tag": "v1"},
}


def pushed(repository: str = "team/api", tag: str = "v1") -> dict[str, Any]:
    """The event of a push."""
    return {**SAMPLE, "detail": {**SAMPLE["detail"], "repository-name": repository, "image-tag": tag}}  # type: ignore[dict-item]


def arn(service: str, resource: str) -> str:
    """The ARN of something of the emulated account."""
    return f"arn:aws:{service}:{REGION}:{Cloud.account}:{resource}"


def make_queue(cloud: Cloud, name: str = "pushes", **attributes: str) -> str:
    """A queue; returns its ARN."""
    cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)
    return arn("sqs", name)


def queue_policy(cloud: Cloud, name: str = "pushes") -> list[dict[str, Any]]:
    """The statements of a queue's policy."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    text = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")
    statements: list[dict[str, Any]] = json.loads(text)["Statement"] if text else []
    return statements


def received(cloud: Cloud, name: str = "pushes") -> list[dict[str, Any]]:
    """The messages in a queue, taken out of it."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    messages: list[dict[str, Any]] = []
    while found := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageAttributeNames=["All"]
    ).get("Messages"):
        messages += found
        for each in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return messages


def bodies(cloud: Cloud, name: str = "pushes") -> list[Any]:
    """The messages in a queue as JSON."""
    return [json.loads(each["Body"]) for each in received(cloud, name)]


def make_role(cloud: Cloud, name: str = "events") -> str:
    """A role that EventBridge can assume; returns its ARN."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}]}
    role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    return str(role["Arn"])


def make_function(cloud: Cloud, name: str = "work") -> str:
    """A function with a version 1 and an alias ``live`` of it; returns its ARN."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("work.py", "")
    functions = cloud.client("lambda")
    role = make_role(cloud, f"{name}-role")
    made = functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="work.do", Code={"ZipFile": code.getvalue()}
    )
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return str(made["FunctionArn"])


def rule_names(client: Client) -> list[str]:
    """The names of all rules of the default bus."""
    return [rule["Name"] for rule in client.list_rules()["Rules"]]


def make_places(cloud: Cloud, *arns: str) -> None:
    """What ecrops looks for before it makes a rule: log groups, state machines, streams, buses, destinations, roles."""
    for each in arns:
        _, _, service, _, _, resource = each.split(":", 5)
        name = re.split("[:/]", resource, maxsplit=1)[1]
        if service == "logs":
            cloud.client("logs").create_log_group(logGroupName=name)
        elif service == "iam":
            make_role(cloud, name)
        elif service == "states":
            role = "arn:aws:iam::123456789012:role/machine"
            cloud.client("stepfunctions").create_state_machine(name=name, definition="{}", roleArn=role)
        elif service == "kinesis":
            cloud.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        elif service == "firehose":
            bucket = {"RoleARN": "arn:aws:iam::123456789012:role/x", "BucketARN": "arn:aws:s3:::x"}
            cloud.client("firehose").create_delivery_stream(
                DeliveryStreamName=name, ExtendedS3DestinationConfiguration=bucket
            )
        elif resource.startswith("event-bus/"):
            cloud.client("events").create_event_bus(Name=name)
        elif resource.startswith("api-destination/"):
            _make_destination(cloud, name.partition("/")[0])


def _make_destination(cloud: Cloud, name: str) -> None:
    events = cloud.client("events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "key", "ApiKeyValue": "value"}}
    connection = events.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=key)["ConnectionArn"]
    events.create_api_destination(
        Name=name, ConnectionArn=connection, InvocationEndpoint="https://example.com", HttpMethod="POST"
    )
