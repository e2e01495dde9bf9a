"""The aspect of a topic's policy: one statement for each EventBridge rule that publishes to the topic.

Its key is the ARN of the topic, its reading are the topic's attributes.
"""

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
    shared_rules,
    sid_of,
    words,
)
from ecrops.iam.sids import find
from ecrops.iam.statements import Document, Statement, statements

base = None
MISSING = "NotFound"
PUBLISH = "sns:Publish"
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
QUOTA = policy.Quota(bytes=30 * 1024, statements=100)
SETTLES = 60.0
"""Seconds for which SNS may answer with an older policy. SNS gives no number: this is that of SQS."""
MANAGED_KEY = "alias/aws/sns"


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each topic."""
    return read_each(
        wants,
        lambda key: aws.get("sns", "GetTopicAttributes", "Attributes", TopicArn=key),
        MISSING,
        services=("sns",),
        settles=SETTLES,
    )


def changes(key: str, edits: Sequence[Edit], current: Mapping[str, str] | None) -> Iterator[Change | Note]:
    """Write the policy anew for each step, with the foreign statements as they are."""
    if current is None:
        return
    document = policy.parse(current.get("Policy"))
    for step, step_edits in in_steps(edits):
        missing = [edit for edit in step_edits if _is_missing(key, edit, document)]
        desired = document
        for edit in missing:
            statement = _statement(key, edit.rule) if isinstance(edit, Allow) else None
            if statement:
                yield from policy.edited_statements(key, document, statement["Sid"], None)
            desired = policy.amended(desired, _find(key, edit.rule, desired), statement)
        if missing and not statements(desired):
            yield Note(f"the policy of {key} stays as it is: a topic's last statement cannot be removed")
        elif missing:
            document, text = desired, policy.text_of(key, desired, QUOTA)
            params = {"TopicArn": key, "AttributeName": "Policy", "AttributeValue": text}
            yield policy_change(key, step, missing, Call("sns", "SetTopicAttributes", params), MISSING, empty=False)
            if words(missing):
                yield from encryption_notes(key, current.get("KmsMasterKeyId"), MANAGED_KEY)


def _is_missing(key: str, edit: Edit, document: Document) -> bool:
    is_allowed = _find(key, edit.rule, document) is not None
    if isinstance(edit, Allow):
        shared = shared_rules(edit.rule)
        has_shared = bool(shared) and _find(key, shared, document) is not None
        return (
            not is_allowed
            and not has_shared
            and not policy.lets_in(document, PUBLISH, key, edit.rule, conditions=False)
        )
    return is_allowed


def _find(key: str, rule: str, document: Document) -> Statement | None:
    written = _statement(key, rule)
    return find(statements(document), written["Sid"], lambda _: written)


def _statement(key: str, rule: str) -> dict[str, Any]:
    """Return the statement of a rule, without a condition: EventBridge supports none in the policies of topics.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    return {
        "Sid": sid_of(rule),
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": PUBLISH,
        "Resource": key,
    }


def after(change: Change, current: Mapping[str, str]) -> Mapping[str, str]:
    """Return the attributes of the topic after a change."""
    return {**current, change.params["AttributeName"]: change.params["AttributeValue"]}


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
