"""The judges: who answers the calls of ecrops, and what can be seen of them.

A judge makes what events are sent to, and tells what arrived there. It is the same for all tests: what a judge lacks,
or does otherwise than AWS, is said where the test is (``differs``), not here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import boto3

from ecrops import Registry, RetryPolicy
from ecrops.testing import REGION, Cloud

from . import functions

Client = Any
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
MACHINE = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


class Judge:
    """An emulator of AWS with a URL. It delivers events when it comes to it, so what arrived is waited for."""

    wait: ClassVar[float] = 0.01
    patience = 10.0
    """Seconds to wait for what may have to arrive yet."""

    def __init__(self, name: str, session: boto3.Session, account: str, home: Path | None = None) -> None:
        self.name, self.session, self.account, self.home = name, session, account, home

    def client(self, service: str) -> Client:
        """A client of a service."""
        made: Any = self.session
        return made.client(service)

    def registry(self, **options: Any) -> Registry:
        """A registry of the judge's account that waits for little."""
        return Registry(self.session, **{"retry": RetryPolicy(sleep=lambda _: time.sleep(self.wait)), **options})

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        """The ARN of something of the judge's account."""
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def queue(self, name: str = "pushes", **attributes: str) -> str:
        """Make a queue; return its ARN."""
        self.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return self.arn("sqs", name)

    def topic(self, name: str = "news", queue: str = "read") -> str:
        """Make a topic that sends what it gets to a queue, as it is; return its ARN."""
        arn: str = self.client("sns").create_topic(Name=name)["TopicArn"]
        inbox = self.queue(queue)
        self.open(queue, "sns.amazonaws.com")
        subscribed = {"Protocol": "sqs", "Endpoint": inbox, "Attributes": {"RawMessageDelivery": "true"}}
        self.client("sns").subscribe(TopicArn=arn, **subscribed)
        return arn

    def open(self, queue: str, service: str = "events.amazonaws.com") -> None:
        """Let a service send to a queue."""
        allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": self.arn("sqs", queue)}]}
        self.client("sqs").set_queue_attributes(QueueUrl=self.url(queue), Attributes={"Policy": json.dumps(policy)})

    def group(self, name: str = "/aws/events/ecr") -> str:
        """Make a log group; return its ARN."""
        self.client("logs").create_log_group(logGroupName=name)
        return self.arn("logs", f"log-group:{name}")

    def role(self, name: str = "events") -> str:
        """Make a role that EventBridge can assume; return its ARN."""
        role = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
        return str(role["Arn"])

    def machine(self, name: str = "scan") -> str:
        """Make a state machine that ends at once; return its ARN."""
        role = f"arn:aws:iam::{self.account}:role/machine"
        made = self.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(MACHINE), roleArn=role
        )
        return str(made["stateMachineArn"])

    def stream(self, name: str = "s") -> str:
        """Make a stream; return its ARN."""
        self.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        return self.arn("kinesis", f"stream/{name}")

    def bus(self, name: str = "other") -> str:
        """Make an event bus with a rule that sends all events of a test to the queue ``forwarded``; return its ARN."""
        self.client("events").create_event_bus(Name=name)
        target = {"Id": "a", "Arn": self.queue("forwarded")}
        self.open("forwarded")
        pattern = json.dumps({"source": [{"prefix": "ecrops-test-"}]})
        self.client("events").put_rule(Name="all", EventBusName=name, EventPattern=pattern)
        self.client("events").put_targets(Rule="all", EventBusName=name, Targets=[target])
        return self.arn("events", f"event-bus/{name}")

    def function(self, name: str = "work") -> str:
        """Make a function that writes down what it gets, with a version 1 and an alias ``live``; return its ARN."""
        functions.make(self.client("lambda"), name, self.role(f"{name}-role"), self.home)
        return self.arn("lambda", f"function:{name}")

    def url(self, queue: str) -> str:
        """The URL of a queue."""
        return str(self.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def arrived(self, arn: str, count: int = 1) -> list[Any]:
        """What came to something, as JSON where it is some: ``count`` is waited for, as long as ``patience`` says."""
        return [_read(text) for text in self.texts(arn, count)]

    def texts(self, arn: str, count: int = 1) -> list[str]:
        """What came to something, as it is: see ``arrived``."""
        service, name = arn.split(":")[2], arn.split(":", 5)[5]
        look: dict[str, Callable[[str], Sequence[str]]] = {
            "sqs": self._in_queue,
            "lambda": lambda _: functions.invoked(self.home),
            "logs": lambda name: self._in_group(name.removeprefix("log-group:")),
            "states": lambda _: self._executions(arn),
            "kinesis": lambda name: self._records(name.removeprefix("stream/")),
        }
        found: list[str] = []
        end = time.monotonic() + self.patience
        while len(found) < count and time.monotonic() < end:
            seen = look[service](name)
            found = [*found, *seen] if service == "sqs" else list(seen)
            if len(found) < count:
                time.sleep(self.wait)
        return found

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """The messages in a queue, taken out of it."""
        sqs, url = self.client("sqs"), self.url(queue)
        taken: list[dict[str, Any]] = []
        while found := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages"):
            taken += found
            for each in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return taken

    def letters(self, queue: str) -> list[dict[str, Any]]:
        """The first messages in a queue, waited for as in ``arrived``."""
        end = time.monotonic() + self.patience
        while not (found := self.messages(queue)) and self.wait and time.monotonic() < end:
            time.sleep(self.wait)
        return found

    def _in_queue(self, name: str) -> list[str]:
        return [message["Body"] for message in self.messages(name)]

    def _in_group(self, name: str) -> list[str]:
        return [event["message"] for event in self.client("logs").filter_log_events(logGroupName=name)["events"]]

    def _executions(self, arn: str) -> list[str]:
        machines = self.client("stepfunctions")
        runs = machines.list_executions(stateMachineArn=arn)["executions"]
        return [machines.describe_execution(executionArn=run["executionArn"])["input"] for run in runs]

    def _records(self, name: str) -> list[str]:
        streams = self.client("kinesis")
        [shard] = streams.describe_stream(StreamName=name)["StreamDescription"]["Shards"]
        start = {"StreamName": name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**start)["ShardIterator"])["Records"]
        return [record["Data"].decode() for record in records]


class EmulatorJudge(Judge):
    """The project's own emulator: delivery is over when a call is answered, and nothing waits."""

    wait = 0

    def __init__(self, cloud: Cloud) -> None:
        super().__init__("emulator", cloud.session(), cloud.account)
        self._cloud = cloud

    def client(self, service: str) -> Client:
        return self._cloud.client(service)

    def texts(self, arn: str, count: int = 1) -> list[str]:
        if arn.split(":")[2] == "sqs":
            return self._in_queue(arn.split(":")[5])
        if arn.split(":")[2] == "logs":
            return self._in_group(arn.split(":log-group:")[1])
        return [json.dumps(each) for each in self._cloud.emulator.events.invoked(arn)]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
