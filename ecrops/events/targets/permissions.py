"""The permission of an EventBridge rule to invoke a target, in a policy of the target: edits, and shared parts.

Called by ``events/wants``, which makes the edits, and by the aspects beside it. It never decides whether a policy has
a permission already.

A target is on its rule as long as a policy lets the rule in: it is put first and removed last. So the targets are a
record of what is still to be undone, and a rule that works loses no event when a step fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from ecrops.aws import Arn, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.patterns.selection import Place
from ecrops.events.targets.target import MARK, Target
from ecrops.iam.sids import PREFIX

T = TypeVar("T")

EVENTS = "events.amazonaws.com"
LOG_GROUPS = "log groups"


class Step(IntEnum):
    """The order of changes, of all owners together. ``BEFORE`` is for targets that are changed in place.

    Step 0 is that of repositories: a rule on the events of one that could not be made is not made either.
    """

    BEFORE = 1
    PUT = 2
    ALLOW = 3
    FORBID = 4
    REMOVE = 5


@dataclass(frozen=True)
class Permission:
    """The permission of an EventBridge rule to invoke a resource.

    Args:
        rule: The ARN of the rule, or the one of ``shared_rules``.
        owner: The key of the rule.
        resource: The ARN of the resource.
        step: The step of the change.
    """

    rule: str
    owner: str
    resource: str
    step: Step

    @property
    def allowed(self) -> str:
        """The rule that the permission is for, in words; the permission of all rules is not that of one."""
        return f"every rule {MARK}*" if self.rule == shared_rules(self.rule) else self.owner


class Allow(Permission):
    """An edit: the rule may invoke the resource."""


class Forbid(Permission):
    """An edit: the rule no longer needs to invoke the resource."""


Edit = Allow | Forbid


def in_steps(edits: Iterable[Edit]) -> Iterator[tuple[Step, list[Edit]]]:
    """Yield the edits by step, in order. Of several edits of one rule and resource, only the last one counts.

    Several owners can share the permission of all their rules.
    """
    last = {(edit.rule, edit.resource, edit.owner): edit for edit in edits}.values()
    for step in sorted({edit.step for edit in last}):
        yield step, [edit for edit in last if edit.step == step]


def shared_rules(rule: str) -> str:
    """Return the ARN that stands for all rules of the default bus with names that ecrops makes; empty for other rules.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: the ARN of a
    condition may have ``*`` in it, for ``ArnEquals`` as for ``ArnLike``.
    """
    head, _, name = rule.partition(":rule/")
    return f"{head}:rule/{MARK}*" if name.startswith(MARK) and "/" not in name else ""


def resources(target: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ARNs whose resource policy must let EventBridge in for a target, as EventBridge lists it.

    A target with a role needs no such policy.
    """
    if Arn.parse(target["Arn"]).service in ("lambda", "sqs", "sns", "logs") and not target.get("RoleArn"):
        yield target["Arn"]
    if dead_letters := target.get("DeadLetterConfig", {}).get("Arn"):
        yield dead_letters


def elsewhere(target: Target, place: Place, rule: str) -> Iterator[Note]:
    """Yield a note for each resource of another account, which only that account can authorise.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html
    """
    if Arn.parse(target.arn).service == "execute-api" and target.role_arn is None and target.authorize:
        yield Note(f"{target.arn} is not authorised here: the policy of the API must let {rule} in, or give a role_arn")
    for arn in {target.arn, *resources(target.to_aws())}:
        if target.authorize and not is_here(arn, place):
            is_target = arn == target.arn
            caller = target.role_arn if is_target and target.role_arn and ":event-bus/" not in arn else rule
            role = "" if not is_target or target.role_arn else "; EventBridge's guide asks for a role_arn too"
            yield Note(f"{arn} is not authorised here: its own policy must let {caller} in{role}")


