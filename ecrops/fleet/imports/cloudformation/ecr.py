"""The types of CloudFormation that are of ECR: what their properties mean. Pure.

Called by ``reading``. Each function reads one type of resource. A property that none of them takes is listed.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ECR.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.cloudformation.intrinsics import Template
from ecrops.fleet.imports.cloudformation.physical import ask
from ecrops.fleet.imports.properties import Absent, Properties
from ecrops.fleet.imports.settings import DELETION, catalog, filters, replication_rule, rules_of, scanning, signing_rule

_EXCLUSION = ("ImageTagMutabilityExclusionFilterValue", "ImageTagMutabilityExclusionFilterType")
_NAMES = ("Filter", "FilterType")


class Declared(NamedTuple):
    """A resource of a template, with its properties evaluated."""

    logical: str
    kind: str
    properties: Properties


Reader = Callable[[Builder, Template, Declared], None]


def carry(builder: Builder, template: Template, declared: Mapping[str, Declared]) -> None:
    """Carry over all resources of ECR."""
    for resource in declared.values():
        if not resource.kind.startswith("AWS::ECR::"):
            continue
        if (reader := READERS.get(resource.kind)) is None:
            builder.leave(resource.logical, "", f"this ecrops does not know the type {resource.kind}")
            continue
        reader(builder, template, resource)
        builder.close(resource.properties)


def name_of(template: Template, resource: Declared, name: str) -> str | None:
    """Return the name of a resource: that of the template, or the one that the caller gave."""
    values = {name: resource.properties.values.get(name)}
    physical_id = template.physical(resource.logical, resource.kind, values)
    resource.properties.skip(name)
    if isinstance(physical_id, Absent):
        made_up = resource.properties.values.get(name) is None
        reason = "CloudFormation made up the name of the " + _word(resource) if made_up else physical_id.reason
        way_out = ask(resource.logical) if made_up else ""
        resource.properties.leave("" if made_up else name, f"{reason}: {way_out}" if way_out else reason)
        return None
    return physical_id


def _word(resource: Declared) -> str:
    return "repository" if "Repository" in resource.kind else resource.kind.rpartition(":")[2].lower()


def mutability(properties: Properties) -> dict[str, Any]:
    """Return the tag mutability of a repository or a template."""
    wildcards = filters(properties.blocks("ImageTagMutabilityExclusionFilters"), "WILDCARD", _EXCLUSION)
    return {
        "image_tag_mutability": properties.text("ImageTagMutability"),
        "image_tag_mutability_exclusion_filters": wildcards or None,
    }


def encryption(properties: Properties) -> dict[str, Any]:
    """Return the encryption of a repository or a template."""
    block = properties.block("EncryptionConfiguration")
    return {"encryption": block.text("EncryptionType"), "encryption_key": block.text("KmsKey")}


def _repository(builder: Builder, template: Template, resource: Declared) -> None:
    properties = resource.properties
    lifecycle = properties.block("LifecyclePolicy")
    registry = lifecycle.text("RegistryId")
    if registry not in (None, template.place.account):
        lifecycle.leave("RegistryId", "is of another account: import its template with that account")
    fields = {
        **mutability(properties),
        "image_scan_on_push": properties.block("ImageScanningConfiguration").truth("ScanOnPush"),
        **encryption(properties),
        "lifecycle_rules": rules_of(lifecycle, "LifecyclePolicyText"),
        "resource_policy": properties.document("RepositoryPolicyText"),
        "tags": properties.tags("Tags"),
    }
    properties.only("EmptyOnDelete", (False, "false"), DELETION)
    if name := name_of(template, resource, "RepositoryName"):
        builder.repository(resource.logical, name, fields)


def _public_repository(builder: Builder, template: Template, resource: Declared) -> None:
    properties = resource.properties
    texts = {"description": "RepositoryDescription", "about_text": "AboutText", "usage_text": "UsageText"}
    lists = {"architectures": "Architectures", "operating_systems": "OperatingSystems"}
    fields = {
        "catalog_data": catalog(properties.block("RepositoryCatalogData"), texts, lists),
        "resource_policy": properties.document("RepositoryPolicyText"),
        "tags": properties.tags("Tags"),
    }
    if name := name_of(template, resource, "RepositoryName"):
        builder.repository(resource.logical, name, fields, public=True)


def _registry_policy(builder: Builder, template: Template, resource: Declared) -> None:
    if (policy := resource.properties.document("PolicyText")) is not None:
        builder.setting(resource.logical, "registry_policy", policy)


def _scanning(builder: Builder, template: Template, resource: Declared) -> None:
    kind = resource.properties.text("ScanType")
    rules = [
        (block.text("ScanFrequency"), filters(block.blocks("RepositoryFilters"), "WILDCARD", _NAMES))
        for block in resource.properties.blocks("Rules")
    ]
    builder.setting(resource.logical, "scanning", scanning(kind, rules))


def _replication(builder: Builder, template: Template, resource: Declared) -> None:
    rules = []
    for rule in resource.properties.block("ReplicationConfiguration").blocks("Rules"):
        places = [(block.text("Region"), block.text("RegistryId")) for block in rule.blocks("Destinations")]
        prefixes = filters(rule.blocks("RepositoryFilters"), "PREFIX_MATCH", _NAMES)
        rules.append(replication_rule(template.place, places, prefixes))
    builder.setting(resource.logical, "replication", rules)


def _signing(builder: Builder, template: Template, resource: Declared) -> None:
    rules: list[Mapping[str, Any]] = []
    for rule in resource.properties.blocks("Rules"):
        wildcards = filters(rule.blocks("RepositoryFilters"), "WILDCARD_MATCH", _NAMES)
        rules.append(signing_rule(rule.text("SigningProfileArn"), wildcards))
    builder.setting(resource.logical, "signing", rules)


def _pull_through_cache(builder: Builder, template: Template, resource: Declared) -> None:
    names = {
        "prefix": "EcrRepositoryPrefix",
        "upstream": "UpstreamRegistryUrl",
        "credential_arn": "CredentialArn",
        "custom_role_arn": "CustomRoleArn",
        "upstream_prefix": "UpstreamRepositoryPrefix",
    }
    rule = {field: resource.properties.text(name) for field, name in names.items()}
    resource.properties.skip("UpstreamRegistry")  # ECR knows it by the host
    builder.item(resource.logical, "pull_through_cache", rule)


def _template(builder: Builder, template: Template, resource: Declared) -> None:
    properties = resource.properties
    values = {
        "prefix": properties.text("Prefix"),
        "applied_for": properties.texts("AppliedFor"),
        "description": properties.text("Description"),
        "custom_role_arn": properties.text("CustomRoleArn"),
        **mutability(properties),
        **encryption(properties),
        "lifecycle_rules": rules_of(properties, "LifecyclePolicy"),
        "resource_policy": properties.document("RepositoryPolicy"),
        "tags": properties.tags("ResourceTags") or None,
    }
    builder.item(resource.logical, "creation_templates", values)


def _exclusion(builder: Builder, template: Template, resource: Declared) -> None:
    if principal := resource.properties.text("PrincipalArn"):
        builder.item(resource.logical, "pull_time_exclusions", principal)


READERS: Mapping[str, Reader] = {
    "AWS::ECR::Repository": _repository,
    "AWS::ECR::PublicRepository": _public_repository,
    "AWS::ECR::RegistryPolicy": _registry_policy,
    "AWS::ECR::RegistryScanningConfiguration": _scanning,
    "AWS::ECR::ReplicationConfiguration": _replication,
    "AWS::ECR::SigningConfiguration": _signing,
    "AWS::ECR::PullThroughCacheRule": _pull_through_cache,
    "AWS::ECR::RepositoryCreationTemplate": _template,
    "AWS::ECR::PullTimeUpdateExclusion": _exclusion,
}
