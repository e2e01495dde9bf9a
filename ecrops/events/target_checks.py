"""What EventBridge accepts as a target, and what it needs to invoke each kind. Pure; every reason at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ecrops.aws import Arn, misfit
from ecrops.errors import SpecError
from ecrops.fields import Problems

if TYPE_CHECKING:
    from ecrops.events.targets import Target

_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
_VARIABLE = re.compile(r"(?!AWS\.)[A-Za-z0-9_-]{1,256}")
_GROUP = re.compile(
    r"[!-~]{1,100}"
)  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html
LONGEST_INPUT, LONGEST_PATH, MOST_VARIABLES = 8192, 256, 100
FIELDS = {
    "Id": "id",
    "Arn": "arn",
    "RoleArn": "role_arn",
    "Input": "input",
    "InputPath": "input_path",
    "InputTransformer": "input_transformer",
    "DeadLetterConfig": "dead_letter_arn",
    "RetryPolicy": "maximum_retry_attempts or maximum_event_age",
}
"""The members of EventBridge's form that a target has fields for."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What EventBridge needs for one kind of target.

    Args:
        words: The kind in words.
        resource: What the last part of its ARN looks like.
        role: Whether a role must be given (``True``), must not (``False``), or may (``None``).
        parameters: The member with parameters of its own, if it has one.
        needs: Whether that must be given.
    """

    words: str
    resource: str
    role: bool | None
    parameters: str = ""
    needs: bool = False


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html and eb-use-identity-based.html
KINDS: Mapping[str, Kind] = {
    "lambda": Kind("a Lambda function", r"function:[^:]+(:[^:]+)?", role=None),
    "sqs": Kind("an SQS queue", r"[^:/]+", role=None, parameters="SqsParameters"),
    "sns": Kind("an SNS topic", r"[^:/]+", role=None),
    "logs": Kind("a log group", r"log-group:[^:]+(:\*)?", role=False),
    "states": Kind("a Step Functions state machine", r"stateMachine:.+", role=True),
    "kinesis": Kind("a Kinesis stream", r"stream/.+", role=True, parameters="KinesisParameters"),
    "firehose": Kind("a Firehose stream", r"deliverystream/.+", role=True),
    "ecs": Kind("an ECS cluster", r"cluster/.+", role=True, parameters="EcsParameters", needs=True),
    "events": Kind(
        "an event bus or API destination", r"(event-bus|api-destination)/.+", role=True, parameters="HttpParameters"
    ),
}


def check(target: Target) -> None:
    """Whether EventBridge would take a target, and could invoke it.

    Raises:
        SpecError: It would not, or could not; with every reason.
    """
    problems = Problems()
    if arn := problems.take("arn", lambda: Arn.parse(str(target.arn))):
        _check_kind(problems, target, arn)
    right = isinstance(target.id, str) and bool(_ID.fullmatch(target.id))
    problems.check(right, "id", f"expected 1 to 64 letters, digits, '.', '-' and '_', got {target.id!r}")
    problems.check(isinstance(target.authorize, bool), "authorize", f"expected True or False, got {target.authorize!r}")
    _check_inputs(problems, target)
    _check_dead_letters(problems, target.dead_letter_arn)
    _check_retry(problems, target)
    problems.raise_any()


def _check_kind(problems: Problems, target: Target, arn: Arn) -> None:
    kind = KINDS.get(arn.service)
    if kind is None or not re.fullmatch(kind.resource, arn.resource) or not _ACCOUNT.fullmatch(arn.account):
        supported = ", ".join(each.words for each in KINDS.values())
        problems.add("", f"arn: expected {supported}, with its account, got {target.arn!r}")
        return
    _check_role(problems, target.role_arn, kind)
    _check_parameters(problems, target.parameters, kind)
    _check_fifo(problems, target, arn)


def _check_role(problems: Problems, role: object, kind: Kind) -> None:
    if role is None:
        reason = f"EventBridge invokes {kind.words} only with a role: give one that events.amazonaws.com can assume"
        problems.check(kind.role is not True, "role_arn", reason)
    elif problems.check(kind.role is not False, "role_arn", f"{kind.words} takes none: leave it out"):
        right = isinstance(role, str) and bool(_ROLE.fullmatch(role))
        problems.check(right, "role_arn", f"expected the ARN of a role, got {role!r}")


def _check_parameters(problems: Problems, parameters: object, kind: Kind) -> None:
    if not isinstance(parameters, Mapping | None):
        problems.add("parameters", f"expected a mapping of members of EventBridge's target, got {parameters!r}")
        return
    for name in parameters or {}:
        if name in FIELDS:
            problems.add("parameters", f"{name} is said with {FIELDS[name]}")
        elif str(name).endswith("Parameters") and name != kind.parameters:
            problems.add("parameters", f"{name} is not for {kind.words}")
    own = dict(parameters or {}).get(kind.parameters)
    problems.check(
        own is not None or not kind.needs, "parameters", f"{kind.words} needs {kind.parameters}, with a task definition"
    )
    if parameters and (wrong := misfit("events", "Target", {"Id": "x", "Arn": "x", **parameters})):
        problems.add("parameters", wrong)
    if isinstance(own, Mapping) and kind.needs:
        fargate = own.get("LaunchType") == "FARGATE" and not own.get("NetworkConfiguration")
        problems.check(not fargate, "parameters", "a task on FARGATE needs a NetworkConfiguration")


def _check_fifo(problems: Problems, target: Target, arn: Arn) -> None:
    group, fifo = target.message_group_id, arn.resource.endswith(".fifo")
    if group is not None:
        right = isinstance(group, str) and bool(_GROUP.fullmatch(group))
        reason = f"expected 1 to 100 letters, digits and punctuation, got {group!r}"
        problems.check(right, "message_group_id", reason)
    if arn.service == "sqs":
        grouped = group is not None or "SqsParameters" in (target.parameters or {})
        reason = "a FIFO queue needs one, such as 'ecr': its messages have a group"
        problems.check(grouped or not fifo, "message_group_id", reason)
    else:
        problems.check(group is None, "message_group_id", f"is for SQS queues, not for {target.arn}")
        problems.check(not (arn.service == "sns" and fifo), "arn", "EventBridge does not support FIFO topics")


def _check_inputs(problems: Problems, target: Target) -> None:
    given = [name for name in ("input", "input_path", "input_transformer") if getattr(target, name) is not None]
    problems.check(len(given) < 2, given[-1] if given else "", f"a target has one of {' and '.join(given)}")
    if target.input is not None:
        problems.take("input", lambda: _check_input(target.input))
    if target.input_path is not None:
        problems.take("input_path", lambda: _check_path(target.input_path))
    if target.input_transformer is not None:
        problems.take("input_transformer", lambda: _check_transformer(target.input_transformer))


def _check_input(value: Any) -> None:
    if isinstance(value, str) and len(value) > LONGEST_INPUT:
        raise SpecError(f"has at most {LONGEST_INPUT:,} characters, this has {len(value):,}")
    try:
        if isinstance(value, str):
            json.loads(value)
            return
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        quoted = f"; a text is JSON in quotes: {json.dumps(value)}" if isinstance(value, str) else ""
        raise SpecError(f"expected JSON, got {value!r}{quoted}") from None
    _check_input(text)


def _check_path(path: object) -> None:
    if not isinstance(path, str) or not path.startswith("$") or len(path) > LONGEST_PATH:
        raise SpecError(f"expected a path into the event of at most 256 characters, such as '$.detail', got {path!r}")


def _check_transformer(transformer: object) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html."""
    problems = Problems()
    given = problems.known(transformer, ("InputPathsMap", "InputTemplate"), "an input transformer")
    template, paths = given.get("InputTemplate"), given.get("InputPathsMap", {})
    right = isinstance(template, str) and 1 <= len(template) <= LONGEST_INPUT
    problems.check(right, "InputTemplate", f"expected a text of 1 to {LONGEST_INPUT:,} characters, got {template!r}")
    if problems.check(isinstance(paths, Mapping), "InputPathsMap", f"expected a mapping of paths, got {paths!r}"):
        problems.check(
            len(paths) <= MOST_VARIABLES, "InputPathsMap", f"has at most {MOST_VARIABLES} variables, got {len(paths)}"
        )
        for name, path in paths.items():
            right = isinstance(name, str) and bool(_VARIABLE.fullmatch(name))
            reason = f"a variable is made of letters, digits, '_' and '-', got {name!r}"
            problems.check(right, "InputPathsMap", reason)
            problems.take(f"InputPathsMap.{name}", lambda path=path: _check_path(path))  # type: ignore[misc]
    problems.raise_any()


