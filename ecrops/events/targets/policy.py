"""Policy documents of queues, topics, functions and log groups: statements of ours, others as they are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ecrops.errors import SpecError
from ecrops.events.targets.permissions import EVENTS
from ecrops.iam.sids import PREFIX
from ecrops.iam.sids import free_sid as free
from ecrops.iam.statements import VERSION, Statement, listed, meaning, statements

Policy = Mapping[str, Any]


def parse(text: str | None) -> Policy:
    """A policy from its text; an empty one from none."""
    policy: Policy = json.loads(text) if text else {"Version": VERSION, "Statement": []}
    return policy


def ours(policy: Policy, sid: str, made: Callable[[Statement], Statement]) -> Statement | None:
    """The statement with our id that says what we make of it; one that somebody has changed is theirs.

    Args:
        policy: Where.
        sid: The id, which may have a number after it.
        made: What we would make of what a statement is about.
    """
    for each in statements(policy):
        same_id = re.fullmatch(rf"{sid}\d{{0,2}}", str(each.get("Sid")))
        if same_id and meaning(each) == meaning({**made(each), "Sid": each["Sid"]}):
            return each
    return None


def free_sid(policy: Policy, sid: str) -> str:
    """The id, with a number if a statement has it already."""
    return free(sid, {str(each.get("Sid")) for each in statements(policy)})


def amended(policy: Policy, there: Statement | None, wanted: Statement | None) -> Policy:
    """The policy with a statement in the place of ours, or without it; the others stay as they are."""
    if wanted is not None:
        wanted = {**wanted, "Sid": there["Sid"] if there else free_sid(policy, str(wanted["Sid"]))}
    kept = [wanted if each == there else each for each in statements(policy)]
    return {**policy, "Statement": [each for each in (*kept, None if there else wanted) if each is not None]}


def lets_in(policy: Policy, action: str, resource: str, rule: str, *, conditions: bool = True) -> bool:
    """Whether a statement of somebody else lets EventBridge in for a rule, beyond doubt."""
    found = statements(policy)
    theirs = [each for each in found if not str(each.get("Sid", "")).startswith(PREFIX)]
    if any(each.get("Effect") != "Allow" for each in found):
        return False
    return any(
        _names(each, action, resource) and (not each.get("Condition") or (conditions and _holds(each, rule)))
        for each in theirs
    )


def _names(statement: Statement, action: str, resource: str) -> bool:
    principal = statement.get("Principal")
    named = isinstance(principal, Mapping) and EVENTS in listed(principal.get("Service", []))
    return named and action in listed(statement.get("Action")) and resource in listed(statement.get("Resource"))


def _holds(statement: Statement, rule: str) -> bool:
    condition = statement["Condition"]
    return isinstance(condition, Mapping) and all(
        operator in ("ArnEquals", "ArnLike", "StringEquals")
        and isinstance(test, Mapping)
        and all(key.lower() == "aws:sourcearn" and rule in listed(values) for key, values in test.items())
        for operator, test in condition.items()
    )


class Quota(NamedTuple):
    """How much AWS has room for in a policy."""

    bytes: int
    statements: int | None = None


def text_of(key: str, policy: Policy, quota: Quota) -> str:
    """A policy as it is sent; empty if it says nothing.

    Raises:
        SpecError: AWS has no room for it; with the numbers and the way out.
    """
    count = len(statements(policy))
    text = json.dumps(policy, separators=(",", ":")) if count else ""
    size, limits = len(text.encode()), f"{quota.bytes:,} bytes"
    limits += f" and {quota.statements} statements" if quota.statements else ""
    if size > quota.bytes or (quota.statements and count > quota.statements):
        raise SpecError(
            f"{key}: its policy has at most {limits}, with these rules it would have {size:,} bytes and {count} "
            'statements: one rule of registry.on_...() with repositories=prefix("team/") serves many repositories, or '
            "give some another target"
        )
    return text
