"""The aspect of the resource policy that lets EventBridge write to log groups.

All log groups share one policy, because a region has ten only. Its only key is ``LOG_GROUPS``, its reading is
``LogGroups``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecrops.aws import Aws, takes
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import EVENTS, Allow, Edit, Forbid, in_steps, policy_change
from ecrops.iam.sids import PREFIX, find
from ecrops.iam.statements import Document, listed, statements

base = None
MISSING = "ResourceNotFoundException"
NAME = "ecrops-events"
SID = f"{PREFIX}Events"
ADVICE = {"LimitExceededException": "a region has ten resource policies of log groups: merge some"}
# botocore's model of PutResourcePolicy
QUOTA = policy.Quota(bytes=51_200)
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html: which of the two numbers holds is not said
MOST_CHARACTERS = 5_120


@dataclass(frozen=True)
class LogGroups:
    """The current policy, and the rules that use its log groups.

    Args:
        document: The policy; an empty one if there is none.
        users: For each log group that an edit forbids, the rules that have it as a target.
        revision: The revision of the policy; empty if none was told, as for policies that several log groups share.
    """

    document: Document
    users: Mapping[str, frozenset[str]]
    revision: str = ""


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading: all log groups share one policy."""
    if wants:
        yield Read(tuple(wants), lambda: _read_all(aws, wants), services=("logs", "events"))


def _read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, LogGroups]:
    """Read the policy, and the users of forbidden log groups: a statement cannot tell the rules apart."""
    pages = aws.pages("logs", "DescribeResourcePolicies", "resourcePolicies")
    found = [item for page in pages for item in page if item["policyName"] == NAME]
    document = policy.parse(found[0]["policyDocument"] if found else None)
    revision = found[0].get("revisionId", "") if found else ""
    return {key: LogGroups(document, _users(aws, edits), revision) for key, edits in wants.items()}


def _users(aws: Aws, edits: Sequence[Edit]) -> dict[str, frozenset[str]]:
    """Return the rules that write to each forbidden group, on all buses."""
    groups = sorted(_groups(edits, Forbid))
    if not groups:
        return {}
    buses = [bus["Name"] for page in aws.pages("events", "ListEventBuses", "EventBuses") for bus in page]
    pairs = [(group, bus) for group in groups for bus in buses]
    users: dict[str, frozenset[str]] = {}
    for (group, _), rules in zip(pairs, aws.map(lambda pair: _rules_of(aws, *pair), pairs), strict=True):
        users[group] = users.get(group, frozenset()) | rules
    return users


def _rules_of(aws: Aws, group: str, bus: str) -> frozenset[str]:
    pages = aws.pages("events", "ListRuleNamesByTarget", "RuleNames", TargetArn=group, EventBusName=bus)
    return frozenset(f"{bus}/{name}" for page in pages for name in page)


def changes(key: str, edits: Sequence[Edit], current: LogGroups) -> Iterator[Change | Note]:
    """Keep one statement that names all groups. The last rule that writes to a group takes the group out of it."""
    allowed, document, revision = _groups(edits, Allow), current.document, current.revision
    for step, step_edits in in_steps(edits):
        statement = find(statements(document), SID, lambda candidate: _statement(_resources(candidate)))
        before = _resources(statement or {})
        removed = {group for group in _groups(step_edits, Forbid) - allowed if _is_last(group, step_edits, current)}
        after = [resource for resource in before if resource.removesuffix(":*") not in removed]
        after += [f"{group}:*" for group in sorted(_groups(step_edits, Allow)) if f"{group}:*" not in before]
        if after != before:
            if len(after) > len(before) - len(removed):
                yield from policy.edited_statements(key, document, SID, statement)
            document = policy.amended(document, statement, _statement(after) if after else None)
            yield from _quota_notes(after, before, policy.text_of(key, document, QUOTA))
            yield policy_change(
                key,
                step,
                [edit for edit in step_edits if (f"{edit.resource}:*" in after) != (f"{edit.resource}:*" in before)],
                _call(key, document, revision),
                MISSING,
                empty=not document["Statement"],
                advice=ADVICE,
            )
            revision = ""  # the next change meets another one


def _quota_notes(after: Sequence[str], before: Sequence[str], text: str) -> Iterator[Note]:
    """Yield a note if the policy grows beyond the quota of the guide: AWS decides."""
    if len(after) > len(before) and len(text) > MOST_CHARACTERS:
        yield Note(
            f"the policy {NAME} of the log groups has {len(text):,} characters: AWS's guides name a limit of "
            f"{MOST_CHARACTERS:,}, the API takes {QUOTA.bytes:,}; one log group for several rules makes it shorter"
        )


def _groups(edits: Sequence[Edit], kind: type[Edit]) -> set[str]:
    return {edit.resource for edit in edits if isinstance(edit, kind)}


def _is_last(group: str, edits: Sequence[Edit], current: LogGroups) -> bool:
    """Whether no rule but those of the edits writes to a group."""
    names = [edit.rule.split(":rule/")[1] for edit in edits if edit.resource == group]
    rules = {name if "/" in name else f"default/{name}" for name in names}
    return current.users.get(group, frozenset()) <= rules


def _call(key: str, desired: Document, revision: str) -> Call:
    """Return the call that writes the policy, for the revision that was read if there is one.

    botocore's model: ``expectedRevisionId`` prevents concurrent modifications. The error is among those that are
    retried, after the policy was read again.
    """
    text = policy.text_of(key, desired, QUOTA)
    operation = "PutResourcePolicy" if text else "DeleteResourcePolicy"
    params = {"policyName": NAME} | ({"policyDocument": text} if text else {})
    if revision and takes("logs", operation, "expectedRevisionId"):
        params["expectedRevisionId"] = revision
    return Call("logs", operation, params)


def _resources(statement: Mapping[str, Any]) -> list[str]:
    return listed(statement.get("Resource", []))


def _statement(resources: Sequence[str]) -> dict[str, Any]:
    """Return the documented statement, which has no condition.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
    """
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": {"Service": [EVENTS, "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": list(resources),
    }


def after(change: Change, current: LogGroups) -> LogGroups:
    """Return the policy after a change."""
    return replace(current, document=policy.parse(change.params.get("policyDocument")))


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: a policy has no compare-and-swap."""
    return True
