"""Reading EventBridge rules: their keys, and the rules with their tags and targets.

Called by the aspect of rules, by ``wants``, and by the handle ``Rule``. Nothing in it writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.edits import Edit, Wanted
from ecrops.events.patterns.selection import Location
from ecrops.events.value import RuleValue

MISSING = "ResourceNotFoundException"
NO_RULE = "there is no such rule: make it first, such as with repository.on_image_pushed(name)"
SETTINGS = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
DEFAULT_BUS = "default"

# Keys


def key_of(name: str, bus: str = DEFAULT_BUS) -> str:
    """Return the key of a rule. Its changes show the key as their owner."""
    return f"rule {name}" if bus == DEFAULT_BUS else f"rule {bus}/{name}"


def name_and_bus(key: str) -> tuple[str, str]:
    """Return the name of a rule and the name of its bus."""
    bus, _, name = key.removeprefix("rule ").rpartition("/")
    return name, bus or DEFAULT_BUS


def arn_of(location: Location, key: str) -> str:
    """Return the ARN of a rule."""
    return location.arn("events", f"rule/{key.removeprefix('rule ')}")


def location_of(aws: Aws) -> Location:
    """Return the account and region of a registry."""
    return Location(aws.partition.name, aws.region, aws.account_id)


# Rules with their tags and targets


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each rule. Those whose pattern depends on the scan type share one reading of it."""
    return one_by_one(wants, lambda key: read(aws, key, lambda: scan_type_for(aws, wants)), services=("events",))


def scan_type_for(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> str:
    """Read the scan type that is in force, if the pattern of a wanted rule depends on it; else return ``BASIC``."""
    if not any(isinstance(edit, Wanted) and edit.event.needs_scan_type for edits in wants.values() for edit in edits):
        return "BASIC"
    read = partial(aws.get, "ecr", "GetRegistryScanningConfiguration", "scanningConfiguration")
    return str(aws.once_per_run("scan type", read).get("scanType", "BASIC"))


def read(aws: Aws, key: str, scan_type: Callable[[], str]) -> RuleValue:
    """Read a rule with its tags and targets."""
    name, bus = name_and_bus(key)
    missing = missing_rule(aws, key, scan_type())
    awaits = (MISSING,) if key in aws.made else ()
    try:
        described = aws.call("events", "DescribeRule", {"Name": name, "EventBusName": bus}, needs="Arn", awaits=awaits)
    except ClientError as error:
        if code_of(error) == MISSING:
            return missing
        raise
    return read_parts(aws, described, missing)


def missing_rule(aws: Aws, key: str, scan_type: str, bus_rules: int = 0) -> RuleValue:
    """Return the value of a rule that does not exist."""
    location = location_of(aws)
    arn = arn_of(location, key)
    return RuleValue(location=location, scan_type=scan_type, arn=arn, quotas=aws.quotas, bus_rules=bus_rules)


def read_parts(aws: Aws, described: Mapping[str, Any], missing: RuleValue) -> RuleValue:
    """Read the tags and targets of a rule.

    Args:
        aws: The account and region.
        described: The rule as EventBridge describes or lists it.
        missing: The value to return if the rule was deleted in between.
    """
    settings = {name: described[name] for name in SETTINGS if described.get(name)}
    tags = read_tags(aws, described["Arn"])
    try:
        targets = read_targets(aws, key_of(described["Name"], described.get("EventBusName", DEFAULT_BUS)))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return missing
    return replace(missing, settings=settings, tags=tags, targets={target["Id"]: target for target in targets})


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """Read the tags of a rule, without AWS's own. A rule that was deleted in between has none."""
    try:
        tags = aws.get("events", "ListTagsForResource", "Tags", ResourceARN=arn)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")}


def read_targets(aws: Aws, key: str) -> list[dict[str, Any]]:
    """Read all targets of a rule, as EventBridge lists them."""
    name, bus = name_and_bus(key)
    pages = aws.pages("events", "ListTargetsByRule", "Targets", Rule=name, EventBusName=bus)
    return [target for page in pages for target in page]


def describe(aws: Aws, key: str) -> dict[str, Any]:
    """Read a rule as EventBridge describes it, with its pattern as a mapping.

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


def every(aws: Aws, bus: str = DEFAULT_BUS, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yield the rules of a bus, as EventBridge lists them; with a prefix, those whose names begin with it."""
    named = {"NamePrefix": prefix} if prefix else {}
    for page in aws.pages("events", "ListRules", "Rules", EventBusName=bus, Limit=100, **named):
        yield from page


def names(aws: Aws, bus: str, prefix: str) -> list[str]:
    """Return the names of the rules of a bus that begin with a prefix; none if there is no such bus."""
    try:
        return [rule["Name"] for rule in every(aws, bus, prefix)]
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return []
