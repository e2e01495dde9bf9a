"""What lets EventBridge invoke a target, on the target's side: edits, and which resource they are made of.

A target is on its rule as long as anything lets the rule in: it is put first and removed last. So the targets are a
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
from ecrops.events.targets.target import Target

T = TypeVar("T")

EVENTS = "events.amazonaws.com"
LOG_GROUPS = "log groups"


class Step(IntEnum):
    """The order of changes, of whichever owner. ``BEFORE`` is for targets that are changed in place."""

    BEFORE = 0
    PUT = 1
    ALLOW = 2
    FORBID = 3
    REMOVE = 4


@dataclass(frozen=True)
class Allow:
    """An edit: a rule may invoke the target.

    Args:
        rule: Its ARN.
        owner: Its key.
        resource: The ARN of what is invoked.
        step: When.
    """

    rule: str
    owner: str
    resource: str
    step: Step


@dataclass(frozen=True)
class Forbid:
    """An edit: a rule needs to invoke the target no more.

    Args:
        rule: Its ARN.
        owner: Its key.
        resource: The ARN of what was invoked.
        step: When.
    """

    rule: str
    owner: str
    resource: str
    step: Step


Edit = Allow | Forbid


def in_steps(edits: Iterable[Edit]) -> Iterator[tuple[Step, list[Edit]]]:
    """The edits that count, in the order of their steps: the last one of a rule and a resource."""
    last = {(edit.rule, edit.resource): edit for edit in edits}.values()
    for step in sorted({edit.step for edit in last}):
        yield step, [edit for edit in last if edit.step == step]


def resources(target: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs that a target, as EventBridge lists it, needs a resource policy of. With a role it needs none."""
    if Arn.parse(target["Arn"]).service in ("lambda", "sqs", "sns", "logs") and not target.get("RoleArn"):
        yield target["Arn"]
    if dead_letters := target.get("DeadLetterConfig", {}).get("Arn"):
        yield dead_letters


def elsewhere(target: Target, place: Place, rule: str) -> Iterator[Note]:
    """What only another account can change: whom its resources must let in.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html
    """
    for arn in {target.arn, *resources(target.to_aws())}:
        if target.authorize and not is_here(arn, place):
            own = arn == target.arn
            who = target.role_arn if own and target.role_arn and ":event-bus/" not in arn else rule
            role = "" if not own or target.role_arn else "; EventBridge's guide asks for a role_arn too"
            yield Note(f"{arn} is not authorised here: its own policy must let {who} in{role}")


def freed(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> set[str]:
    """The ARNs that a rule invokes no more, from its targets as EventBridge lists them."""
    invoked, still = ({arn for target in targets for arn in resources(target)} for targets in (before, after))
    return invoked - still


def is_here(arn: str, place: Place) -> bool:
    """Whether something is of this account."""
    return Arn.parse(arn).account == place.account


def key_of(arn: str) -> str:
    """The key of the policy that a resource has; log groups share one."""
    return LOG_GROUPS if Arn.parse(arn).service == "logs" else arn


def words(edits: Sequence[Edit], kind: type[Edit] = Allow) -> str:
    """The rules that are let in, or those that are no more."""
    return ", ".join(sorted({edit.owner for edit in edits if isinstance(edit, kind)}))


def policy_change(
    key: str,
    step: Step,
    edits: Sequence[Edit],
    call: Call,
    missing: str,
    *,
    empty: bool,
    **more: Any,
) -> Change:
    """The change of a policy that several rules share.

    Args:
        key: The owner.
        step: When.
        edits: Those that change it.
        call: The call that writes it.
        missing: The error code that says that the resource is gone, where it is only to be forgotten.
        empty: Whether nothing is left of the policy.
        more: Further fields of the change.
    """
    before, after = words(edits, Forbid), words(edits)
    return Change(
        owner=key,
        kind=Kind.DELETE if empty else Kind.UPDATE,
        what="policy",
        before=before,
        after=after,
        call=call,
        races=Races(derived=True, superseded=() if after else (missing,)),
        for_owners=owners(edits),
        step=step,
        **more,
    )


def encryption_notes(key: str, encryption: str | None, managed: str) -> Iterator[Note]:
    """What must be so for EventBridge to send to something that is encrypted.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
    """
    if encryption and encryption.endswith(managed):
        yield Note(f"{key} is encrypted with {managed}, which EventBridge may not use: give it a key of yours")
    elif encryption:
        yield Note(
            f"the policy of the key {encryption} of {key} must allow {EVENTS} kms:Decrypt and kms:GenerateDataKey"
        )


def owners(edits: Iterable[Edit]) -> list[str]:
    """The keys of the rules that edits are for."""
    return sorted({edit.owner for edit in edits})


def sid_of(rule: str) -> str:
    """A stable id for the statement of a rule: letters and digits, as IAM wants them."""
    return f"EcropsRule{hashlib.sha256(rule.encode()).hexdigest()[:16]}"


def read_each(
    wants: Mapping[str, Sequence[Edit]], read: Callable[[str], T], missing: str, services: Collection[str]
) -> Iterator[Read]:
    """Yield one reading for each resource. One that does not exist is ``None`` if nothing is to be allowed on it.

    Args:
        wants: The edits by the ARN of the resource.
        read: Reads a resource.
        missing: The error code that means that it does not exist.
        services: The boto3 services that are called.
    """

    def read_one(key: str) -> T | None:
        try:
            return read(key)
        except ClientError as error:
            if code_of(error) != missing:
                raise
            if not any(isinstance(edit, Allow) for edit in wants[key]):
                return None
            error.add_note("it is not there: make it first, or mend the ARN")
            raise

    return one_by_one(wants, read_one, services)
