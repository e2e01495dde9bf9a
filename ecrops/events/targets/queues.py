"""The aspect of a queue's policy: one statement lets in all rules that send to it. Its key is the queue's ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecrops.aws import Arn, Aws
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import (
    EVENTS,
    Allow,
    Edit,
    Forbid,
    encryption_notes,
    in_steps,
    policy_change,
    read_each,
    words,
)
from ecrops.iam.statements import listed

base = None
MISSING = "AWS.SimpleQueueService.NonExistentQueue"
SID = "EcropsEvents"
SEND = "sqs:SendMessage"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
QUOTA = policy.Quota(bytes=8_192, statements=20)
MANAGED_KEY = "alias/aws/sqs"


@dataclass(frozen=True)
class Queue:
    """What is there.

    Args:
        url: Of the queue.
        attributes: All of them.
    """

    url: str
    attributes: Mapping[str, str]


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each queue."""
    return read_each(wants, lambda key: _read(aws, key), MISSING, services=("sqs",))


def _read(aws: Aws, key: str) -> Queue:
    arn, awaits = Arn.parse(key), (MISSING,) if aws.made_recently(key) else ()
    asked = {"QueueName": arn.resource, "QueueOwnerAWSAccountId": arn.account}
    url = aws.get("sqs", "GetQueueUrl", "QueueUrl", awaits=awaits, **asked)
    return Queue(url, aws.get("sqs", "GetQueueAttributes", "Attributes", QueueUrl=url, AttributeNames=["All"]))


def changes(key: str, edits: Sequence[Edit], have: Queue | None) -> Iterator[Change | Note]:
    """The policy is written with the statements of others as they are."""
    if have is None:
        return
    now = policy.parse(have.attributes.get("Policy"))
    for step, some in in_steps(edits):
        ours = policy.ours(now, SID, lambda each: _statement(key, _rules(each)))
        there = _rules(ours or {})
        if told := [edit for edit in some if _is_missing(key, edit, there, now)]:
            now = policy.amended(now, ours, _edited(key, there, told))
            params = {"QueueUrl": have.url, "Attributes": {"Policy": policy.text_of(key, now, QUOTA)}}
            yield policy_change(
                key, step, told, Call("sqs", "SetQueueAttributes", params), MISSING, empty=not now["Statement"]
            )
            if words(told):
                yield from _notes(key, have.attributes)


def _is_missing(key: str, edit: Edit, there: Sequence[str], now: policy.Policy) -> bool:
    if isinstance(edit, Allow):
        return edit.rule not in there and not policy.lets_in(now, SEND, key, edit.rule)
    return edit.rule in there


def _edited(key: str, rules: Sequence[str], edits: Sequence[Edit]) -> dict[str, Any] | None:
    gone, come = ([edit.rule for edit in edits if isinstance(edit, kind)] for kind in (Forbid, Allow))
    left = [*(rule for rule in rules if rule not in gone), *come]
    return _statement(key, left) if left else None


def _rules(statement: Mapping[str, Any]) -> list[str]:
    return listed(((statement.get("Condition") or {}).get("ArnEquals") or {}).get("aws:SourceArn", []))


def _statement(key: str, rules: Sequence[str]) -> dict[str, Any]:
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": SEND,
        "Resource": key,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(rules)}},
    }


def _notes(key: str, attributes: Mapping[str, str]) -> Iterator[Note]:
    yield from encryption_notes(key, attributes.get("KmsMasterKeyId"), MANAGED_KEY)
    if attributes.get("FifoQueue") == "true" and attributes.get("ContentBasedDeduplication") != "true":
        yield Note(f"{key} refuses events as long as its content-based deduplication is off")


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
