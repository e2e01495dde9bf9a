"""The names and ARNs of the resources of a stack, as far as a template tells them. Pure.

Called by ``intrinsics`` for ``Ref`` and ``Fn::GetAtt``. A resource without a name of its own gets one that
CloudFormation makes up. The caller of the import can give it; ``aws cloudformation describe-stack-resources`` lists
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.fleet.imports.building import Place
from ecrops.fleet.imports.properties import Absent


class Resource(NamedTuple):
    """A resource of a template.

    Args:
        logical: Its logical id.
        kind: Its type.
        properties: The properties that its name and ARN are made of.
        given: Its name or ARN, as the caller gave it; empty if not.
    """

    logical: str
    kind: str
    properties: Mapping[str, Any]
    given: str = ""


class Attributes(NamedTuple):
    """How the resources of a type are called.

    Args:
        name: The property with the name.
        service: The service in the ARN.
        resource: The part of the ARN behind the account, with ``{name}`` and perhaps ``{path}``.
        arn: The attribute that is the ARN.
        ref: What ``Ref`` is: ``name``, ``arn``, or ``url`` for something that is not told.
        is_global: Whether the ARN has no region.
    """

    name: str
    service: str
    resource: str
    arn: str = "Arn"
    ref: str = "name"
    is_global: bool = False

    @property
    def properties(self) -> Sequence[str]:
        """The properties that are needed."""
        return (self.name, "Path")


ATTRIBUTES: Mapping[str, Attributes] = {
    "AWS::ECR::Repository": Attributes("RepositoryName", "ecr", "repository/{name}"),
    "AWS::ECR::PublicRepository": Attributes("RepositoryName", "ecr-public", "repository/{name}", is_global=True),
    "AWS::IAM::Role": Attributes("RoleName", "iam", "role{path}{name}", is_global=True),
    "AWS::IAM::User": Attributes("UserName", "iam", "user{path}{name}", is_global=True),
    "AWS::IAM::Group": Attributes("GroupName", "iam", "group{path}{name}", is_global=True),
    "AWS::IAM::ManagedPolicy": Attributes("ManagedPolicyName", "iam", "policy{path}{name}", "PolicyArn", "arn", True),
    "AWS::SQS::Queue": Attributes("QueueName", "sqs", "{name}", ref="url"),
    "AWS::SNS::Topic": Attributes("TopicName", "sns", "{name}", "TopicArn", "arn"),
    "AWS::Lambda::Function": Attributes("FunctionName", "lambda", "function:{name}"),
    "AWS::Logs::LogGroup": Attributes("LogGroupName", "logs", "log-group:{name}:*"),
    "AWS::StepFunctions::StateMachine": Attributes("StateMachineName", "states", "stateMachine:{name}", ref="arn"),
    "AWS::Kinesis::Stream": Attributes("Name", "kinesis", "stream/{name}"),
    "AWS::KinesisFirehose::DeliveryStream": Attributes("DeliveryStreamName", "firehose", "deliverystream/{name}"),
    "AWS::CodeBuild::Project": Attributes("Name", "codebuild", "project/{name}"),
    "AWS::CodePipeline::Pipeline": Attributes("Name", "codepipeline", "{name}"),
    "AWS::Events::Rule": Attributes("Name", "events", "rule/{name}"),
    "AWS::Events::EventBus": Attributes("Name", "events", "event-bus/{name}"),
    "AWS::ECS::Cluster": Attributes("ClusterName", "ecs", "cluster/{name}"),
    "AWS::Signer::SigningProfile": Attributes("ProfileName", "signer", "/signing-profiles/{name}"),
    "AWS::KMS::Key": Attributes("", "kms", "key/{name}"),
    "AWS::KMS::Alias": Attributes("AliasName", "kms", "{name}"),
    "AWS::SecretsManager::Secret": Attributes("", "secretsmanager", "secret:{name}", "Id", "arn"),
}
"""The types that ECR's resources, grants and rules refer to. KMS and Secrets Manager make up a part of the ARN."""


def physical(resource: Resource, attribute: str, place: Place) -> str | Absent:
    """Return an attribute of a resource; ``Ref`` is what ``Ref`` returns."""
    known, physical_id = ATTRIBUTES.get(resource.kind), resource.given
    if known is None:
        if attribute in ("Ref", "Arn") and physical_id:
            return physical_id
        way_out = ask(resource.logical)
        return Absent(
            f"refers to {resource.logical}, and ecrops does not know the names of a {resource.kind}: {way_out}"
        )
    name = _name(resource, known)
    if isinstance(name, Absent):
        return name
    arn = physical_id if physical_id.startswith("arn:") else _arn(resource, known, name, place)
    if attribute == known.arn or (attribute == "Ref" and known.ref == "arn"):
        return arn
    if attribute == "Ref" and known.ref == "name":
        return name
    if attribute == "RepositoryUri" and resource.kind == "AWS::ECR::Repository":
        return f"{place.account}.dkr.ecr.{place.region}.{place.url_suffix}/{name}"
    if attribute in (known.name, f"{resource.kind.rpartition(':')[2]}Name"):
        return name
    return Absent(f"refers to {resource.logical}.{attribute}, which the template does not tell")


def _name(resource: Resource, known: Attributes) -> str | Absent:
    if resource.given:
        is_arn = resource.given.startswith("arn:")
        last = resource.given.split(":", 5)[-1] if is_arn else resource.given
        form = known.resource.partition("{")[0]
        plain = last.removeprefix(form)
        return plain.rpartition("/")[2] if is_arn and "{path}" in known.resource else plain
    name = resource.properties.get(known.name)
    if isinstance(name, Absent):
        return name
    if isinstance(name, str) and name:
        return name
    return Absent(f"refers to {resource.logical}, whose name CloudFormation made up: {ask(resource.logical)}")


def _arn(resource: Resource, known: Attributes, name: str, place: Place) -> str:
    path = resource.properties.get("Path")
    path = path if isinstance(path, str) and path else "/"
    return place.arn(known.service, known.resource.format(name=name, path=path), is_global=known.is_global)


def ask(logical: str) -> str:
    """Return the way out for a resource whose name CloudFormation made up: the caller of the import gives it."""
    return f"give resources={{{logical!r}: …}}, its physical id"
