"""What EventBridge accepts as a target, and what it needs to invoke each kind. Pure; every reason at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ecrops.aws import Arn, misfit
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:([^:]+):iam::\d{12}:role/.+")
_QUEUE_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/(\d{12})/([^/]+)")
_PLACEHOLDER = re.compile(r"(?<!\\)<([A-Za-z0-9_.-]+)>")
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
    "lambda": Kind("a Lambda function", r"function:[^:*]+(:[^:*]+)?", role=None),
    "sqs": Kind("an SQS queue", r"[^:/*]+", role=None, parameters="SqsParameters"),
    "sns": Kind("an SNS topic", r"[^:/*]+", role=None),
    "logs": Kind("a log group", r"log-group:[^:*]+", role=False),
    "states": Kind("a Step Functions state machine", r"stateMachine:.+", role=True),
    "kinesis": Kind("a Kinesis stream", r"stream/.+", role=True, parameters="KinesisParameters"),
    "firehose": Kind("a Firehose stream", r"deliverystream/.+", role=True),
    "ecs": Kind("an ECS cluster", r"cluster/.+", role=True, parameters="EcsParameters", needs=True),
    "events": Kind(
        "an event bus or API destination", r"(event-bus|api-destination)/.+", role=True, parameters="HttpParameters"
    ),
}


def check_id(value: object) -> None:
    """The id of a target."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise SpecError(f"expected 1 to 64 letters, digits, '.', '-' and '_', got {value!r}")


def check_arn(value: object) -> tuple[Arn, Kind]:
    """The ARN of a target, and of which kind it is."""
    if isinstance(value, str) and (url := _QUEUE_URL.fullmatch(value)):
        raise SpecError(f"expected an ARN, got the URL of a queue: its ARN is arn:aws:sqs:{':'.join(url.groups())}")
    arn = Arn.parse(str(value))
    kind = KINDS.get(arn.service)
    if kind is None or not re.fullmatch(kind.resource, arn.resource) or not _ACCOUNT.fullmatch(arn.account):
        supported = ", ".join(each.words for each in KINDS.values())
        raise SpecError(f"expected {supported}, with its account, got {value!r}")
    if arn.service == "sns" and arn.resource.endswith(".fifo"):
        raise SpecError("EventBridge does not support FIFO topics")
    return arn, kind


def is_reached_elsewhere(arn: Arn) -> bool:
    """Whether EventBridge reaches a target in another account.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html and eb-cross-account.html
    """
    return arn.service in ("kinesis", "lambda", "sns", "sqs") or arn.resource.startswith("event-bus/")


ELSEWHERE = "Kinesis streams, Lambda functions, SNS topics, SQS queues and event buses only"


def check_role(role: object, arn: Arn, kind: Kind) -> None:
    """The role that EventBridge takes on for a kind of target."""
    if role is None and kind.role is True:
        raise SpecError(
            f"EventBridge invokes {kind.words} only with a role: give one that events.amazonaws.com can assume"
        )
    if role is not None and kind.role is False:
        raise SpecError(f"{kind.words} takes none: leave it out")
    found = _ROLE.fullmatch(role) if isinstance(role, str) else None
    if role is not None and (found is None or found[1] != arn.partition):
        raise SpecError(f"expected the ARN of a role of the partition {arn.partition}, got {role!r}")


