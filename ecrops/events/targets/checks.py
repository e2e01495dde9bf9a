"""Refusing targets that EventBridge would refuse, or could never invoke; and the table of the kinds of targets. Pure.

Called by ``Target``, one check for each field. Each check raises ``SpecError`` without the name of the field, which
``Target`` adds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from ecrops.aws import Arn, misfit
from ecrops.base.plain_json import check_text, parsed, plain
from ecrops.base.problems import Problems, is_number, is_whole
from ecrops.errors import SpecError

_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_QUEUE_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/([0-9]{12})/([^/]+)")
_PLACEHOLDER = re.compile(r"(?<!\\)<([A-Za-z0-9_.-]+)>")
_VARIABLE = re.compile(r"(?!AWS\.)[A-Za-z0-9_-]{1,256}")
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html
_GROUP = re.compile(r"[!-~]{1,100}")
MAX_INPUT, MAX_PATH, MOST_VARIABLES = 8192, 256, 100
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
"""The members of EventBridge's own form, with the field of ``Target`` for each."""


@dataclass(frozen=True, slots=True)
class TargetKind:
    """The needs of EventBridge for one kind of target.

    Args:
        words: The kind in words.
        resource: A regular expression for the last part of its ARN.
        role: Whether a role is required (``True``), refused (``False``), or optional (``None``).
        parameters: The member with the parameters of this kind, if it has one.
        needs: Whether that member is required.
    """

    words: str
    resource: str
    role: bool | None
    parameters: str = ""
    needs: bool = False


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html and eb-use-identity-based.html
TARGET_KINDS: Mapping[str, TargetKind] = {
    "lambda": TargetKind("a Lambda function", r"function:[^:*]+(:[^:*]+)?", role=None),
    "sqs": TargetKind("an SQS queue", r"[^:/*]+", role=None, parameters="SqsParameters"),
    "sns": TargetKind("an SNS topic", r"[^:/*]+", role=None),
    "logs": TargetKind("a log group", r"log-group:[^:*]+", role=False),
    "states": TargetKind("a Step Functions state machine", r"stateMachine:.+", role=True),
    "kinesis": TargetKind("a Kinesis stream", r"stream/.+", role=True, parameters="KinesisParameters"),
    "firehose": TargetKind("a Firehose stream", r"deliverystream/.+", role=True),
    "ecs": TargetKind("an ECS cluster", r"cluster/.+", role=True, parameters="EcsParameters", needs=True),
    "events": TargetKind(
        "an event bus or API destination", r"(event-bus|api-destination)/.+", role=True, parameters="HttpParameters"
    ),
}


def check_id(value: object) -> None:
    """Refuse what cannot be the id of a target."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise SpecError(f"expected 1 to 64 letters, digits, '.', '-' and '_', got {value!r}")


def check_arn(value: object) -> tuple[Arn, TargetKind]:
    """Return the ARN of a target, and its kind. Refuse what is not the ARN of a target."""
    if isinstance(value, str) and (url := _QUEUE_URL.fullmatch(value)):
        raise SpecError(f"expected an ARN, got the URL of a queue: its ARN is arn:aws:sqs:{':'.join(url.groups())}")
    arn = Arn.parse(str(value))
    kind = TARGET_KINDS.get(arn.service)
    is_placed = arn.is_of_account and arn.region
    if kind is None or not re.fullmatch(kind.resource, arn.resource) or not is_placed:
        supported = ", ".join(kind.words for kind in TARGET_KINDS.values())
        raise SpecError(f"expected {supported}, with its region and account, got {value!r}")
    if arn.service == "sns" and arn.resource.endswith(".fifo"):
        raise SpecError("EventBridge does not support FIFO topics")
    return arn, kind


def is_reached_elsewhere(arn: Arn) -> bool:
    """Whether EventBridge reaches a target in another account.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html and eb-cross-account.html
    """
    return arn.service in ("kinesis", "lambda", "sns", "sqs") or arn.resource.startswith("event-bus/")


ELSEWHERE = "Kinesis streams, Lambda functions, SNS topics, SQS queues and event buses only"


def check_role(role: object, arn: Arn, kind: TargetKind) -> None:
    """Refuse a role that EventBridge cannot assume for a kind of target."""
    if role is None and kind.role is True:
        raise SpecError(
            f"EventBridge invokes {kind.words} only with a role: give one that events.amazonaws.com can assume"
        )
    if role is not None and kind.role is False:
        raise SpecError(f"{kind.words} takes none: leave it out")
    if role is not None and not _is_role(role, arn.partition):
        raise SpecError(f"expected the ARN of a role of the partition {arn.partition}, got {role!r}")


def _is_role(role: object, partition: str) -> bool:
    try:
        arn = Arn.parse(str(role))
    except SpecError:
        return False
    is_of_iam = (arn.partition, arn.service, arn.region) == (partition, "iam", "") and arn.is_of_account
    return is_of_iam and bool(re.fullmatch(r"role/.+", arn.resource))


def check_version(arn: Arn, role: object, authorize: object) -> None:
    """Refuse the version of a function if it cannot have a permission that it needs.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    if arn.resource.endswith(":$LATEST") and role is None and authorize is True:
        function = str(arn).removesuffix(":$LATEST")
        raise SpecError(f"Lambda takes no permissions for $LATEST: give the function's own ARN, {function}")


