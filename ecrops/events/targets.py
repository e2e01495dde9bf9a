"""Where events go: a target is an ARN, and what EventBridge needs to know to invoke it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from datetime import timedelta
from typing import Any, Self

from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.fields import Problems, compact

MOST_TARGETS = 5
MARK = "ecrops-"
_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Kind:
    """What EventBridge needs for one kind of target.

    Args:
        words: The kind in words.
        resource: What the last part of its ARN looks like.
        role: Whether a role must be given (``True``), must not (``False``), or may (``None``).
        needs: Members that EventBridge wants besides.
    """

    words: str
    resource: str
    role: bool | None
    needs: Sequence[str] = ()


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html and eb-use-identity-based.html
KINDS: Mapping[str, Kind] = {
    "lambda": Kind("a Lambda function", r"function:[^:]+(:[^:]+)?", role=None),
    "sqs": Kind("an SQS queue", r"[^:/]+", role=None),
    "sns": Kind("an SNS topic", r"[^:/]+", role=None),
    "logs": Kind("a log group", r"log-group:[^:]+(:\*)?", role=False),
    "states": Kind("a Step Functions state machine", r"stateMachine:.+", role=True),
    "kinesis": Kind("a Kinesis stream", r"stream/.+", role=True),
    "firehose": Kind("a Firehose stream", r"deliverystream/.+", role=True),
    "ecs": Kind("an ECS cluster", r"cluster/.+", role=True, needs=("EcsParameters",)),
    "events": Kind("an event bus or API destination", r"(event-bus|api-destination)/.+", role=True),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule invokes. A plain ARN is accepted in its place.

    Args:
        arn: Of a Lambda function (version, alias), SQS queue, SNS topic, log group, Step Functions state machine,
            Kinesis or Firehose stream, ECS cluster, event bus or API destination.
        id: 1 to 64 letters, digits, ``.``, ``-`` and ``_``; made from the ARN without one. A rule has one target of
            an id.
        role_arn: The role that EventBridge takes on. Required for all but Lambda, SQS, SNS (which are given a
            resource policy instead) and log groups (which take none). The caller needs ``iam:PassRole`` for it.
        input: JSON that is sent in place of the event: a string as it is, anything else is made JSON.
        input_path: The part of the event that is sent, such as ``$.detail``.
        input_transformer: ``{"InputPathsMap": {...}, "InputTemplate": "..."}``, as EventBridge takes it.
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
        problems = Problems()
        if arn := problems.take("arn", lambda: Arn.parse(self.arn)):
            self._check_kind(problems, arn)
        self._check_id(problems)
        self._check_input(problems)
        if self.dead_letter_arn is not None:
            queue = problems.take("dead_letter_arn", lambda: Arn.parse(str(self.dead_letter_arn)))
            right = queue is None or (queue.service == "sqs" and not queue.resource.endswith(".fifo"))
            reason = f"expected the ARN of a standard SQS queue, got {self.dead_letter_arn!r}"
            problems.check(right, "dead_letter_arn", reason)
        self._check_retry(problems)
        problems.raise_any()

    def _check_kind(self, problems: Problems, arn: Arn) -> None:
        kind = KINDS.get(arn.service)
        if kind is None or not re.fullmatch(kind.resource, arn.resource):
            supported = ", ".join(each.words for each in KINDS.values())
            problems.add("", f"arn: expected {supported}, got {self.arn!r}")
            return
        problems.check(
            kind.role is not True or bool(self.role_arn),
            "role_arn",
            f"EventBridge invokes {kind.words} only with a role: give one that events.amazonaws.com can assume",
        )
        problems.check(
            kind.role is not False or not self.role_arn, "role_arn", f"{kind.words} takes none: leave it out"
        )
        members = self.parameters or {}
        for need in kind.needs:
            problems.check(need in members, "parameters", f"{kind.words} needs {need}, such as a task definition")
        self._check_fifo(problems, arn, members)

    def _check_fifo(self, problems: Problems, arn: Arn, members: Mapping[str, Any]) -> None:
        fifo, grouped = arn.resource.endswith(".fifo"), bool(self.message_group_id or "SqsParameters" in members)
        if arn.service == "sqs":
            problems.check(
                grouped or not fifo,
                "message_group_id",
                "a FIFO queue needs one, such as 'ecr': its messages have a group",
            )
        else:
            problems.check(not self.message_group_id, "message_group_id", f"is for SQS queues, not for {self.arn}")
            problems.check(not (arn.service == "sns" and fifo), "arn", "EventBridge does not support FIFO topics")

    def _check_id(self, problems: Problems) -> None:
        if self.id is None:
            digest = hashlib.sha256(str(self.arn).encode()).hexdigest()[:8]
            name = re.sub(r"[^.\-_A-Za-z0-9]+", "-", re.split("[:/]", str(self.arn).removesuffix(":*"))[-1])[:40]
            object.__setattr__(self, "id", f"{MARK}{name}-{digest}")
        right = isinstance(self.id, str) and bool(_ID.fullmatch(self.id))
        problems.check(right, "id", f"expected 1 to 64 letters, digits, '.', '-' and '_', got {self.id!r}")

    def _check_input(self, problems: Problems) -> None:
        given = [name for name in ("input", "input_path", "input_transformer") if getattr(self, name) is not None]
        problems.check(len(given) < 2, given[-1] if given else "", f"a target has one of {' and '.join(given)}")
        if isinstance(self.input, str):
            try:
                json.loads(self.input)
            except ValueError:
                problems.add(
                    "", f"input: expected JSON, got {self.input!r}; a text is JSON in quotes: {json.dumps(self.input)}"
                )
        transformer = self.input_transformer
        if transformer is not None:
            right = isinstance(transformer, Mapping) and isinstance(transformer.get("InputTemplate"), str)
            problems.check(right, "input_transformer", f"expected a mapping with an InputTemplate, got {transformer!r}")
        for name in given:
            size = len(json.dumps(getattr(self, name), default=str))
            problems.check(size <= 8192, name, f"has at most 8,192 characters, this has {size:,}")

    def _check_retry(self, problems: Problems) -> None:
        attempts, age = self.maximum_retry_attempts, self.maximum_event_age
        if attempts is not None:
            right = isinstance(attempts, int) and not isinstance(attempts, bool) and 0 <= attempts <= 185
            problems.check(right, "maximum_retry_attempts", f"expected 0 to 185, got {attempts!r}")
        if age is not None:
            seconds = age.total_seconds() if isinstance(age, timedelta) else age
            right = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 60 <= seconds <= 86400
            problems.check(right, "maximum_event_age", f"expected 60 seconds to 24 hours, got {age!r}")

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
        document: dict[str, Any] = dict(self.parameters or {}) | {"Id": self.id, "Arn": self.arn.removesuffix(":*")}
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


def _seconds(age: timedelta | int | None) -> int | None:
    return int(age.total_seconds()) if isinstance(age, timedelta) else age


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


def check_region(target: Target, region: str) -> None:
    """Whether a rule of a region can have this target.

    Raises:
        SpecError: It is in another region; only event buses may be.
    """
    problems = Problems()
    for path, text in (("target", target.arn), ("dead_letter_arn", target.dead_letter_arn or "")):
        arn = Arn.parse(text) if text else None
        elsewhere = arn is not None and arn.region != region and not arn.resource.startswith("event-bus/")
        problems.check(
            not elsewhere, path, f"{text} is not in {region}, where the rule is: EventBridge does not reach it"
        )
    problems.raise_any()
