"""The aspect of the one resource policy that all log groups share: a region has ten of them only."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecrops.access.statements import listed, statements
from ecrops.aws import Aws
from ecrops.change import Change
from ecrops.events import policy
from ecrops.events.permissions import EVENTS, Allow, Edit, Forbid, in_steps, policy_change

stands_on = None
MISSING = "ResourceNotFoundException"
NAME = "ecrops-events"
SID = "EcropsEvents"
ADVICE = {
    "LimitExceededException": "a region has ten resource policies of log groups, of 5,120 characters each: merge some"
}


@dataclass(frozen=True)
class LogGroups:
    """What is there.

    Args:
        document: The policy, or an empty one.
        users: The rules that each group is still a target of, for groups that a rule gives up.
    """

    document: policy.Policy
    users: Mapping[str, frozenset[str]]


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel."""
    aws.client("logs")
    aws.client("events")


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, LogGroups]:
    """What is there, and who uses what is given up: a statement cannot tell the rules apart."""
    pages = aws.pages("logs", "DescribeResourcePolicies", "resourcePolicies")
    texts = [each["policyDocument"] for page in pages for each in page if each["policyName"] == NAME]
    document = policy.parse(texts[0] if texts else None)
    return {key: LogGroups(document, _users(aws, edits)) for key, edits in wants.items()}


def _users(aws: Aws, edits: Sequence[Edit]) -> dict[str, frozenset[str]]:
    freed = sorted({(edit.resource, _bus(edit.rule)) for edit in edits if not isinstance(edit, Allow)})
    users: dict[str, frozenset[str]] = {}
    for group, bus in freed:
        pages = aws.pages("events", "ListRuleNamesByTarget", "RuleNames", TargetArn=group, EventBusName=bus)
        names = {f"{bus}/{name}" for page in pages for name in page}
        users[group] = users.get(group, frozenset()) | names
    return users


def _bus(rule: str) -> str:
    return rule.split(":rule/")[1].rpartition("/")[0] or "default"


def changes(key: str, edits: Sequence[Edit], have: LogGroups) -> Iterator[Change]:
    """One statement names all groups; a group leaves it with the last rule that writes to it."""
    wanted, now = _groups(edits, Allow), have.document
    for step, some in in_steps(edits):
        gone = {group for group in _groups(some, Forbid) - wanted if _is_last(group, some, have)}
        want = _edited(now, _groups(some, Allow), gone)
        if want != now:
            now = want
            yield policy_change(key, step, some, _call(want), MISSING, advice=ADVICE)


def _groups(edits: Sequence[Edit], kind: type[Edit]) -> set[str]:
    return {edit.resource for edit in edits if isinstance(edit, kind)}


def _is_last(group: str, edits: Sequence[Edit], have: LogGroups) -> bool:
    """Whether no other rule writes to a group."""
    gone = {f"{_bus(edit.rule)}/{edit.rule.rpartition('/')[2]}" for edit in edits if edit.resource == group}
    return not have.users.get(group, frozenset()) - gone


def _edited(now: policy.Policy, allowed: Collection[str], gone: Collection[str]) -> policy.Policy:
    ours = policy.ours(now, SID, lambda each: _statement(_resources(each)))
    there = _resources(ours or {})
    want = dict.fromkeys([*there, *(f"{group}:*" for group in sorted(allowed))])
    left = [each for each in want if each.removesuffix(":*") not in gone]
    return now if left == there else policy.amended(now, ours, _statement(left) if left else None)


def _call(want: policy.Policy) -> tuple[str, str, dict[str, str]]:
    if statements(want):
        return "logs", "PutResourcePolicy", {"policyName": NAME, "policyDocument": json.dumps(want)}
    return "logs", "DeleteResourcePolicy", {"policyName": NAME}


def _resources(statement: Mapping[str, Any]) -> list[str]:
    return listed(statement.get("Resource", []))


def _statement(resources: Sequence[str]) -> dict[str, Any]:
    """As documented, without a condition.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
    """
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"Service": [EVENTS, "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": list(resources),
    }


def look_again(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
