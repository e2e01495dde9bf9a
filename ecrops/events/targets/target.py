"""Where events go: a target is an ARN, and what EventBridge needs to know to invoke it."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from datetime import timedelta
from typing import Any, Self

from ecrops.aws import Arn
from ecrops.base.problems import Problems, compact, suggesting
from ecrops.errors import SpecError
from ecrops.events.targets import checks

MOST_TARGETS = 5
MARK = "ecrops-"
INPUTS = ("input", "input_path", "input_transformer")
OPTIONAL: Mapping[str, Callable[[Any], None]] = {
    "input": checks.check_input,
    "input_path": checks.check_path,
    "input_transformer": checks.check_transformer,
    "dead_letter_arn": checks.check_dead_letters,
    "maximum_retry_attempts": checks.check_attempts,
    "maximum_event_age": checks.check_age,
}


@suggesting()
@dataclass(frozen=True, slots=True)
class Target:
    """What a rule invokes. A plain ARN is accepted in its place.

    Args:
        arn: Of a Lambda function (version, alias), SQS queue, SNS topic, log group, Step Functions state machine,
            Kinesis or Firehose stream, ECS cluster, event bus or API destination. In another account EventBridge
            reaches functions, queues, topics, Kinesis streams and event buses only, as their own policy lets it.
        id: 1 to 64 letters, digits, ``.``, ``-`` and ``_``; made from the ARN without one. A rule has one target of
            an id.
        role_arn: The role that EventBridge takes on. Required for all but Lambda, SQS, SNS (which are given a
            resource policy instead) and log groups (which take none). The caller needs ``iam:PassRole`` for it.
        input: JSON that is sent in place of the event: a string as it is, anything else is made JSON.
        input_path: The part of the event that is sent, such as ``$.detail``.
        input_transformer: ``{"InputPathsMap": {...}, "InputTemplate": "..."}``, as EventBridge takes it. A log group
            takes this alone, with the template ``{"timestamp": <variable>, "message": <variable>}``.
        dead_letter_arn: The standard SQS queue of this region for events that cannot be delivered.
        maximum_retry_attempts: 0 to 185 (what EventBridge does without).
        maximum_event_age: A ``timedelta`` or seconds, from 60 seconds to 24 hours (what EventBridge does without).
        message_group_id: Of the messages that a FIFO queue gets.
        parameters: Further members in EventBridge's own form, such as ``{"EcsParameters": {...}}``.
        authorize: Whether ecrops lets EventBridge invoke the target, and removes that again with the target.

    Raises:
        SpecError: EventBridge would refuse the target, or could never invoke it; with every reason.

    Example:
        >>> Target("arn:aws:sqs:eu-west-1:123456789012:pushes").id
        'ecrops-pushes-6ad8b3b4'
    """

    arn: str
    _: KW_ONLY
    id: str | None = None
    role_arn: str | None = None
    input: Any = None
    input_path: str | None = None
    input_transformer: Mapping[str, Any] | None = None
    dead_letter_arn: str | None = None
    maximum_retry_attempts: int | None = None
    maximum_event_age: timedelta | int | None = None
    message_group_id: str | None = None
    parameters: Mapping[str, Any] | None = None
    authorize: bool = True

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arn", plain_arn(self.arn))
        if self.id is None:
            object.__setattr__(self, "id", id_of(self.arn))
        for name in ("input", "input_transformer", "parameters"):
            object.__setattr__(self, name, copy.deepcopy(getattr(self, name)))  # nobody else's to change
        self._check()

    def _check(self) -> None:
        problems = Problems()
        right = isinstance(self.authorize, bool)
        problems.check(right, "authorize", f"expected True or False, got {self.authorize!r}")
        problems.take("id", lambda: checks.check_id(self.id))
        if found := problems.take("arn", lambda: checks.check_arn(self.arn)):
            arn, kind = found
            problems.take("arn", lambda: checks.check_version(arn, self.role_arn, self.authorize))
            problems.take("role_arn", lambda: checks.check_role(self.role_arn, arn, kind))
            problems.take("parameters", lambda: checks.check_parameters(self.parameters, kind))
            group = self.message_group_id
            problems.take("message_group_id", lambda: checks.check_group(group, arn, self.parameters))
            if arn.service == "logs":
                problems.take("", lambda: checks.check_log_input(self.input, self.input_path, self.input_transformer))
        given = [name for name in INPUTS if getattr(self, name) is not None]
        problems.check(len(given) < 2, given[-1] if given else "", f"a target has one of {' and '.join(given)}")
        for name, check in OPTIONAL.items():
            if (value := getattr(self, name)) is not None:
                problems.take(name, lambda check=check, value=value: check(value))  # type: ignore[misc]
        problems.raise_any()

    def to_dict(self) -> dict[str, Any]:
        """The fields that say something, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["maximum_event_age"] = _seconds(self.maximum_event_age)
        values["authorize"] = None if self.authorize else False
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With every field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [field.name for field in fields(cls) if field.name != "_"], "a target")
        problems.check("arn" in values, "arn", "is missing")
        problems.raise_any()
        return cls(**values)

    @classmethod
    def from_aws(cls, document: Mapping[str, Any]) -> Self:
        """A target as EventBridge lists it.

        Raises:
            SpecError: It is of a kind that ecrops does not know.
        """
        rest = dict(document)
        fields_ = {"id": "Id", "arn": "Arn", "role_arn": "RoleArn", "input": "Input", "input_path": "InputPath"}
        values = {field: rest.pop(name, None) for field, name in fields_.items()}
        retry = rest.pop("RetryPolicy", {})
        return cls(
            **values,
            input_transformer=rest.pop("InputTransformer", None),
            dead_letter_arn=rest.pop("DeadLetterConfig", {}).get("Arn"),
            maximum_retry_attempts=retry.get("MaximumRetryAttempts"),
            maximum_event_age=retry.get("MaximumEventAgeInSeconds"),
            parameters=rest or None,
        )

    def to_aws(self) -> dict[str, Any]:
        """The target as ``PutTargets`` takes it."""
        document: dict[str, Any] = dict(self.parameters or {}) | {"Id": self.id, "Arn": self.arn}
        simple = {"RoleArn": self.role_arn, "InputPath": self.input_path, "InputTransformer": self.input_transformer}
        document |= {name: value for name, value in simple.items() if value is not None}
        if self.input is not None:
            document["Input"] = self.input if isinstance(self.input, str) else json.dumps(self.input)
        if self.message_group_id is not None:
            document["SqsParameters"] = {"MessageGroupId": self.message_group_id}
        if self.dead_letter_arn is not None:
            document["DeadLetterConfig"] = {"Arn": self.dead_letter_arn}
        retry = {
            "MaximumRetryAttempts": self.maximum_retry_attempts,
            "MaximumEventAgeInSeconds": _seconds(self.maximum_event_age),
        }
        if given := {name: value for name, value in retry.items() if value is not None}:
            document["RetryPolicy"] = given
        return document


