"""The aspect that sees whether what a rule needs exists: its bus, and targets and roles that no policy names.

Its key is an ARN, its reading whether ecrops could see it. Queues, topics and functions are not here: their own aspects
read them. It never changes anything. What is missing is an error before anything is written, as a missing queue is.
What the caller may not look at is a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecrops.aws import DENIED, Arn, Aws, ClientError, code_of
from ecrops.base.change import Change, Note
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.patterns.selection import Location

base = None
GONE = ("ResourceNotFoundException", "StateMachineDoesNotExist", "NoSuchEntity")


@dataclass(frozen=True)
class Needed:
    """An edit: a rule needs something that ecrops does not make.

    Args:
        owner: The key of the rule.
    """

    owner: str


class Look(NamedTuple):
    """How to look for something.

    Args:
        service: The service, as boto3 names it.
        operation: An operation that fails if it does not exist.
        params: The members of its input, from the ARN.
    """

    service: str
    operation: str
    params: Callable[[Arn], Mapping[str, Any]]


LOOKS: Mapping[str, Look] = {
    "logs": Look("logs", "DescribeLogGroups", lambda arn: {"logGroupNamePrefix": _name(arn)}),
    "states": Look("stepfunctions", "DescribeStateMachine", lambda arn: {"stateMachineArn": str(arn)}),
    "kinesis": Look("kinesis", "DescribeStreamSummary", lambda arn: {"StreamARN": str(arn)}),
    "firehose": Look("firehose", "DescribeDeliveryStream", lambda arn: {"DeliveryStreamName": _name(arn)}),
    "event-bus": Look("events", "DescribeEventBus", lambda arn: {"Name": _name(arn)}),
    "api-destination": Look("events", "DescribeApiDestination", lambda arn: {"Name": _name(arn).partition("/")[0]}),
    "iam": Look("iam", "GetRole", lambda arn: {"RoleName": arn.resource.rpartition("/")[2]}),
}
"""How to look for something, by the service of its ARN, or by its kind for those of EventBridge."""


def reads(aws: Aws, wants: Mapping[str, Sequence[Needed]]) -> Iterator[Read]:
    """Yield one reading for each ARN."""
    for key in wants:
        yield from one_by_one([key], lambda key: _is_seen(aws, key), services=(LOOKS[_kind(Arn.parse(key))].service,))


def is_looked_for(arn: str, location: Location) -> bool:
    """Whether ecrops looks for something before a rule is made: of this account, and of a kind that it can look for."""
    parsed = Arn.parse(arn)
    return parsed.account == location.account and parsed.region in (location.region, "") and _kind(parsed) in LOOKS


def _kind(arn: Arn) -> str:
    """Return the service of an ARN, and the kind of resource where the service has several."""
    return arn.resource.partition("/")[0] if arn.service == "events" else arn.service


def _name(arn: Arn) -> str:
    """Return the name of something without its kind, as in ``log-group:/a/b`` and ``event-bus/other``."""
    return re.split("[:/]", arn.resource, maxsplit=1)[1]


def _is_seen(aws: Aws, key: str) -> bool:
    """Look for something. Return whether the caller may."""
    arn = Arn.parse(key)
    look = LOOKS[_kind(arn)]
    try:
        answer = aws.call(look.service, look.operation, look.params(arn))
        if arn.service == "logs" and not any(group["logGroupName"] == _name(arn) for group in answer["logGroups"]):
            details: Any = {"Code": "ResourceNotFoundException", "Message": "The specified log group does not exist."}
            raise ClientError({"Error": details}, look.operation)
    except ClientError as error:
        if code_of(error) in DENIED:
            return False
        if code_of(error) in GONE:
            error.add_note(f"{key} is not there: make it first, or correct the ARN")
        raise
    return True


def changes(key: str, edits: Sequence[Needed], current: bool) -> Iterator[Change | Note]:
    """Yield a note if the caller may not look whether something exists."""
    if not current:
        look = LOOKS[_kind(Arn.parse(key))]
        rules = ", ".join(sorted({edit.owner for edit in edits}))
        yield Note(f"{rules}: whether {key} exists is not known, for the caller may not call {look.operation}")


def after(change: Change, current: bool) -> bool:
    """Return what was seen: nothing is ever changed."""
    return current


def verify(edit: Needed) -> bool:
    """Whether the edit could be lost to a concurrent writer: there is nothing to lose."""
    return False
