"""The resources of Terraform's AWS provider that are of ECR, and of the public ECR: what their attributes mean. Pure.

Called by ``reading``. Each function reads one type of resource. An attribute that none of them takes is listed.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs (Elastic Container Registry, and its Public)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ecrops.fleet.imports.building import Builder
from ecrops.fleet.imports.properties import Properties, absent_in
from ecrops.fleet.imports.settings import DELETION, catalog, filters, replication_rule, rules_of, scanning, signing_rule
from ecrops.fleet.imports.terraform.states import SENSITIVE, Instance

COMPUTED = ("id", "arn", "registry_id", "region", "repository_url", "repository_uri", "tags", "tags_all", "timeouts")
"""What AWS computes, and what is about Terraform alone. ``tags_all`` has also the tags of the provider."""
Reader = Callable[[Builder, Properties], None]


def carry(builder: Builder, resources: Sequence[tuple[Instance, Properties]]) -> None:
    """Carry over all resources of ECR."""
    for instance, properties in resources:
        if not instance.type.startswith(("aws_ecr_", "aws_ecrpublic_")):
            continue
        reader = READERS.get(instance.type)
        if instance.problem or reader is None:
            reason = instance.problem or f"this ecrops does not know the resource {instance.type}"
            builder.leave(instance.address, "", reason)
            continue
        properties.skip(*COMPUTED)
        reader(builder, properties)
        builder.close(properties)


def tags_of(properties: Properties) -> dict[str, str] | None:
    """Return all tags of a resource; those of the resource alone where a plan does not know the others yet.

    ``tags_all`` repeats ``tags``, and Terraform marks it as sensitive in no case.
    """
    if SENSITIVE in (properties.values.get("tags"), absent_in(properties.values.get("tags"))):
        properties.leave("tags", SENSITIVE.reason)
        return None
    name = "tags_all" if isinstance(properties.values.get("tags_all"), Mapping) else "tags"
    return properties.tags(name)


def named(properties: Properties, name: str = "repository") -> str | None:
    """Return the name of the repository that a resource is about, and list the resource if it has none."""
    text = properties.text(name)
    if text is None:
        properties.leave("", f"has no {name} that can be used")
    return text


def encryption(properties: Properties) -> dict[str, Any]:
    """Return the encryption of a repository or a template."""
    block = properties.block("encryption_configuration")
    return {"encryption": block.text("encryption_type"), "encryption_key": block.text("kms_key")}


def mutability(properties: Properties) -> dict[str, Any]:
    """Return the tag mutability of a repository or a template."""
    blocks = properties.blocks("image_tag_mutability_exclusion_filter")
    wildcards = filters(blocks, "WILDCARD")
    return {
        "image_tag_mutability": properties.text("image_tag_mutability"),
        "image_tag_mutability_exclusion_filters": wildcards or None,
    }


def _repository(builder: Builder, properties: Properties) -> None:
    name = named(properties, "name")
    scan = properties.block("image_scanning_configuration").truth("scan_on_push")
    fields = {**mutability(properties), "image_scan_on_push": scan, **encryption(properties)}
    fields["tags"] = tags_of(properties)
    properties.only("force_delete", (False,), DELETION)
    if name:
        builder.repository(properties.address, name, fields)


def _repository_policy(builder: Builder, properties: Properties, *, public: bool = False) -> None:
    name = named(properties, "repository_name" if public else "repository")
    policy = properties.document("policy")
    if name:
        builder.repository(properties.address, name, {"resource_policy": policy}, public=public)


def _lifecycle_policy(builder: Builder, properties: Properties) -> None:
    name = named(properties)
    rules = rules_of(properties, "policy")
    if name:
        builder.repository(properties.address, name, {"lifecycle_rules": rules})


def _public_repository(builder: Builder, properties: Properties) -> None:
    name = named(properties, "repository_name")
    texts = {key: key for key in ("description", "about_text", "usage_text", "logo_image_blob")}
    lists = {key: key for key in ("architectures", "operating_systems")}
    data = catalog(properties.block("catalog_data"), texts, lists)
    properties.only("force_destroy", (False,), DELETION.replace("registry.", "PublicRegistry()."))
    if name:
        fields = {"catalog_data": data, "tags": tags_of(properties)}
        builder.repository(properties.address, name, fields, public=True)


# The settings of the registry


def _registry_policy(builder: Builder, properties: Properties) -> None:
    if (policy := properties.document("policy")) is not None:
        builder.setting(properties.address, "registry_policy", policy)


def _scanning(builder: Builder, properties: Properties) -> None:
    kind = properties.text("scan_type")
    rules = [
        (block.text("scan_frequency"), filters(block.blocks("repository_filter"), "WILDCARD"))
        for block in properties.blocks("rule")
    ]
    builder.setting(properties.address, "scanning", scanning(kind, rules))


def _replication(builder: Builder, properties: Properties) -> None:
    rules = []
    for rule in properties.block("replication_configuration").blocks("rule"):
        places = [(block.text("region"), block.text("registry_id")) for block in rule.blocks("destination")]
        prefixes = filters(rule.blocks("repository_filter"), "PREFIX_MATCH")
        rules.append(replication_rule(builder.place, places, prefixes))
    builder.setting(properties.address, "replication", rules)


def _signing(builder: Builder, properties: Properties) -> None:
    rules: list[Mapping[str, Any]] = []
    for rule in properties.blocks("rule"):
        wildcards = filters(rule.blocks("repository_filter"), "WILDCARD_MATCH")
        rules.append(signing_rule(rule.text("signing_profile_arn"), wildcards))
    builder.setting(properties.address, "signing", rules)


def _account_setting(builder: Builder, properties: Properties) -> None:
    name, value = properties.text("name"), properties.text("value")
    if name and value:
        builder.account_setting(properties.address, name, value)


def _pull_through_cache(builder: Builder, properties: Properties) -> None:
    names = {
        "prefix": "ecr_repository_prefix",
        "upstream": "upstream_registry_url",
        "credential_arn": "credential_arn",
        "custom_role_arn": "custom_role_arn",
        "upstream_prefix": "upstream_repository_prefix",
    }
    rule = {field: properties.text(name) for field, name in names.items()}
    builder.item(properties.address, "pull_through_cache", rule)


def _template(builder: Builder, properties: Properties) -> None:
    template = {
        "prefix": properties.text("prefix"),
        "applied_for": properties.texts("applied_for"),
        "description": properties.text("description"),
        "custom_role_arn": properties.text("custom_role_arn"),
        **mutability(properties),
        **encryption(properties),
        "lifecycle_rules": rules_of(properties, "lifecycle_policy"),
        "resource_policy": properties.document("repository_policy"),
        "tags": properties.tags("resource_tags") or None,
    }
    builder.item(properties.address, "creation_templates", template)


def _exclusion(builder: Builder, properties: Properties) -> None:
    if principal := properties.text("principal_arn"):
        builder.item(properties.address, "pull_time_exclusions", principal)


READERS: Mapping[str, Reader] = {
    "aws_ecr_repository": _repository,
    "aws_ecr_repository_policy": _repository_policy,
    "aws_ecr_lifecycle_policy": _lifecycle_policy,
    "aws_ecr_registry_policy": _registry_policy,
    "aws_ecr_registry_scanning_configuration": _scanning,
    "aws_ecr_replication_configuration": _replication,
    "aws_ecr_signing_configuration": _signing,
    "aws_ecr_account_setting": _account_setting,
    "aws_ecr_pull_through_cache_rule": _pull_through_cache,
    "aws_ecr_repository_creation_template": _template,
    "aws_ecr_pull_time_update_exclusion": _exclusion,
    "aws_ecrpublic_repository": _public_repository,
    "aws_ecrpublic_repository_policy": partial(_repository_policy, public=True),
}
