"""Whether EventBridge may invoke a target: the little of IAM that resource policies for it are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from ..wildcards import includes
from .functions import functions

EVENTS = "events.amazonaws.com"


def lets_in(policy: str | None, action: str, resource: str, rule: str, *, conditions: bool = True) -> bool:
    """Whether a policy allows an action on a resource to EventBridge on behalf of a rule.

    Topics do not support conditions: a statement with one says nothing there.
    """
    document = json.loads(policy) if policy else {}
    return any(
        each.get("Effect") == "Allow"
        and EVENTS in _listed(each.get("Principal", {}).get("Service", []))
        and any(includes(wanted, action) for wanted in _listed(each["Action"]))
        and any(includes(wanted, resource) for wanted in _listed(each["Resource"]))
        and (not each.get("Condition") if not conditions else _holds(each.get("Condition", {}), rule))
        for each in _listed(document.get("Statement", []))
    )


def _holds(condition: Mapping[str, Any], rule: str) -> bool:
    """EventBridge gives the ARN of the rule as the source, and no account."""
    return all(
        key.lower() == "aws:sourcearn" and any(includes(each, rule) for each in _listed(value))
        for key, value in _items(condition)
    )


def _items(condition: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for operator, wanted in condition.items():
        assert operator in ("ArnEquals", "ArnLike", "StringEquals"), operator
        yield from wanted.items()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def function_lets_in(account: str, region: str, arn: str, rule: str) -> bool:
    """Whether a function, version or alias has a permission for a rule."""
    name, _, qualifier = arn.split(":function:")[1].partition(":")
    backend = functions(account, region)
    statements = list(backend.permissions.get((name, qualifier), {}).values())
    return lets_in(json.dumps({"Statement": statements}), "lambda:InvokeFunction", arn, rule)


def role_lets_in(account: str, region: str, role: str | None) -> bool:
    """Whether there is such a role, and EventBridge can take it on."""
    roles = iam_backends[account][get_partition(region)].roles.values()
    trust = next((each.assume_role_policy_document for each in roles if each.arn == role), None)
    return trust is not None and EVENTS in trust
