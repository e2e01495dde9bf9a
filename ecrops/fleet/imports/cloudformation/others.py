"""The types of CloudFormation beside ECR: policies of IAM and EventBridge rules, as far as they are about ECR. Pure.

Called by ``reading``. A resource that says nothing of ECR is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.cloudformation.ecr import Declared
from ecrops.fleet.imports.cloudformation.intrinsics import Template
from ecrops.fleet.imports.grants import STAYS as STAYS_IN_IAM
from ecrops.fleet.imports.grants import Policy, is_about_ecr
from ecrops.fleet.imports.grants import carry as carry_policy
from ecrops.fleet.imports.properties import Absent, Properties, absent_in
from ecrops.fleet.imports.rules import NO_ROLE, NO_SCHEDULE, STAYS, bus_of, carry_rule, is_on_ecr, target_of

IDENTITIES = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
INLINE = {"AWS::IAM::RolePolicy": "RoleName", "AWS::IAM::UserPolicy": "UserName", "AWS::IAM::GroupPolicy": "GroupName"}
LISTS = {"Roles": "role", "Users": "user", "Groups": "group"}


def carry(builder: Builder, template: Template, declared: Mapping[str, Declared]) -> None:
    """Carry over grants in IAM, and EventBridge rules on events of ECR, or list them."""
    for resource in declared.values():
        if resource.kind.startswith("AWS::IAM::"):
            for policy in _policies(builder, template, resource):
                carry_policy(builder, policy)
        elif resource.kind == "AWS::Events::Rule":
            _carry_rule(builder, template, resource)


# IAM


def _policies(builder: Builder, template: Template, resource: Declared) -> Iterator[Policy]:
    properties, logical = resource.properties, resource.logical
    if kind := IDENTITIES.get(resource.kind):
        for block in properties.blocks("Policies"):
            path = f"{block.path}.PolicyDocument"
            for document in _documents(builder, block):
                yield Policy(logical, path, kind, _identity(template, resource), document)
        return
    for document in _documents(builder, properties):
        if name := INLINE.get(resource.kind):
            identity = properties.text(name)
            if identity:
                yield Policy(logical, "PolicyDocument", name.removesuffix("Name").lower(), identity, document)
            continue
        names = {kind: properties.texts(field) or [] for field, kind in LISTS.items()}
        for kind, identities in names.items():
            for identity in identities:
                yield Policy(logical, "PolicyDocument", kind, identity, document)
        if properties.listed and not builder.grants:
            builder.leave(logical, "PolicyDocument", f"is about ECR, and {STAYS_IN_IAM}")
        elif properties.listed or not any(names.values()):
            reasons = [item.reason for item in properties.listed]
            reason = next(iter(reasons), "the template does not say to whom it is attached")
            builder.leave(logical, "PolicyDocument", f"is about ECR, and {reason}")


def _documents(builder: Builder, properties: Properties) -> Iterator[Any]:
    """Yield the policy document of a resource if it is about ECR; what it cannot tell of it is listed."""
    document = properties.values.get("PolicyDocument")
    if not is_about_ecr(document):
        return
    if (absent := absent_in(document)) is not None:
        path = f"{properties.path}.PolicyDocument" if properties.path else "PolicyDocument"
        builder.leave(properties.address, path, f"is about ECR, and {absent.reason}")
        return
    yield document


def _identity(template: Template, resource: Declared) -> str:
    """Return the name of a user, role or group; its logical id if CloudFormation made up the name."""
    name = template.physical(resource.logical, resource.kind, resource.properties.values)
    return resource.logical if isinstance(name, Absent) else name


# EventBridge


def _carry_rule(builder: Builder, template: Template, resource: Declared) -> None:
    properties, logical = resource.properties, resource.logical
    pattern = properties.values.get("EventPattern")
    if not is_on_ecr(pattern):
        return
    if not builder.events:
        builder.leave(logical, "", STAYS)
        return
    pattern = properties.document("EventPattern")
    properties.only("ScheduleExpression", ("",), NO_SCHEDULE)
    properties.only("RoleArn", ("",), NO_ROLE)
    bus = bus_of(properties.text("EventBusName"))
    name = template.physical(logical, resource.kind, properties.values)
    properties.skip("Name")
    fields = {
        "name": None if isinstance(name, Absent) else name.rpartition("|")[2],
        "description": properties.text("Description"),
        "state": properties.text("State"),
        "bus": bus,
        "tags": properties.tags("Tags") or {},
        "targets": list(_targets(builder, properties)),
    }
    if isinstance(name, Absent):
        builder.leave(logical, "Name", f"CloudFormation made up its name: give resources={{{logical!r}: …}}")
    elif pattern is not None:
        carry_rule(builder, logical, "EventPattern", pattern, fields)
    builder.close(properties)


def _targets(builder: Builder, properties: Properties) -> Iterator[Any]:
    for block in properties.blocks("Targets"):
        document = {name: value for name in block.values if (value := block.take(name)) is not None}
        if (target := target_of(builder, properties.address, block.path, document)) is not None:
            yield target