def check_parameters(parameters: object, kind: TargetKind) -> None:
    """Refuse members of EventBridge's own form that do not fit the kind of target. botocore's model checks them too."""
    if not isinstance(parameters, Mapping | None):
        raise SpecError(f"expected a mapping of members of EventBridge's target, got {parameters!r}")
    problems, members = Problems(), dict(parameters or {})
    for name in members:
        if name in FIELDS:
            problems.add("", f"{name} is said with {FIELDS[name]}")
        elif str(name).endswith("Parameters") and name != kind.parameters:
            problems.add("", f"{name} is not for {kind.words}")
    parameters_of_kind = members.get(kind.parameters)
    missing = f"{kind.words} needs {kind.parameters}, with a task definition"
    problems.check(parameters_of_kind is not None or not kind.needs, "", missing)
    if members and (reason := misfit("events", "Target", {"Id": "x", "Arn": "x", **members})):
        problems.add("", reason)
    if isinstance(parameters_of_kind, Mapping) and kind.needs:
        _check_task(problems, parameters_of_kind)
    problems.raise_any()


def _check_task(problems: Problems, parameters: Mapping[str, Any]) -> None:
    launch_type = parameters.get("LaunchType")
    lacks_network = launch_type == "FARGATE" and not parameters.get("NetworkConfiguration")
    problems.check(not lacks_network, "", "a task on FARGATE needs a NetworkConfiguration")
    is_ambiguous = launch_type and parameters.get("CapacityProviderStrategy")
    problems.check(not is_ambiguous, "", "a task has a LaunchType or a CapacityProviderStrategy, not both")


def check_group(group: object, arn: Arn, parameters: object) -> None:
    """Refuse a message group if the target is no FIFO queue, and a FIFO queue without one."""
    if arn.service != "sqs":
        if group is not None:
            raise SpecError(f"is for SQS queues, not for {arn}")
    elif group is not None:
        if not isinstance(group, str) or not _GROUP.fullmatch(group):
            raise SpecError(f"expected 1 to 100 letters, digits and punctuation, got {group!r}")
    elif arn.resource.endswith(".fifo") and "SqsParameters" not in (parameters or ()):  # type: ignore[operator]
        raise SpecError("a FIFO queue needs one, such as 'ecr': its messages have a group")


def check_input(value: Any) -> None:
    """Refuse an input that is not JSON, or too long."""
    text = value if isinstance(value, str) else json.dumps(plain(value))
    if len(text) > MAX_INPUT:
        raise SpecError(f"has at most {MAX_INPUT:,} characters, this has {len(text):,}")
    try:
        content = parsed(check_text(text))
    except SpecError as error:
        raise SpecError(f"{error}; got {text!r}; a text is JSON in quotes: {json.dumps(text)}") from None
    plain(content)


def check_path(path: object) -> None:
    """Refuse what is not a path into the event."""
    if not isinstance(path, str) or not path.startswith("$") or len(path) > MAX_PATH:
        raise SpecError(f"expected a path into the event of at most 256 characters, such as '$.detail', got {path!r}")


def check_transformer(transformer: object) -> None:
    """Refuse an input transformer whose variables and template do not fit each other.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
    """
    problems = Problems()
    members = problems.known(transformer, ("InputPathsMap", "InputTemplate"), "an input transformer")
    template, paths = members.get("InputTemplate"), members.get("InputPathsMap", {})
    is_template = isinstance(template, str) and 1 <= len(template) <= MAX_INPUT
    problems.check(is_template, "InputTemplate", f"expected a text of 1 to {MAX_INPUT:,} characters, got {template!r}")
    if problems.check(isinstance(paths, Mapping), "InputPathsMap", f"expected a mapping of paths, got {paths!r}"):
        reason = f"has at most {MOST_VARIABLES} variables, got {len(paths)}"
        problems.check(len(paths) <= MOST_VARIABLES, "InputPathsMap", reason)
        for name, path in paths.items():
            is_variable = isinstance(name, str) and bool(_VARIABLE.fullmatch(name))
            reason = f"a variable is made of letters, digits, '_' and '-', got {name!r}"
            problems.check(is_variable, "InputPathsMap", reason)
            problems.take(f"InputPathsMap.{name}", partial(check_path, path))
        for name in _PLACEHOLDER.findall(template) if isinstance(template, str) else ():
            known = name in paths or name.startswith("aws.events.")
            problems.check(known, "InputTemplate", f"has <{name}>, which is no variable of InputPathsMap")
    problems.raise_any()


def check_log_input(value: object, path: object, transformer: object) -> None:
    """Refuse what a log group cannot get in place of the event. Without a time and a message EventBridge logs nothing.

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
    """Refuse what is not a standard SQS queue, as the queue for events that cannot be delivered."""
    arn, kind = check_arn(queue)
    if kind is not TARGET_KINDS["sqs"] or arn.resource.endswith(".fifo"):
        raise SpecError(f"expected the ARN of a standard SQS queue, got {queue!r}")


def check_attempts(attempts: object) -> None:
    """Refuse a number of retries that EventBridge does not take."""
    if not is_whole(attempts) or not 0 <= attempts <= 185:
        raise SpecError(f"expected 0 to 185, got {attempts!r}")


def check_age(age: object) -> None:
    """Refuse an age of events that EventBridge does not take."""
    seconds: Any = age.total_seconds() if isinstance(age, timedelta) else age
    if not is_number(seconds) or not 60 <= seconds <= 86400:
        raise SpecError(f"expected 60 seconds to 24 hours, got {age!r}")
    if seconds != int(seconds):
        raise SpecError(f"expected 60 seconds to 24 hours, got {age!r}: whole seconds")
