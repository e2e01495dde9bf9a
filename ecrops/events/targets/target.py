"""``Target``: the target of an EventBridge rule, as a value that checks itself. Pure.

Made by users, and from what EventBridge lists. Each field has a check in ``checks``. The permissions that a target
needs are not here, but in ``permissions``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any, Literal, Self

from ecrops.aws import Arn
from ecrops.base.plain_json import plain
from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.events.targets import checks, kinds, transformers

MOST_TARGETS = 5
MARK = "ecrops-"
SHARED = "shared"
INPUTS = ("input", "input_path", "input_transformer")
OPTIONAL: Mapping[str, Callable[[Any], None]] = {
    "input": checks.check_input,
    "input_path": transformers.check_path,
    "input_transformer": transformers.check_transformer,
    "dead_letter_arn": checks.check_dead_letters,
    "maximum_retry_attempts": checks.check_attempts,
    "maximum_event_age": checks.check_age,
}


@suggesting()
@dataclass(frozen=True, slots=True)
class Target(Shown):
    """A target that a rule invokes. A plain ARN is accepted in its place.

    Args:
        arn: The ARN of a Lambda function (version, alias), SQS queue, SNS topic, log group, Step Functions state
            machine, Kinesis or Firehose stream, ECS cluster, event bus, API destination, CodePipeline pipeline,
            CodeBuild project, Batch job queue, SSM automation or document, API Gateway API, Glue workflow, SageMaker
            pipeline, AppSync API, Redshift cluster or workgroup, or Inspector template. In another account EventBridge
            reaches functions, queues, topics, Kinesis streams and event buses only, as their own policy lets it.
        id: 1 to 64 letters, digits, ``.``, ``-`` and ``_``; by default made from the ARN. The ids of a rule's
            targets are different.
        role_arn: The role that EventBridge assumes. Required for all but Lambda, SQS, SNS (they get a resource policy
            instead), API Gateway (which has one of its own) and log groups (which take no role). The caller needs
            ``iam:PassRole`` for it.
        input: JSON that is sent in place of the event: a string as it is, anything else is made JSON.
        input_path: The part of the event that is sent, such as ``$.detail``.
        input_transformer: ``{"InputPathsMap": {...}, "InputTemplate": "..."}``, as EventBridge takes it. A log group
            takes this alone, with the template ``{"timestamp": <variable>, "message": <variable>}``.
        dead_letter_arn: The standard SQS queue of this region for events that cannot be delivered.
        maximum_retry_attempts: 0 to 185; EventBridge's default is 185.
        maximum_event_age: A ``timedelta`` or seconds, from 60 seconds to 24 hours; EventBridge's default
            is 24 hours.
        message_group_id: The group of the messages to a FIFO queue.
        parameters: Further members in EventBridge's own form, such as ``{"EcsParameters": {...}}``. An ECS cluster and
            a Batch job queue (``BatchParameters``) require theirs.
        authorize: Whether ecrops lets EventBridge invoke the target, and removes that again with the target. With
            ``"shared"`` one permission lets in all rules of the default bus whose names begin with ``ecrops-``, as the
            names that ecrops makes do: the policy of a function or queue then has room for any number of them. ecrops
            never removes it. A rule with another name, and a log group, is authorised as with ``True``.
        unchecked: Whether the target is of a kind that ecrops does not know. It is put as it is: what it needs is not
            checked, and nothing but its role lets EventBridge invoke it.

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
    authorize: bool | Literal["shared"] = True
    unchecked: bool = False

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arn", plain_arn(self.arn))
        if self.id is None:
            object.__setattr__(self, "id", id_of(self.arn))
        problems = Problems()
        for name in ("input", "input_transformer", "parameters"):
            if (value := getattr(self, name)) is not None:  # the caller may change its own
                object.__setattr__(self, name, problems.take(name, partial(plain, value)))
        problems.raise_any()
        self._check(problems)

    def _check(self, problems: Problems) -> None:
        is_right = isinstance(self.authorize, bool) or self.authorize == SHARED
        problems.check(is_right, "authorize", f"expected True or False, or 'shared', got {self.authorize!r}")
        is_bool = isinstance(self.unchecked, bool)
        problems.check(is_bool, "unchecked", f"expected True or False, got {self.unchecked!r}")
        problems.take("id", lambda: checks.check_id(self.id))
        if self.unchecked is True:
            given = (self.arn, self.role_arn, self.parameters, self.message_group_id)
            problems.take("", lambda: checks.check_unchecked(*given))
        elif checked := problems.take("arn", lambda: checks.check_arn(self.arn)):
            arn, kind = checked
            problems.take("arn", lambda: checks.check_version(arn, self.role_arn, self.authorize))
            problems.take("role_arn", lambda: checks.check_role(self.role_arn, arn, kind))
            problems.take("parameters", lambda: checks.check_parameters(self.parameters, kind))
            group = self.message_group_id
            problems.take("message_group_id", lambda: checks.check_group(group, arn, self.parameters))
            if arn.service == "logs":
                problems.take(
                    "", lambda: transformers.check_log_input(self.input, self.input_path, self.input_transformer)
                )
        inputs = [name for name in INPUTS if getattr(self, name) is not None]
        problems.check(len(inputs) < 2, inputs[-1] if inputs else "", f"a target has one of {' and '.join(inputs)}")
        for name, check in OPTIONAL.items():
            if (value := getattr(self, name)) is not None:
                problems.take(name, partial(check, value))
        problems.raise_any()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are not empty, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["maximum_event_age"] = _seconds(self.maximum_event_age)
        values["authorize"] = None if self.authorize is True else self.authorize
        values["unchecked"] = self.unchecked or None
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the target that ``to_dict`` describes.

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
        """Return a target from what EventBridge lists. One of a kind that ecrops does not know is unchecked.

        Raises:
            SpecError: EventBridge would refuse it now.
        """
        members = dict(document)
        names = {"id": "Id", "arn": "Arn", "role_arn": "RoleArn", "input": "Input", "input_path": "InputPath"}
        values = {field: members.pop(name, None) for field, name in names.items()}
        retry, group = members.pop("RetryPolicy", {}), None
        if members.get("SqsParameters", {}).keys() == {"MessageGroupId"}:
            group = members.pop("SqsParameters")["MessageGroupId"]
        return cls(
            **values,
            input_transformer=members.pop("InputTransformer", None),
            dead_letter_arn=members.pop("DeadLetterConfig", {}).get("Arn"),
            maximum_retry_attempts=retry.get("MaximumRetryAttempts"),
            maximum_event_age=retry.get("MaximumEventAgeInSeconds"),
            message_group_id=group,
            parameters=members or None,
            unchecked=kinds.kind_of(Arn.parse(document["Arn"])) is None,
        )

    def to_aws(self) -> dict[str, Any]:
        """Return the target as ``PutTargets`` takes it."""
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
        if policy := {name: value for name, value in retry.items() if value is not None}:
            document["RetryPolicy"] = policy
        return document