def check_version(arn: Arn, role: object, authorize: object) -> None:
    """Whether the version of a function can be given a permission.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    if arn.resource.endswith(":$LATEST") and role is None and authorize is True:
        whole = str(arn).removesuffix(":$LATEST")
        raise SpecError(f"Lambda takes no permissions for $LATEST: give the function's own ARN, {whole}")


def check_parameters(parameters: object, kind: Kind) -> None:
    """Members of EventBridge's own form, which its model judges too."""
    if not isinstance(parameters, Mapping | None):
        raise SpecError(f"expected a mapping of members of EventBridge's target, got {parameters!r}")
    problems, members = Problems(), dict(parameters or {})
    for name in members:
        if name in FIELDS:
            problems.add("", f"{name} is said with {FIELDS[name]}")
        elif str(name).endswith("Parameters") and name != kind.parameters:
            problems.add("", f"{name} is not for {kind.words}")
    own = members.get(kind.parameters)
    missing = f"{kind.words} needs {kind.parameters}, with a task definition"
    problems.check(own is not None or not kind.needs, "", missing)
    if members and (wrong := misfit("events", "Target", {"Id": "x", "Arn": "x", **members})):
        problems.add("", wrong)
    if isinstance(own, Mapping) and kind.needs:
        fargate = own.get("LaunchType") == "FARGATE" and not own.get("NetworkConfiguration")
        problems.check(not fargate, "", "a task on FARGATE needs a NetworkConfiguration")
        both = own.get("LaunchType") and own.get("CapacityProviderStrategy")
        problems.check(not both, "", "a task has a LaunchType or a CapacityProviderStrategy, not both")
    problems.raise_any()


def check_group(group: object, arn: Arn, parameters: object) -> None:
    """The group of the messages that a FIFO queue gets."""
    if arn.service != "sqs":
        if group is not None:
            raise SpecError(f"is for SQS queues, not for {arn}")
    elif group is not None:
        if not isinstance(group, str) or not _GROUP.fullmatch(group):
            raise SpecError(f"expected 1 to 100 letters, digits and punctuation, got {group!r}")
    elif arn.resource.endswith(".fifo") and "SqsParameters" not in (parameters or ()):  # type: ignore[operator]
        raise SpecError("a FIFO queue needs one, such as 'ecr': its messages have a group")


def check_input(value: Any) -> None:
    """What is sent in place of the event."""
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
    check_input(text)


def check_path(path: object) -> None:
    """A path into the event."""
    if not isinstance(path, str) or not path.startswith("$") or len(path) > LONGEST_PATH:
        raise SpecError(f"expected a path into the event of at most 256 characters, such as '$.detail', got {path!r}")


def check_transformer(transformer: object) -> None:
    """Variables, and the template that they are put into.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
    """
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
            problems.take(f"InputPathsMap.{name}", lambda path=path: check_path(path))  # type: ignore[misc]
        for name in _PLACEHOLDER.findall(template) if isinstance(template, str) else ():
            known = name in paths or name.startswith("aws.events.")
            problems.check(known, "InputTemplate", f"has <{name}>, which is no variable of InputPathsMap")
    problems.raise_any()


def check_log_input(value: object, path: object, transformer: object) -> None:
    """What a log group gets in place of the event: a time and a message, or EventBridge logs nothing.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-input-transformer-tutorial.html
    """
    if value is not None or path is not None:
        raise SpecError("input and input_path are not for a log group: give it an input_transformer")
    template = transformer.get("InputTemplate") if isinstance(transformer, Mapping) else None
    if isinstance(template, str):
        try:
            fields = set(json.loads(_PLACEHOLDER.sub("0", template), strict=False))
        except (TypeError, ValueError):
            fields = set()
        if fields != {"timestamp", "message"}:
            raise SpecError(
                "input_transformer: the template of a log group is "
                f'{{"timestamp": <variable>, "message": <variable>}}, got {template!r}'
            )


def check_dead_letters(queue: object) -> None:
    """The queue for what cannot be delivered."""
    arn, kind = check_arn(queue)
    if kind is not KINDS["sqs"] or arn.resource.endswith(".fifo"):
        raise SpecError(f"expected the ARN of a standard SQS queue, got {queue!r}")


def check_attempts(attempts: object) -> None:
    """How often EventBridge tries again."""
    if not isinstance(attempts, int) or isinstance(attempts, bool) or not 0 <= attempts <= 185:
        raise SpecError(f"expected 0 to 185, got {attempts!r}")


def check_age(age: object) -> None:
    """How old an event may become."""
    seconds: Any = age.total_seconds() if isinstance(age, timedelta) else age
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 60 <= seconds <= 86400:
        raise SpecError(f"expected 60 seconds to 24 hours, got {age!r}")
    if seconds != int(seconds):
        raise SpecError(f"expected 60 seconds to 24 hours, got {age!r}: whole seconds")
