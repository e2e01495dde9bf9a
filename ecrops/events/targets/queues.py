"""The aspect of a queue's policy: one statement lets in all EventBridge rules that send to the queue.

Its key is the ARN of the queue, its reading is ``Queue``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    shared_rules,
    words,
)
from ecrops.iam.sids import PREFIX, find
from ecrops.iam.statements import Document, listed, statements

base = None
MISSING = "AWS.SimpleQueueService.NonExistentQueue"
SID = f"{PREFIX}Events"
SEND = "sqs:SendMessage"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
QUOTA = policy.Quota(bytes=8_192, statements=20)
SETTLES = 60.0
"""Seconds for which SQS may answer with an older policy:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
MANAGED_KEY = "alias/aws/sqs"


@dataclass(frozen=True)
class Queue:
    """A current queue.

    Args:
        url: Its URL.
        attributes: All its attributes.
    """

    url: str
    attributes: Mapping[str, str]


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each queue."""
    return read_each(wants, lambda key: _read(aws, key), MISSING, services=("sqs",), settles=SETTLES)


def _read(aws: Aws, key: str) -> Queue:
    arn, awaits = Arn.parse(key), (MISSING,) if key in aws.made else ()
    names = {"QueueName": arn.resource, "QueueOwnerAWSAccountId": arn.account}
    url = aws.get("sqs", "GetQueueUrl", "QueueUrl", awaits=awaits, **names)
    return Queue(url, aws.get("sqs", "GetQueueAttributes", "Attributes", QueueUrl=url, AttributeNames=["All"]))


def changes(key: str, edits: Sequence[Edit], current: Queue | None) -> Iterator[Change | Note]:
    """Write the policy anew for each step, with the foreign statements as they are."""
    if current is None:
        return
    attributes = current.attributes
    document = policy.parse(attributes.get("Policy"))
    for step, step_edits in in_steps(edits):
        statement = find(statements(document), SID, lambda candidate: _statement(key, _rules(candidate)))
        rules = _rules(statement or {})
        if missing := [edit for edit in step_edits if _is_missing(key, edit, rules, document)]:
            removed, added = ([edit.rule for edit in missing if isinstance(edit, kind)] for kind in (Forbid, Allow))
            if added:
                yield from policy.edited_statements(key, document, SID, statement)
            desired = [*(rule for rule in rules if rule not in removed), *dict.fromkeys(added)]
            document = policy.amended(document, statement, _statement(key, desired) if desired else None)
            params = {"QueueUrl": current.url, "Attributes": {"Policy": policy.text_of(key, document, QUOTA)}}
            call, empty = Call("sqs", "SetQueueAttributes", params), not document["Statement"]
            yield policy_change(key, step, missing, call, MISSING, empty=empty)
            if words(missing):
                yield from encryption_notes(key, attributes.get("KmsMasterKeyId"), MANAGED_KEY)
                if attributes.get("FifoQueue") == "true" and attributes.get("ContentBasedDeduplication") != "true":
                    yield Note(f"{key} refuses events as long as its content-based deduplication is off")


def _is_missing(key: str, edit: Edit, rules: Sequence[str], document: Document) -> bool:
    if isinstance(edit, Allow):
        return not {edit.rule, shared_rules(edit.rule)} & set(rules) and not policy.lets_in(
            document, SEND, key, edit.rule
        )
    return edit.rule in rules


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


def after(change: Change, current: Queue) -> Queue:
    """Return the queue after a change."""
    return replace(current, attributes={**current.attributes, **change.params["Attributes"]})


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