def freed(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ARNs that a rule no longer invokes, from its targets as EventBridge lists them."""
    old, new = ({arn for target in targets for arn in resources(target)} for targets in (before, after))
    return old - new


def is_here(arn: str, place: Place) -> bool:
    """Whether a resource is in the account of the rule, or AWS's own: its ARN has no account."""
    return Arn.parse(arn).account in (place.account, "")


def key_of(arn: str) -> str:
    """Return the key of the policy that lets rules invoke a resource. All log groups share one policy."""
    return LOG_GROUPS if Arn.parse(arn).service == "logs" else arn


def words(edits: Sequence[Edit], kind: type[Edit] = Allow) -> str:
    """Return the rules that are allowed, or those that are forbidden, in words."""
    return ", ".join(sorted({edit.allowed for edit in edits if isinstance(edit, kind)}))


def policy_change(
    key: str,
    step: Step,
    edits: Sequence[Edit],
    call: Call,
    missing: str,
    *,
    empty: bool,
    advice: Mapping[str, str] | None = None,
) -> Change:
    """Return the change of a policy that several rules share.

    Args:
        key: The owner.
        step: The step of the change.
        edits: The edits that change the policy.
        call: The call that writes the policy.
        missing: The error code that means that the resource does not exist. If no rule is allowed, nothing is to be
            done then.
        empty: Whether no statement remains.
        advice: The way out, by error code.
    """
    before, after = words(edits, Forbid), words(edits)
    return Change(
        owner=key,
        kind=Kind.DELETE if empty else Kind.UPDATE,
        what="policy",
        before=before,
        after=after,
        call=call,
        removed=parts(edits, Forbid),
        added=parts(edits, Allow),
        races=Races(derived=True, superseded=() if after else (missing,)),
        for_owners=owners(edits),
        step=step,
        advice=advice or {},
    )


def encryption_notes(key: str, encryption: str | None, managed: str) -> Iterator[Note]:
    """Yield what the key of an encrypted resource must allow, so that EventBridge can send to it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
    """
    if encryption and encryption.endswith(managed):
        yield Note(f"{key} is encrypted with {managed}, which EventBridge may not use: give it a key of yours")
    elif encryption:
        yield Note(
            f"the policy of the key {encryption} of {key} must allow {EVENTS} kms:Decrypt and kms:GenerateDataKey"
        )


def part(edit: Edit) -> str:
    """Return a permission as canonical text."""
    return f"{edit.rule} may invoke {edit.resource}"


def parts(edits: Iterable[Edit], kind: type[Edit]) -> frozenset[str]:
    """Return the permissions that are given, or those that are taken away, as canonical texts."""
    return frozenset(part(edit) for edit in edits if isinstance(edit, kind))


def owners(edits: Iterable[Edit]) -> list[str]:
    """Return the keys of the rules that edits are about."""
    return sorted({edit.owner for edit in edits})


def sid_of(rule: str) -> str:
    """Return the Sid of the statement of a rule: always the same, and of letters and digits, as IAM asks."""
    return f"{PREFIX}Rule{hashlib.sha256(rule.encode()).hexdigest()[:16]}"


def read_each(
    wants: Mapping[str, Sequence[Edit]],
    read: Callable[[str], T],
    missing: str,
    services: Collection[str],
    settles: float,
) -> Iterator[Read]:
    """Yield one reading for each resource. One that does not exist is ``None`` if nothing is to be allowed on it.

    Args:
        wants: The edits by the ARN of the resource.
        read: Reads a resource.
        missing: The error code that means that it does not exist.
        services: The boto3 services that are called.
        settles: As in ``Read``.
    """

    def read_one(key: str) -> T | None:
        try:
            return read(key)
        except ClientError as error:
            if code_of(error) != missing:
                raise
            if not any(isinstance(edit, Allow) for edit in wants[key]):
                return None
            error.add_note("it is not there: make it first, or correct the ARN")
            raise

    return one_by_one(wants, read_one, services, settles=settles)