def plain_arn(arn: Any) -> Any:
    """Return an ARN as EventBridge stores it: that of a log group without its streams, ``:*``."""
    return arn.removesuffix(":*") if isinstance(arn, str) and ":logs:" in arn else arn


def id_of(arn: object) -> str:
    """Return the default id of a target with this ARN."""
    digest = hashlib.sha256(str(arn).encode(errors="surrogatepass")).hexdigest()[:8]
    name = re.sub(r"[^.\-_A-Za-z0-9]+", "-", re.split("[:/]", str(arn))[-1])[:40]
    return f"{MARK}{name}-{digest}"


def _seconds(age: timedelta | float | None) -> int | None:
    seconds = age.total_seconds() if isinstance(age, timedelta) else age
    return None if seconds is None else int(seconds)


def check_target(target: object) -> Target:
    """Return a target, from a ``Target`` or from a plain ARN.

    Raises:
        SpecError: It is neither, or EventBridge would refuse it.
    """
    if isinstance(target, str):
        return Target(target)
    if not isinstance(target, Target):
        raise SpecError(f"expected the ARN of a target, or a Target, got {target!r}")
    return target


def check_targets(targets: Sequence[object]) -> tuple[Target, ...]:
    """Return the targets of a rule, without repeated ones.

    Raises:
        SpecError: They are too many, or two different ones have the same id; with every reason.
    """
    problems = Problems()
    checked = problems.each("targets", targets, check_target)
    problems.raise_any()
    by_id: dict[str | None, Target] = {}
    for target in checked:
        if by_id.setdefault(target.id, target) != target:
            problems.add("", f"targets: two have the id {target.id!r}: give one an id of its own")
    problems.check(len(by_id) <= MOST_TARGETS, "targets", f"a rule has at most {MOST_TARGETS}, these are {len(by_id)}")
    problems.raise_any()
    return tuple(by_id.values())


def check_reach(target: Target, partition: str, region: str) -> None:
    """Refuse a target that a rule of this region cannot have.

    Raises:
        SpecError: It is in another region or partition; only event buses may be in another region.
    """
    problems = Problems()
    for path, text in (("target", target.arn), ("dead_letter_arn", target.dead_letter_arn)):
        if text is not None:
            arn = Arn.parse(text)
            is_global = target.unchecked and path == "target" and not arn.region  # such as arn:aws:ssm-incidents::…
            is_near = arn.region == region or arn.resource.startswith("event-bus/") or is_global
            is_reached = arn.partition == partition and is_near
            reason = f"{text} is not in {region}, where the rule is: EventBridge does not reach it"
            problems.check(is_reached, path, reason)
    problems.raise_any()


def check_account(target: Target, account: str) -> None:
    """Refuse a target that a rule of this account cannot have.

    Raises:
        SpecError: EventBridge does not reach this kind of target in another account, its role is of another account,
            or it is the event bus of another account and has an input of its own.
    """
    problems, role, arn = Problems(), target.role_arn, Arn.parse(target.arn)
    problems.check(
        arn.account in (account, "") or checks.is_reached_elsewhere(arn),
        "target",
        f"{arn} is of another account, where EventBridge reaches {checks.ELSEWHERE}: send the events to the event bus "
        "of that account",
    )
    problems.check(
        role is None or Arn.parse(role).account == account,
        "role_arn",
        f"{role} is not of account {account}, where the rule is: a role cannot be passed to another account",
    )
    is_foreign_bus = arn.account not in (account, "") and arn.resource.startswith("event-bus/")
    has_input = any(getattr(target, name) is not None for name in INPUTS)
    problems.check(
        not (is_foreign_bus and has_input), "input", f"{target.arn} is of another account: it gets whole events only"
    )
    problems.raise_any()
