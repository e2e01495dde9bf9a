"""The resources of Terraform's AWS provider with policies of IAM, as far as their statements are about ECR. Pure.

Called by ``reading``. A resource that says nothing of ECR is not listed: a state has hundreds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.grants import Policy, is_about_ecr
from ecrops.fleet.imports.grants import carry as carry_policy
from ecrops.fleet.imports.properties import Absent, Properties
from ecrops.fleet.imports.terraform.states import Instance

INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}
ATTACHMENTS: Mapping[str, Mapping[str, str]] = {
    "aws_iam_role_policy_attachment": {"role": "role"},
    "aws_iam_user_policy_attachment": {"user": "user"},
    "aws_iam_group_policy_attachment": {"group": "group"},
    "aws_iam_policy_attachment": {"roles": "role", "users": "user", "groups": "group"},
}


class _Attached(NamedTuple):
    kind: str
    name: str


def carry(builder: Builder, resources: Sequence[tuple[Instance, Properties]]) -> None:
    """Carry over the policies of IAM that are about ECR, or list them."""
    attached: dict[str, list[_Attached]] = {}
    for instance, properties in resources:
        for attribute, kind in ATTACHMENTS.get(instance.type, {}).items():
            arn = properties.take("policy_arn")
            names = properties.take(attribute)
            for name in names if isinstance(names, list) else [names]:
                if isinstance(arn, str) and isinstance(name, str) and name:
                    attached.setdefault(arn, []).append(_Attached(kind, name))
    for instance, properties in resources:
        if instance.problem:
            continue
        for policy in _policies(instance, properties, attached):
            carry_policy(builder, policy)
        if instance.type == "aws_iam_policy" and not attached.get(str(properties.values.get("arn"))):
            _unattached(builder, properties)


def _policies(
    instance: Instance, properties: Properties, attached: Mapping[str, Sequence[_Attached]]
) -> Iterator[Policy]:
    kind = INLINE.get(instance.type)
    if kind is not None and isinstance(name := properties.take(kind), str):
        yield Policy(instance.address, "policy", kind, name, _document(properties, "policy"))
    if instance.type == "aws_iam_policy":
        document = _document(properties, "policy")
        for identity in attached.get(str(properties.values.get("arn")), ()):
            yield Policy(instance.address, "policy", identity.kind, identity.name, document)
    if instance.type == "aws_iam_role" and isinstance(name := properties.take("name"), str):
        for block in properties.blocks("inline_policy"):
            yield Policy(instance.address, f"{block.path}.policy", "role", name, _document(block, "policy"))


def _document(properties: Properties, name: str) -> Any:
    """Return a policy document; ``None`` if it cannot be used."""
    return None if isinstance(properties.values.get(name), Absent) else properties.document(name)


def _unattached(builder: Builder, properties: Properties) -> None:
    if is_about_ecr(_document(properties, "policy")):
        reason = "is about ECR, and the file does not say to whom it is attached: it stays in IAM as it is"
        builder.leave(properties.address, "policy", reason)
