"""The resources of Terraform's AWS provider that are of EventBridge, as far as their rules are on events of ECR. Pure.

Called by ``reading``. A rule on other events, and its targets, are not listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.properties import Properties
from ecrops.fleet.imports.rules import NO_ROLE, NO_SCHEDULE, STAYS, bus_of, carry_rule, is_on_ecr, target_of
from ecrops.fleet.imports.terraform.ecr import COMPUTED, tags_of
from ecrops.fleet.imports.terraform.states import Instance

RULE, TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"


def carry(builder: Builder, resources: Sequence[tuple[Instance, Properties]]) -> None:
    """Carry over the EventBridge rules on events of ECR, or list them."""
    targets: dict[tuple[str, str], list[Properties]] = {}
    for instance, properties in resources:
        if instance.type == TARGET and not instance.problem:
            key = (_bus(properties), str(properties.values.get("rule")))
            targets.setdefault(key, []).append(properties)
    for instance, properties in resources:
        if instance.type != RULE or instance.problem:
            continue
        pattern = properties.document("event_pattern")
        if not is_on_ecr(pattern):
            continue
        if not builder.events:
            builder.leave(instance.address, "", STAYS)
            continue
        key = (_bus(properties), str(properties.values.get("name")))
        _carry_rule(builder, properties, pattern, targets.get(key, ()))


def _carry_rule(builder: Builder, properties: Properties, pattern: Any, targets: Sequence[Properties]) -> None:
    properties.skip(*COMPUTED, "name_prefix")
    properties.only("schedule_expression", ("",), NO_SCHEDULE)
    properties.only("role_arn", ("",), NO_ROLE)
    properties.only("force_destroy", (False,), "ecrops has no such setting")
    made = []
    for target in targets:
        document = _target(target)
        builder.close(target)
        made.append(target_of(builder, target.address, "", document))
    fields = {
        "name": properties.text("name"),
        "description": properties.text("description"),
        "state": _state(properties),
        "bus": _bus(properties),
        "tags": tags_of(properties) or {},
        "targets": [target for target in made if target is not None],
    }
    properties.skip("event_bus_name")
    carry_rule(builder, properties.address, "event_pattern", pattern, fields)
    builder.close(properties)


def _state(properties: Properties) -> str | None:
    """Return the state of a rule, which older providers have as ``is_enabled``."""
    enabled, state = properties.truth("is_enabled"), properties.text("state")
    return state or (None if enabled is None else "ENABLED" if enabled else "DISABLED")


def _bus(properties: Properties) -> str:
    return bus_of(properties.values.get("event_bus_name"))


def _target(properties: Properties) -> dict[str, Any]:
    """Return a target as EventBridge takes it."""
    properties.skip("id", "region", "rule", "event_bus_name", "force_destroy")
    names = {"Id": "target_id", "Arn": "arn", "RoleArn": "role_arn", "Input": "input", "InputPath": "input_path"}
    document: dict[str, Any] = {key: properties.text(name) for key, name in names.items()}
    transformer = properties.block("input_transformer")
    if template := transformer.text("input_template"):
        paths = transformer.take("input_paths")
        document["InputTransformer"] = {**({"InputPathsMap": paths} if paths else {}), "InputTemplate": template}
    if queue := properties.block("dead_letter_config").text("arn"):
        document["DeadLetterConfig"] = {"Arn": queue}
    retry = properties.block("retry_policy")
    policy = {
        "MaximumRetryAttempts": retry.take("maximum_retry_attempts"),
        "MaximumEventAgeInSeconds": retry.take("maximum_event_age_in_seconds") or None,
    }
    if any(value is not None for value in policy.values()):
        document["RetryPolicy"] = {name: value for name, value in policy.items() if value is not None}
    if group := properties.block("sqs_target").text("message_group_id"):
        document["SqsParameters"] = {"MessageGroupId": group}
    return {name: value for name, value in document.items() if value is not None}
