"""What is there of rules: how they are named, and read with their tags and targets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.lazy import Once
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.edits import Edit, Rule, Wanted
from ecrops.events.patterns.selection import Place

MISSING = "ResourceNotFoundException"
NO_RULE = "there is no such rule: make it first, such as with repository.on_image_pushed(name)"
SETTINGS = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
DEFAULT = "default"


def key_of(name: str, bus: str = DEFAULT) -> str:
    """The key of a rule, which its changes show too."""
    return f"rule {name}" if bus == DEFAULT else f"rule {bus}/{name}"


def name_and_bus(key: str) -> tuple[str, str]:
    """The name of a rule and of its bus."""
    bus, _, name = key.removeprefix("rule ").rpartition("/")
    return name, bus or DEFAULT


def arn_of(place: Place, key: str) -> str:
    """The ARN of a rule."""
    return place.arn("events", f"rule/{key.removeprefix('rule ')}")


def place_of(aws: Aws) -> Place:
    """The account and region of a registry."""
    return Place(aws.partition.name, aws.region, aws.account_id)


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each rule. Those whose pattern depends on the scan type share one reading of it."""
    scan_type = Once(lambda: scan_type_for(aws, wants))
    return one_by_one(wants, lambda key: read(aws, key, scan_type), services=("events",))


def scan_type_for(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> str:
    """The scan type in force, asked for only if it makes a difference."""
    if not any(isinstance(edit, Wanted) and edit.event.needs_scan_type for edits in wants.values() for edit in edits):
        return "BASIC"
    configuration = aws.get("ecr", "GetRegistryScanningConfiguration", "scanningConfiguration")
    return str(configuration.get("scanType", "BASIC"))


def read(aws: Aws, key: str, scan_type: Callable[[], str]) -> Rule:
    """Read a rule with its tags and targets."""
    name, bus = name_and_bus(key)
    nothing = Rule(place=place_of(aws), scan_type=scan_type())
    awaits = (MISSING,) if aws.made_recently(key) else ()
    try:
        described = aws.call("events", "DescribeRule", {"Name": name, "EventBusName": bus}, needs="Arn", awaits=awaits)
    except ClientError as error:
        if code_of(error) == MISSING:
            return nothing
        raise
    return read_parts(aws, described, nothing)


def read_parts(aws: Aws, described: Mapping[str, Any], nothing: Rule) -> Rule:
    """The tags and targets of a rule that was described or listed; ``nothing`` if it is gone since."""
    settings = {name: described[name] for name in SETTINGS if described.get(name)}
    there = read_tags(aws, described["Arn"])
    try:
        listed = targets(aws, key_of(described["Name"], described.get("EventBusName", DEFAULT)))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return nothing
    return replace(nothing, settings=settings, tags=there, targets={target["Id"]: target for target in listed})


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a rule without those of AWS; none if it is gone."""
    try:
        found = aws.get("events", "ListTagsForResource", "Tags", ResourceARN=arn)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


def describe(aws: Aws, key: str) -> dict[str, Any]:
    """A rule as EventBridge describes it, with its pattern as a mapping.

    Raises:
        ClientError: botocore's ``ResourceNotFoundException``, with the way out.
    """
    name, bus = name_and_bus(key)
    try:
        answer = aws.call("events", "DescribeRule", {"Name": name, "EventBusName": bus}, needs="Arn")
    except ClientError as error:
        if code_of(error) == MISSING:
            error.add_note(f"{key}: {NO_RULE}")
        raise
    pattern = {"EventPattern": json.loads(answer["EventPattern"])} if "EventPattern" in answer else {}
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"} | pattern


def targets(aws: Aws, key: str) -> list[dict[str, Any]]:
    """The targets of a rule as EventBridge lists them; those of others too."""
    name, bus = name_and_bus(key)
    pages = aws.pages("events", "ListTargetsByRule", "Targets", Rule=name, EventBusName=bus)
    return [target for page in pages for target in page]


def every(aws: Aws, bus: str = DEFAULT) -> Iterator[dict[str, Any]]:
    """All rules of a bus, as EventBridge lists them."""
    for page in aws.pages("events", "ListRules", "Rules", EventBusName=bus, Limit=100):
        yield from page
