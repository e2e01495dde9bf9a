"""The aspect of the one resource policy that all log groups share: a region has ten of them only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecrops.access.statements import listed, statements
from ecrops.aws import Aws
from ecrops.change import Change, Kind, Note
from ecrops.events import policy
from ecrops.events.permissions import EVENTS, Allow, Edit, Forbid, words

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


def changes(key: str, edits: Sequence[Edit], have: LogGroups) -> Iterator[Change | Note]:
    """One statement names all groups; a group leaves it with the last rule that writes to it."""
    there = _resources(policy.statement(have.document, SID))
    want = [*there, *(f"{edit.resource}:*" for edit in edits if isinstance(edit, Allow))]
    kept = {edit.resource for edit in edits if isinstance(edit, Allow)}
    for group, users in have.users.items():
        gone = {f"{_bus(edit.rule)}/{edit.rule.rpartition('/')[2]}" for edit in edits if edit.resource == group}
        if group not in kept and not users - gone:
            want = [each for each in want if each != f"{group}:*"]
    want = list(dict.fromkeys(want))
    if want == there:
        return
    document = policy.amended(have.document, SID, _statement(want) if want else None)
    if statements(document):
        operation, params = "PutResourcePolicy", {"policyName": NAME, "policyDocument": json.dumps(document)}
    else:
        operation, params = "DeleteResourcePolicy", {"policyName": NAME}
    kind = Kind.UPDATE if words(edits) else Kind.DELETE
    races = (MISSING,) if operation.startswith("Delete") else ()
    yield Change(
        key,
        kind,
        "policy",
        words(edits, Forbid),
        words(edits),
        "logs",
        operation,
        params,
        derived=True,
        races=races,
        advice=ADVICE,
    )


def _resources(statement: Mapping[str, Any] | None) -> list[str]:
    return listed((statement or {}).get("Resource", []))


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
