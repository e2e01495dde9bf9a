"""CloudFormation: a template, also one that the CDK synthesised, as specs.

A template says what a stack should be, and not how its resources are called where it leaves that to CloudFormation.
What the properties of a type mean is in ``ecr`` and ``others``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Builder, Place, check_place
from ecrops.fleet.imports.cloudformation import ecr, others
from ecrops.fleet.imports.cloudformation.ecr import Declared
from ecrops.fleet.imports.cloudformation.intrinsics import NO_VALUE, Template
from ecrops.fleet.imports.cloudformation.templates import template_of
from ecrops.fleet.imports.imported import Imported
from ecrops.fleet.imports.properties import Absent, Properties

KINDS = ("AWS::ECR::",)
STACK = "AWS::CloudFormation::Stack"


def from_cloudformation(
    data: str | bytes | Mapping[str, Any] | Path,
    *,
    parameters: Mapping[str, str] | None = None,
    resources: Mapping[str, str] | None = None,
    stack_name: str | None = None,
    account: str | None = None,
    region: str | None = None,
    partition: str = "aws",
    grants: bool = False,
    events: bool = False,
) -> Imported:
    """Return what a template of CloudFormation says of ECR.

    Args:
        data: The template in JSON or YAML: its text, its value, or the path of a file with it.
        parameters: The values of the template's parameters. Those that are not given have their default.
        resources: The names or ARNs that CloudFormation made up, by logical id: ``aws cloudformation
            describe-stack-resources`` lists them, as ``PhysicalResourceId``.
        stack_name: The name of the stack.
        account: The account of the stack. Without it, the fleet file has ``{account}`` where the template needs it.
        region: The region of the stack. Without it, the fleet file has ``{region}``.
        partition: The partition of the stack.
        grants: Whether grants in policies of IAM are carried over. ecrops writes them again, into policies of its own.
        events: Whether EventBridge rules on events of ECR are carried over. ecrops tags those that it looks after.

    Returns:
        The specs, and what was not carried over.

    Raises:
        SpecError: It is no template, or has nothing of ECR, or a parameter that is given does not exist.

    Example:
        >>> template = {"Resources": {"Api": {"Type": "AWS::ECR::Repository", "Properties": {
        ...     "RepositoryName": {"Fn::Sub": "team/${Name}"}}}}, "Parameters": {"Name": {"Default": "api"}}}
        >>> print(*from_cloudformation(template).specs)
        RepositorySpec(name='team/api')
    """
    document = template_of(data)
    place = _place(account, region, partition)
    template = Template(document, place, parameters or {}, resources or {}, stack_name or "")
    _check_known(template)
    builder = Builder(place, grants, events)
    entries = template.part("Resources")
    if not any(_kind(resource).startswith(KINDS) for resource in entries.values()):
        hidden = [
            f"{name} {reason}" for name, resource in entries.items() if (reason := _not_read(str(name), resource))
        ]
        raise SpecError(f"none of the {len(entries)} resources is of ECR{f', but {hidden[0]}' if hidden else ''}")
    for logical, resource in entries.items():
        if reason := _not_read(str(logical), resource):
            builder.leave(str(logical), "", reason)
    declared = {
        logical: made
        for logical, resource in entries.items()
        if (made := _declared(template, builder, str(logical), resource)) is not None
    }
    for part in (ecr, others):  # grants and events are about repositories
        part.carry(builder, template, declared)
    return builder.build()


def _kind(resource: object) -> str:
    return str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""


def _not_read(logical: str, resource: object) -> str:
    """Return why a resource may hide others that are of ECR; empty if it hides none."""
    if logical.startswith("Fn::") or not isinstance(resource, Mapping) or "Fn::Transform" in resource:
        return (
            "is made by a macro: 'aws cloudformation get-template --template-stage Processed' prints a template "
            "without macros"
        )
    return "is a nested stack: import its template by itself" if _kind(resource) == STACK else ""


def _place(account: str | None, region: str | None, partition: str) -> Place:
    check_place(account, region)
    problems = Problems()
    problems.check(region is not None or partition == "aws", "region", f"give the region of the partition {partition}")
    problems.raise_any()
    place = Place()
    return Place(account or place.account, region or place.region, partition)


def _check_known(template: Template) -> None:
    """Refuse names that the template does not have: they are misspelt, or of another template."""
    problems = Problems()
    for argument, names, section in (
        ("parameters", template.parameters, "Parameters"),
        ("resources", template.resources, "Resources"),
    ):
        for name, value in names.items():
            expected = f"the template has no such one, but {', '.join(map(str, template.part(section))) or 'none'}"
            problems.check(name in template.part(section), f"{argument}[{name!r}]", expected)
            is_text = isinstance(value, str)
            problems.check(is_text, f"{argument}[{name!r}]", f"expected a text, got a {type(value).__name__}")
    problems.raise_any()


def _declared(template: Template, builder: Builder, logical: str, resource: Any) -> Declared | None:
    """Return a resource with its properties evaluated; ``None`` if its condition does not hold, or is not known."""
    kind = _kind(resource)
    if not kind.startswith(("AWS::ECR::", "AWS::IAM::", "AWS::Events::")):
        return None
    if "Condition" in resource:
        truth = template.condition(resource["Condition"])
        if isinstance(truth, Absent) and (kind.startswith(KINDS) or '"ecr:' in json.dumps(resource, default=str)):
            builder.leave(logical, "Condition", f"{truth.reason}: whether there is the resource is not known")
        if truth is not True:
            return None
    properties = resource.get("Properties")
    values = template.value(properties if isinstance(properties, Mapping) else {})
    if isinstance(values, Absent) or values is NO_VALUE or not isinstance(values, Mapping):
        if kind.startswith(KINDS):
            reason = values.reason if isinstance(values, Absent) else "has no properties that can be read"
            builder.leave(logical, "", reason)
        return None
    return Declared(logical, kind, Properties(logical, values))
