"""What the tests of events need: something to send events to, and what arrived there."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from emulator import REGION, Client, Cloud

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