def _check_dead_letters(problems: Problems, queue: object) -> None:
    if queue is None:
        return
    arn = problems.take("dead_letter_arn", lambda: Arn.parse(str(queue)))
    right = arn is None or (arn.service == "sqs" and not arn.resource.endswith(".fifo"))
    problems.check(right, "dead_letter_arn", f"expected the ARN of a standard SQS queue, got {queue!r}")


def _check_retry(problems: Problems, target: Target) -> None:
    attempts, age = target.maximum_retry_attempts, target.maximum_event_age
    if attempts is not None:
        right = isinstance(attempts, int) and not isinstance(attempts, bool) and 0 <= attempts <= 185
        problems.check(right, "maximum_retry_attempts", f"expected 0 to 185, got {attempts!r}")
    if age is not None:
        seconds: Any = age.total_seconds() if isinstance(age, timedelta) else age
        right = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 60 <= seconds <= 86400
        whole = right and seconds == int(seconds)
        reason = f"expected 60 seconds to 24 hours, got {age!r}"
        problems.check(right and whole, "maximum_event_age", f"{reason}: whole seconds" if right else reason)


def check_reach(target: Target, partition: str, region: str) -> None:
    """Whether a rule of a region can have this target.

    Raises:
        SpecError: It is in another region or partition; only event buses may be in another region.
    """
    problems = Problems()
    for path, text in (("target", target.arn), ("dead_letter_arn", target.dead_letter_arn or "")):
        arn = Arn.parse(text) if text else None
        if arn is None:
            continue
        near = arn.partition == partition and (arn.region == region or arn.resource.startswith("event-bus/"))
        reason = f"{text} is not in {region}, where the rule is: EventBridge does not reach it"
        problems.check(near, path, reason)
    problems.raise_any()


def check_account(target: Target, account: str) -> None:
    """Whether a rule of an account can have this target.

    Raises:
        SpecError: It is given a role of another account, or an input on its way to another account.
    """
    problems = Problems()
    role, shaped = target.role_arn, (target.input, target.input_path, target.input_transformer) != (None, None, None)
    problems.check(
        role is None or Arn.parse(role).account == account,
        "role_arn",
        f"{role} is not of account {account}, where the rule is: a role cannot be passed to another account",
    )
    arn = Arn.parse(target.arn)
    far = arn.account != account and arn.resource.startswith("event-bus/")
    problems.check(not (far and shaped), "input", f"{target.arn} is of another account: it gets whole events only")
    problems.raise_any()
