"""The aspect of the one resource policy that all log groups share: a region has ten of them only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecrops.aws import Aws
from ecrops.base.change import Call, Change
from ecrops.engine.aspect import Read
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import EVENTS, Allow, Edit, Forbid, in_steps, policy_change
from ecrops.iam.statements import listed

base = None
MISSING = "ResourceNotFoundException"
NAME = "ecrops-events"
SID = "EcropsEvents"
ADVICE = {"LimitExceededException": "a region has ten resource policies of log groups: merge some"}
# botocore's model of PutResourcePolicy
QUOTA = policy.Quota(bytes=51_200)


@dataclass(frozen=True)
class LogGroups:
    """What is there.

    Args:
        document: The policy, or an empty one.
        users: The rules that each group is still a target of, for groups that a rule gives up.
    """

    document: policy.Policy
    users: Mapping[str, frozenset[str]]


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading: all log groups share one policy."""
    if wants:
        yield Read(tuple(wants), lambda: _read_all(aws, wants), services=("logs", "events"))


def _read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, LogGroups]:
    """What is there, and who uses what is given up: a statement cannot tell the rules apart."""
    pages = aws.pages("logs", "DescribeResourcePolicies", "resourcePolicies")
    texts = [each["policyDocument"] for page in pages for each in page if each["policyName"] == NAME]
    document = policy.parse(texts[0] if texts else None)
    return {key: LogGroups(document, _users(aws, edits)) for key, edits in wants.items()}


def _users(aws: Aws, edits: Sequence[Edit]) -> dict[str, frozenset[str]]:
    """The rules that write to each group that is given up, on whichever bus they are."""
    freed = sorted(_groups(edits, Forbid))
    if not freed:
        return {}
    buses = [bus["Name"] for page in aws.pages("events", "ListEventBuses", "EventBuses") for bus in page]
    asked = [(group, bus) for group in freed for bus in buses]
    found = aws.map(lambda each: _rules_of(aws, *each), asked)
    users: dict[str, frozenset[str]] = {}
    for (group, _), names in zip(asked, found, strict=True):
        users[group] = users.get(group, frozenset()) | names
    return users


def _rules_of(aws: Aws, group: str, bus: str) -> frozenset[str]:
    pages = aws.pages("events", "ListRuleNamesByTarget", "RuleNames", TargetArn=group, EventBusName=bus)
    return frozenset(f"{bus}/{name}" for page in pages for name in page)


def _bus(rule: str) -> str:
    return rule.split(":rule/")[1].rpartition("/")[0] or "default"


def changes(key: str, edits: Sequence[Edit], have: LogGroups) -> Iterator[Change]:
    """One statement names all groups; a group leaves it with the last rule that writes to it."""
    wanted, now = _groups(edits, Allow), have.document
    for step, some in in_steps(edits):
        ours = policy.ours(now, SID, lambda each: _statement(_resources(each)))
        there = _resources(ours or {})
        gone = {group for group in _groups(some, Forbid) - wanted if _is_last(group, some, have)}
        left = [each for each in there if each.removesuffix(":*") not in gone]
        left += [f"{group}:*" for group in sorted(_groups(some, Allow)) if f"{group}:*" not in there]
        if left != there:
            now = policy.amended(now, ours, _statement(left) if left else None)
            told = [edit for edit in some if (f"{edit.resource}:*" in left) != (f"{edit.resource}:*" in there)]
            yield policy_change(key, step, told, _call(key, now), MISSING, empty=not now["Statement"], advice=ADVICE)


def _groups(edits: Sequence[Edit], kind: type[Edit]) -> set[str]:
    return {edit.resource for edit in edits if isinstance(edit, kind)}


def _is_last(group: str, edits: Sequence[Edit], have: LogGroups) -> bool:
    """Whether no other rule writes to a group."""
    gone = {f"{_bus(edit.rule)}/{edit.rule.rpartition('/')[2]}" for edit in edits if edit.resource == group}
    return not have.users.get(group, frozenset()) - gone


def _call(key: str, want: policy.Policy) -> Call:
    if text := policy.text_of(key, want, QUOTA):
        return Call("logs", "PutResourcePolicy", {"policyName": NAME, "policyDocument": text})
    return Call("logs", "DeleteResourcePolicy", {"policyName": NAME})


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


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
