"""Policy documents of queues, topics and log groups: statements of ours by their ids, others as they are. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecrops.access.statements import VERSION, Statement, statements

Policy = Mapping[str, Any]


def parse(text: str | None) -> Policy:
    """A policy from its text; an empty one from none."""
    policy: Policy = json.loads(text) if text else {"Version": VERSION, "Statement": []}
    return policy


def statement(policy: Policy, sid: str) -> Statement | None:
    """The statement with an id."""
    return next((each for each in statements(policy) if each.get("Sid") == sid), None)


def amended(policy: Policy, sid: str, wanted: Statement | None) -> Policy:
    """The policy with a statement in place of the one with its id, or without it; the others stay as they are."""
    there = statement(policy, sid)
    kept = [wanted if each.get("Sid") == sid else each for each in statements(policy)]
    if there is None:
        kept.append(wanted)
    return {**policy, "Statement": [each for each in kept if each is not None]}
