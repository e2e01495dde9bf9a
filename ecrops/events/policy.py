"""Policy documents of queues, topics and log groups: one statement of ours, and those of others as they are. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Statement = Mapping[str, Any]
Policy = Mapping[str, Any]


def parse(text: str | None) -> Policy:
    """A policy from its text; an empty one from none."""
    policy: Policy = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
    return policy


def statements(policy: Policy) -> list[Statement]:
    """The statements of a policy; one may stand alone."""
    found = policy.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def statement(policy: Policy, sid: str) -> Statement | None:
    """The statement with an id."""
    return next((each for each in statements(policy) if each.get("Sid") == sid), None)


def amended(policy: Policy, sid: str, wanted: Statement | None) -> Policy:
    """The policy with a statement in place of the one with its id, or without it; the others stay as they are."""
    if statement(policy, sid) == wanted:
        return policy
    kept = [wanted if each.get("Sid") == sid else each for each in statements(policy)]
    if statement(policy, sid) is None:
        kept.append(wanted)
    return {**policy, "Statement": [each for each in kept if each is not None]}


def listed(value: Any) -> list[Any]:
    """Where one value may stand for a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]
