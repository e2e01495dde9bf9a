"""What EventBridge needs to know about the policies of queues, topics, functions and log groups. Pure.

Called by the aspects beside it. Which statements are ecrops's own is decided in ``iam/sids``; here is whether a foreign
statement lets EventBridge in already, and how much room a policy has. Foreign statements stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ecrops.base.change import Note
from ecrops.errors import SpecError
from ecrops.events.targets.permissions import EVENTS
from ecrops.iam.sids import free_sid, is_reserved, is_sid, used_sids
from ecrops.iam.statements import VERSION, Document, Statement, listed, statements


def parse(text: str | None) -> Document:
    """Return a policy from its text, and an empty policy from none."""
    document: Document = json.loads(text) if text else {"Version": VERSION, "Statement": []}
    return document


def amended(document: Document, current: Statement | None, desired: Statement | None) -> Document:
    """Return a policy with a statement of ecrops added, changed in its place, or removed.

    Args:
        document: The policy.
        current: The statement of ecrops, if the policy has one.
        desired: The statement that it is to have, with a Sid without a number; ``None`` for none.
    """
    current_statements = statements(document)
    if desired is None:
        return {**document, "Statement": [statement for statement in current_statements if statement != current]}
    if current is None:
        sid = free_sid(str(desired["Sid"]), used_sids(current_statements))
        return {**document, "Statement": [*current_statements, {**desired, "Sid": sid}]}
    replacement = {**desired, "Sid": current["Sid"]}
    replaced = [replacement if statement == current else statement for statement in current_statements]
    return {**document, "Statement": replaced}


def edited_statements(name: str, document: Document, sid: str, ours: Statement | None) -> Iterator[Note]:
    """Yield a note for each statement of ecrops that somebody edited: a permission comes to stand beside it.

    Args:
        name: The resource.
        document: The policy.
        sid: The Sid that ecrops gives, without a number.
        ours: The statement with that Sid that is ecrops's own, if there is one.
    """
    for statement in statements(document):
        if is_sid(statement.get("Sid"), sid) and statement != ours:
            yield Note(
                f"{name}: somebody changed the statement {statement['Sid']!r} of ecrops in its policy: it stays as it "
                "is, and what is allowed now stands beside it, without its limits"
            )


def lets_in(document: Document, action: str, resource: str, rule: str, *, conditions: bool = True) -> bool:
    """Whether a foreign statement certainly lets EventBridge in for a rule.

    Args:
        document: The policy.
        action: The action that EventBridge needs.
        resource: The ARN that it needs it on.
        rule: The ARN of the rule.
        conditions: Whether EventBridge supports conditions on the rule in such a policy.
    """
    current = statements(document)
    if any(statement.get("Effect") != "Allow" for statement in current):
        return False
    return any(
        _names(statement, action, resource)
        and (not statement.get("Condition") or (conditions and _holds(statement["Condition"], rule)))
        for statement in current
        if not is_reserved(statement)
    )


def _names(statement: Statement, action: str, resource: str) -> bool:
    principal = statement.get("Principal")
    names_events = isinstance(principal, Mapping) and EVENTS in listed(principal.get("Service", []))
    return names_events and action in listed(statement.get("Action")) and resource in listed(statement.get("Resource"))


def _holds(condition: object, rule: str) -> bool:
    return isinstance(condition, Mapping) and all(
        operator in ("ArnEquals", "ArnLike", "StringEquals")
        and isinstance(test, Mapping)
        and all(key.lower() == "aws:sourcearn" and rule in listed(values) for key, values in test.items())
        for operator, test in condition.items()
    )


class Quota(NamedTuple):
    """The room that AWS has in a policy.

    Args:
        bytes: The bytes of its text.
        statements: The statements, if AWS limits them.
    """

    bytes: int
    statements: int | None = None


def text_of(key: str, document: Document, quota: Quota) -> str:
    """Return a policy as it is sent; empty if it has no statements.

    Raises:
        SpecError: AWS has no room for it; with the numbers and the way out.
    """
    count = len(statements(document))
    text = json.dumps(document, separators=(",", ":")) if count else ""
    size, limits = len(text.encode()), f"{quota.bytes:,} bytes"
    limits += f" and {quota.statements} statements" if quota.statements else ""
    if size > quota.bytes or (quota.statements and count > quota.statements):
        raise SpecError(
            f"{key}: its policy has at most {limits}, with these rules it would have {size:,} bytes and {count} "
            'statements: one rule of registry.on_...() with repositories=prefix("team/") serves many repositories, or '
            'one permission serves many rules with Target(..., authorize="shared"), or give some another target'
        )
    return text
