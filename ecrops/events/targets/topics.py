"""The aspect of a topic's policy: one statement for each rule that publishes to it. Its key is the topic's ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import (
    EVENTS,
    Allow,
    Edit,
    encryption_notes,
    in_steps,
    policy_change,
    read_each,
    sid_of,
    words,
)
from ecrops.iam.statements import Statement, statements

base = None
MISSING = "NotFound"
PUBLISH = "sns:Publish"
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
QUOTA = policy.Quota(bytes=30 * 1024, statements=100)
MANAGED_KEY = "alias/aws/sns"


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each topic."""
    return read_each(wants, lambda key: _read(aws, key), MISSING, services=("sns",))


def _read(aws: Aws, key: str) -> Mapping[str, str]:
    attributes: Mapping[str, str] = aws.get("sns", "GetTopicAttributes", "Attributes", TopicArn=key)
    return attributes


def changes(key: str, edits: Sequence[Edit], have: Mapping[str, str] | None) -> Iterator[Change | Note]:
    """The policy is written with the statements of others as they are."""
    if have is None:
        return
    now = policy.parse(have.get("Policy"))
    for step, some in in_steps(edits):
        told = [edit for edit in some if _is_missing(key, edit, now)]
        want = _edited(key, told, now)
        if told and not statements(want):
            yield Note(f"the policy of {key} stays as it is: a topic's last statement cannot be removed")
        elif told:
            now = want
            params = {"TopicArn": key, "AttributeName": "Policy", "AttributeValue": policy.text_of(key, now, QUOTA)}
            yield policy_change(key, step, told, Call("sns", "SetTopicAttributes", params), MISSING, empty=False)
            if words(told):
                yield from encryption_notes(key, have.get("KmsMasterKeyId"), MANAGED_KEY)


def _is_missing(key: str, edit: Edit, now: policy.Policy) -> bool:
    there = _ours(key, edit, now) is not None
    if isinstance(edit, Allow):
        return not there and not policy.lets_in(now, PUBLISH, key, edit.rule, conditions=False)
    return there


def _ours(key: str, edit: Edit, now: policy.Policy) -> Statement | None:
    made = _statement(key, edit.rule)
    return policy.ours(now, made["Sid"], lambda _: made)


def _edited(key: str, edits: Sequence[Edit], now: policy.Policy) -> policy.Policy:
    for edit in edits:
        wanted = _statement(key, edit.rule) if isinstance(edit, Allow) else None
        now = policy.amended(now, _ours(key, edit, now), wanted)
    return now


def _statement(key: str, rule: str) -> dict[str, Any]:
    """No condition on the rule: EventBridge does not support conditions in the policies of topics.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    return {
        "Sid": sid_of(rule),
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": PUBLISH,
        "Resource": key,
    }


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
