"""What EventBridge does with an event: every rule of the bus that matches, every target of it, or its dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends

from . import access
from .matching import matches
from .message import Event, message

if TYPE_CHECKING:
    from moto.events.models import Rule

    from .backend import EventsBackend

Target = Mapping[str, Any]


class Undeliverable(Exception):
    """A target that could not be invoked, with EventBridge's code for that."""


NO_PERMISSION = "NO_PERMISSIONS"
NO_RESOURCE = "RESOURCE_NOT_FOUND"


def deliver(backend: EventsBackend, bus: str, event: Event) -> None:
    """Send an event to all rules of a bus that match it."""
    for rule in list(backend.event_buses[bus].rules.values()):
        if rule.state != "DISABLED" and _matches(rule, event):
            for target in list(rule.targets):
                _send(backend, rule, target, event)


def _matches(rule: Rule, event: Event) -> bool:
    """API calls that only read come to rules that ask for them. A rule with a schedule has no pattern."""
    pattern = rule.event_pattern.dump()
    if event["detail-type"].startswith("AWS API Call") and rule.state == "ENABLED" and _only_reads(event):
        return False
    return pattern is not None and matches(pattern, event)


def _only_reads(event: Event) -> bool:
    return str(event["detail"].get("eventName", "")).startswith(("BatchGet", "Describe", "Get", "List"))


def _send(backend: EventsBackend, rule: Rule, target: Target, event: Event) -> None:
    """An event of which an input transformer makes no JSON is dropped: without a word, and without dead letters."""
    text = message(target, event, rule.arn)
    if text is None:
        backend.lost.append(event)
        return
    try:
        INVOKE.get(target["Arn"].split(":")[2], _by_role)(backend, rule, target, event, text)
    except Undeliverable as failure:
        _bury(backend, rule, target, event, str(failure))


def _bury(backend: EventsBackend, rule: Rule, target: Target, event: Event, code: str) -> None:
    """No retries: what is missing is missing."""
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        return
    said = {"RULE_ARN": rule.arn, "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "RETRY_ATTEMPTS": "0"}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}
    try:
        _queue(queue, rule, json.dumps(event), attributes)
    except Undeliverable:
        backend.lost.append(event)


def _sqs(backend: EventsBackend, rule: Rule, target: Target, event: Event, text: str) -> None:
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    _queue(target["Arn"], rule, text, group=group)


def _queue(arn: str, rule: Rule, text: str, attributes: Any = None, group: str | None = None) -> None:
    _, _, _, region, account, name = arn.split(":")
    queues = sqs_backends[account][region]
    queue = queues.queues.get(name)
    if queue is None:
        raise Undeliverable(NO_RESOURCE)
    if not access.lets_in(queue._policy_json and json.dumps(queue._policy_json), "sqs:SendMessage", arn, rule.arn):
        raise Undeliverable(NO_PERMISSION)
    if queue.fifo_queue and not (group and getattr(queue, "content_based_deduplication", False)):
        raise Undeliverable("INVALID_PARAMETER")
    queues.send_message(name, text, message_attributes=attributes, group_id=group)


def _sns(backend: EventsBackend, rule: Rule, target: Target, event: Event, text: str) -> None:
    arn = target["Arn"]
    topics = sns_backends[backend.account_id][backend.region_name]
    if arn not in topics.topics:
        raise Undeliverable(NO_RESOURCE)
    if not access.lets_in(topics.topics[arn].policy, "sns:Publish", arn, rule.arn, conditions=False):
        raise Undeliverable(NO_PERMISSION)
    topics.publish(text, arn)


def _lambda(backend: EventsBackend, rule: Rule, target: Target, event: Event, text: str) -> None:
    if not access.function_lets_in(backend.account_id, backend.region_name, target["Arn"], rule.arn):
        raise Undeliverable(NO_PERMISSION)
    backend.invoked.append((target["Arn"], text))


def _logs(backend: EventsBackend, rule: Rule, target: Target, event: Event, text: str) -> None:
    logs = logs_backends[backend.account_id][backend.region_name]
    name = target["Arn"].split(":log-group:")[1]
    if target["Arn"].endswith(":*") or name not in logs.groups:
        raise Undeliverable(NO_RESOURCE)
    policies = [each.policy_document for each in logs.resource_policies.values()]
    stream = f"{target['Arn']}:log-stream:x"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not any(access.lets_in(each, action, stream, rule.arn) for each in policies):
            raise Undeliverable(NO_PERMISSION)
    logs.create_log_stream(name, event["id"])
    logs.put_log_events(name, event["id"], [{"timestamp": backend.now(), "message": text}])


def _by_role(backend: EventsBackend, rule: Rule, target: Target, event: Event, text: str) -> None:
    """A role is asked for first; of what it lets in to, only what moto can make is looked for."""
    arn = target["Arn"]
    if not access.role_lets_in(backend.account_id, backend.region_name, target.get("RoleArn")):
        raise Undeliverable(NO_PERMISSION)
    if not _exists(arn):
        raise Undeliverable(NO_RESOURCE)
    if ":event-bus/" in arn:
        backend.receive(arn, event)
    backend.invoked.append((arn, text))


def _exists(arn: str) -> bool:
    _, _, service, region, account, resource = arn.split(":", 5)
    if service == "states":
        return any(machine.arn == arn for machine in stepfunctions_backends[account][region].state_machines)
    if service == "kinesis":
        return resource.partition("/")[2] in kinesis_backends[account][region].streams
    return True


INVOKE: Mapping[str, Callable[[EventsBackend, Rule, Target, Event, str], None]] = {
    "sqs": _sqs,
    "sns": _sns,
    "lambda": _lambda,
    "logs": _logs,
}
