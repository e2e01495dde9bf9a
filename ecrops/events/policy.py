"""Policy documents of queues, topics, functions and log groups: statements of ours, others as they are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ecrops.access.statements import VERSION, Statement, free, meaning, statements
from ecrops.errors import SpecError

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


class Quota(NamedTuple):
    """How much AWS has room for in a policy."""

    bytes: int
    statements: int


def text_of(key: str, policy: Policy, quota: Quota) -> str:
    """A policy as it is sent; empty if it says nothing.

    Raises:
        SpecError: AWS has no room for it; with the numbers and the way out.
    """
    count = len(statements(policy))
    text = json.dumps(policy, separators=(",", ":")) if count else ""
    if len(text.encode()) > quota.bytes or count > quota.statements:
        raise SpecError(
            f"{key}: its policy has at most {quota.bytes:,} bytes and {quota.statements} statements, with these rules "
            f"it would have {len(text.encode()):,} and {count}: one rule of registry.on_...() with "
            'repositories=prefix("team/") serves many repositories, or give some another target'
        )
    return text