def plain_arn(arn: Any) -> Any:
    """An ARN as EventBridge keeps it: that of a log group may come with its streams, ``:*``."""
    return arn.removesuffix(":*") if isinstance(arn, str) and ":logs:" in arn else arn


def id_of(arn: object) -> str:
    """The id of a target that was given none."""
    digest = hashlib.sha256(str(arn).encode()).hexdigest()[:8]
    name = re.sub(r"[^.\-_A-Za-z0-9]+", "-", re.split("[:/]", str(arn))[-1])[:40]
    return f"{MARK}{name}-{digest}"


def _seconds(age: timedelta | float | None) -> int | None:
    seconds = age.total_seconds() if isinstance(age, timedelta) else age
    return None if seconds is None else int(seconds)


def check_target(target: object) -> Target:
    """A target, from one or from a plain ARN.

    Raises:
        SpecError: It is neither, or EventBridge would refuse it.
    """
    if isinstance(target, str):
        return Target(target)
    if not isinstance(target, Target):
        raise SpecError(f"expected the ARN of a target, or a Target, got {target!r}")
    return target


def check_targets(targets: Sequence[object]) -> tuple[Target, ...]:
    """The targets of a rule: those that are given twice once.

    Raises:
        SpecError: They are too many, or two have one id; with every reason.
    """
    problems = Problems()
    found = [
        problems.take(f"targets[{index}]", lambda each=each: check_target(each))  # type: ignore[misc]
        for index, each in enumerate(targets)
    ]
    problems.raise_any()
    given: dict[str | None, Target] = {}
    for each in found:
        if each is not None and given.setdefault(each.id, each) != each:
            problems.add("", f"targets: two have the id {each.id!r}: give one an id of its own")
    problems.check(len(given) <= MOST_TARGETS, "targets", f"a rule has at most {MOST_TARGETS}, these are {len(given)}")
    problems.raise_any()
    return tuple(given.values())


def check_reach(target: Target, partition: str, region: str) -> None:
    """Whether a rule of a region can have this target.

    Raises:
        SpecError: It is in another region or partition; only event buses may be in another region.
    """
    problems = Problems()
    for path, text in (("target", target.arn), ("dead_letter_arn", target.dead_letter_arn)):
        if text is not None:
            arn = Arn.parse(text)
            near = arn.partition == partition and (arn.region == region or arn.resource.startswith("event-bus/"))
            reason = f"{text} is not in {region}, where the rule is: EventBridge does not reach it"
            problems.check(near, path, reason)
    problems.raise_any()


def check_account(target: Target, account: str) -> None:
    """Whether a rule of an account can have this target.

    Raises:
        SpecError: It is of a kind that is not reached in another account, is given a role of another account, or an
            input on its way to another account's event bus.
    """
    problems, role, arn = Problems(), target.role_arn, Arn.parse(target.arn)
    problems.check(
        arn.account == account or checks.is_reached_elsewhere(arn),
        "target",
        f"{arn} is of another account, where EventBridge reaches {checks.ELSEWHERE}: send the events to the event bus "
        "of that account",
    )
    problems.check(
        role is None or Arn.parse(role).account == account,
        "role_arn",
        f"{role} is not of account {account}, where the rule is: a role cannot be passed to another account",
    )
    far = arn.account != account and arn.resource.startswith("event-bus/")
    shaped = any(getattr(target, name) is not None for name in INPUTS)
    problems.check(not (far and shaped), "input", f"{target.arn} is of another account: it gets whole events only")
    problems.raise_any()
