"""Refusing targets that EventBridge would refuse, or could never invoke; field by field. Pure.

Called by ``Target``, one check for each field. Each check raises ``SpecError`` without the name of the field, which
``Target`` adds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ecrops.aws import Arn, misfit
from ecrops.base.plain_json import check_text, parsed, plain
from ecrops.base.problems import Problems, is_number, is_whole
from ecrops.errors import SpecError
from ecrops.events.targets.kinds import QUEUES, TARGET_KINDS, TargetKind, kind_of

_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_QUEUE_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/([0-9]{12})/([^/]+)")
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html
_GROUP = re.compile(r"[!-~]{1,100}")
MAX_INPUT = 8192
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


def check_id(value: object) -> None:
    """Refuse what cannot be the id of a target."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise SpecError(f"expected 1 to 64 letters, digits, '.', '-' and '_', got {value!r}")


def check_arn(value: object) -> tuple[Arn, TargetKind]:
    """Return the ARN of a target, and its kind. Refuse what is not the ARN of a target."""
    if isinstance(value, str) and (url := _QUEUE_URL.fullmatch(value)):
        raise SpecError(f"expected an ARN, got the URL of a queue: its ARN is arn:aws:sqs:{':'.join(url.groups())}")
    arn = Arn.parse(str(value))
    kind = kind_of(arn)
    if kind is None:
        alike = [known.words for known in TARGET_KINDS if known.service == arn.service]
        supported = ", ".join(alike or [known.words for known in TARGET_KINDS])
        raise SpecError(
            f"expected {supported}, with its region and account, got {value!r}; a kind of target that ecrops does not "
            "know is taken with Target(..., unchecked=True)"
        )
    if arn.service == "sns" and arn.resource.endswith(".fifo"):
        raise SpecError("EventBridge does not support FIFO topics")
    return arn, kind


def is_reached_elsewhere(arn: Arn) -> bool:
    """Whether EventBridge reaches a target in another account.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html and eb-cross-account.html
    """
    return arn.service in ("kinesis", "lambda", "sns", "sqs") or arn.resource.startswith("event-bus/")


ELSEWHERE = "Kinesis streams, Lambda functions, SNS topics, SQS queues and event buses only"


def check_unchecked(arn: object, role: object, parameters: object, group: object) -> None:
    """Refuse what is wrong with a target of any kind, also of one that ecrops does not know.

    Raises:
        SpecError: The ARN is none, or of a kind that ecrops knows, or another field is wrong; with every reason.
    """
    problems = Problems()
    if parsed_arn := problems.take("arn", lambda: Arn.parse(str(arn))):
        kind = kind_of(parsed_arn)
        reason = f"is {kind.words if kind else ''}, which ecrops checks: leave it out"
        problems.check(kind is None, "unchecked", reason)
        if role is not None and not _is_role(role, parsed_arn.partition):
            reason = f"expected the ARN of a role of the partition {parsed_arn.partition}, got {role!r}"
            problems.add("role_arn", reason)
    problems.check(group is None, "message_group_id", "is for SQS queues")
    members = dict(parameters) if isinstance(parameters, Mapping) else {}
    is_mapping = parameters is None or isinstance(parameters, Mapping)
    problems.check(
        is_mapping, "parameters", f"expected a mapping of members of EventBridge's target, got {parameters!r}"
    )
    for name in members:
        problems.check(name not in FIELDS, "parameters", f"{name} is said with {FIELDS.get(name)}")
    problems.raise_any()


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
    if arn.resource.endswith(":$LATEST") and role is None and authorize is not False:
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
    missing = f"{kind.words} needs {kind.parameters}, which say what is run"
    problems.check(parameters_of_kind is not None or not kind.needs, "", missing)
    if members and (reason := misfit("events", "Target", {"Id": "x", "Arn": "x", **members})):
        problems.add("", reason)
    if isinstance(parameters_of_kind, Mapping) and kind.service == "ecs":
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


def check_dead_letters(queue: object) -> None:
    """Refuse what is not a standard SQS queue, as the queue for events that cannot be delivered."""
    arn, kind = check_arn(queue)
    if kind is not QUEUES or arn.resource.endswith(".fifo"):
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
