"""Nothing is dropped without a word: every property is carried over, or says nothing of ECR, or is listed.

Each property of each resource is changed, one at a time, and what the import makes has to change with it. The lists of
attributes are those of Terraform's provider (6.x, November 2026), and of the type file of the CDK (``cdk_classes``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ecrops.fleet.imports import Imported, from_cloudformation, from_terraform
from support import CASES
from tests.fleet.imports.provisioning import ACCOUNT, REGION, STATE

ATTRIBUTES = {
    "aws_ecr_repository": "arn encryption_configuration.encryption_type encryption_configuration.kms_key force_delete "
    "id "
    "image_scanning_configuration.scan_on_push image_tag_mutability image_tag_mutability_exclusion_filter.filter "
    "image_tag_mutability_exclusion_filter.filter_type name region registry_id repository_url tags tags_all timeouts",
    "aws_ecr_repository_policy": "id policy region registry_id repository",
    "aws_ecr_lifecycle_policy": "id policy region registry_id repository",
    "aws_ecr_registry_policy": "id policy region registry_id",
    "aws_ecr_registry_scanning_configuration": "id region registry_id rule.repository_filter.filter "
    "rule.repository_filter.filter_type rule.scan_frequency scan_type",
    "aws_ecr_replication_configuration": "id region registry_id replication_configuration.rule.destination.region "
    "replication_configuration.rule.destination.registry_id replication_configuration.rule.repository_filter.filter "
    "replication_configuration.rule.repository_filter.filter_type",
    "aws_ecr_signing_configuration": "id region registry_id rule.repository_filter.filter "
    "rule.repository_filter.filter_type rule.signing_profile_arn",
    "aws_ecr_account_setting": "id name region value",
    "aws_ecr_pull_through_cache_rule": "credential_arn custom_role_arn ecr_repository_prefix id region registry_id "
    "upstream_registry_url upstream_repository_prefix",
    "aws_ecr_repository_creation_template": "applied_for custom_role_arn description "
    "encryption_configuration.encryption_type encryption_configuration.kms_key id image_tag_mutability "
    "image_tag_mutability_exclusion_filter.filter image_tag_mutability_exclusion_filter.filter_type lifecycle_policy "
    "prefix region registry_id repository_policy resource_tags",
    "aws_ecr_pull_time_update_exclusion": "principal_arn region",
    "aws_ecrpublic_repository": "arn catalog_data.about_text catalog_data.architectures catalog_data.description "
    "catalog_data.logo_image_blob catalog_data.operating_systems catalog_data.usage_text force_destroy id region "
    "registry_id repository_name repository_uri tags tags_all timeouts",
    "aws_ecrpublic_repository_policy": "id policy region registry_id repository_name",
}
COMPUTED = {"arn", "id", "region", "registry_id", "repository_url", "repository_uri", "timeouts"}
"""What AWS computes, and what is about Terraform alone. ``tags`` are in ``tags_all`` too."""
Steps = tuple[str | int, ...]


def leaves(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """The paths of all values that are no lists and mappings, or are empty."""
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not value or not isinstance(value, dict | list):
        yield path
    for key, part in parts:
        yield from leaves(part, (*path, key))


def names(path: Steps) -> str:
    """A path without its indexes."""
    return ".".join(step for step in path if isinstance(step, str))


def other(value: Any) -> Any:
    """Another value in the place of one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return ["other"]
    return {"other": "value"} if isinstance(value, dict) else f"{value or 'other'}x"


def changed(data: Any, path: Steps) -> Any:
    """The data with another value at a path."""
    data = copy.deepcopy(data)
    part = data
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = other(part[path[-1]])
    return data


def made(imported: Imported) -> str:
    """All that an import made, and all that it listed."""
    public = [spec.to_dict() for spec in imported.public]
    return json.dumps([imported.to_dict(), public, sorted(map(str, imported.left))], default=str)


# Terraform


def one_state(kind: str) -> dict[str, Any]:
    """A state with one resource of a type, with all of its attributes."""
    [item, *_] = [item for item in json.loads(STATE.read_text())["resources"] if item["type"] == kind]
    values = item["instances"][0]["attributes"]
    if "image_tag_mutability" in values:
        values["image_tag_mutability"] = "IMMUTABLE_WITH_EXCLUSION"
        values["image_tag_mutability_exclusion_filter"] = [{"filter": "dev-*", "filter_type": "WILDCARD"}]
    return {"version": 4, "resources": [{**item, "instances": [{"attributes": values}]}]}


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_each_attribute_of_terraform_changes_what_is_made(kind: str) -> None:
    state = one_state(kind)
    values = state["resources"][0]["instances"][0]["attributes"]
    before = made(from_terraform(state))
    tags = {"tags", "tags_all", "resource_tags"}
    seen = set()
    for path in leaves(values):
        name = path[0] if path[0] in tags else names(path)
        seen.add(name)
        if name in COMPUTED or (name == "tags" and "tags_all" in values):
            continue
        full: Steps = ("resources", 0, "instances", 0, "attributes", *path)
        assert made(from_terraform(changed(state, full))) != before, name
    assert seen == set(ATTRIBUTES[kind].split())


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_an_attribute_that_nobody_knows_is_listed(kind: str) -> None:
    state = one_state(kind)
    state["resources"][0]["instances"][0]["attributes"] |= {"brand_new": "x", "new_but_empty": [], "new_and_off": False}
    fields = [item.field for item in from_terraform(state).left]
    assert fields.count("brand_new") == 1
    assert not {"new_but_empty", "new_and_off"} & set(fields)


def test_a_resource_that_nobody_knows_is_listed() -> None:
    state = one_state("aws_ecr_repository")
    state["resources"].append({**state["resources"][0], "type": "aws_ecr_brand_new"})
    [left] = from_terraform(state).left
    assert left.reason == "this ecrops does not know the resource aws_ecr_brand_new"


# CloudFormation

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}
RULES = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                "action": {"type": "expire"},
            }
        ]
    }
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/templates"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
MUTABILITY = {
    "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "ImageTagMutabilityExclusionFilters": [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "dev-*"}
    ],
    "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": KEY},
}


def selecting(kind: str) -> list[dict[str, str]]:
    return [{"Filter": "team/", "FilterType": kind}]


PROPERTIES: dict[str, dict[str, Any]] = {
    "Repository": {
        "RepositoryName": "team/api",
        "RepositoryPolicyText": POLICY,
        "ImageScanningConfiguration": {"ScanOnPush": True},
        **MUTABILITY,
        "LifecyclePolicy": {"LifecyclePolicyText": RULES, "RegistryId": ACCOUNT},
        "Tags": [{"Key": "team", "Value": "web"}],
        "EmptyOnDelete": False,
    },
    "PublicRepository": {
        "RepositoryName": "tools",
        "RepositoryPolicyText": json.loads(json.dumps(POLICY).replace("ecr:BatchGetImage", "ecr-public:PutImage")),
        "RepositoryCatalogData": {
            "RepositoryDescription": "Our tools",
            "AboutText": "About",
            "UsageText": "Usage",
            "Architectures": ["x86-64"],
            "OperatingSystems": ["Linux"],
        },
        "Tags": [{"Key": "team", "Value": "web"}],
    },
    "PullThroughCacheRule": {
        "EcrRepositoryPrefix": "hub",
        "UpstreamRegistryUrl": "registry-1.docker.io",
        "UpstreamRegistry": "docker-hub",
        "UpstreamRepositoryPrefix": "library",
        "CredentialArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf",
        "CustomRoleArn": "",
    },
    "RegistryPolicy": {
        "PolicyText": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "replicas",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                    "Action": "ecr:ReplicateImage",
                    "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*",
                }
            ],
        }
    },
    "ReplicationConfiguration": {
        "ReplicationConfiguration": {
            "Rules": [
                {
                    "Destinations": [{"Region": "us-east-1", "RegistryId": "111122223333"}],
                    "RepositoryFilters": selecting("PREFIX_MATCH"),
                }
            ]
        }
    },
    "PullTimeUpdateExclusion": {"PrincipalArn": ROLE},
    "RegistryScanningConfiguration": {
        "ScanType": "ENHANCED",
        "Rules": [
            {"ScanFrequency": "SCAN_ON_PUSH", "RepositoryFilters": [{"Filter": "team/*", "FilterType": "WILDCARD"}]}
        ],
    },
    "RepositoryCreationTemplate": {
        "Prefix": "team",
        "AppliedFor": ["CREATE_ON_PUSH"],
        "Description": "for teams",
        "CustomRoleArn": ROLE,
        **MUTABILITY,
        "LifecyclePolicy": RULES,
        "RepositoryPolicy": json.dumps(POLICY),
        "ResourceTags": [{"Key": "team", "Value": "web"}],
    },
    "SigningConfiguration": {
        "Rules": [
            {
                "SigningProfileArn": f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/releases",
                "RepositoryFilters": [{"Filter": "team/*", "FilterType": "WILDCARD_MATCH"}],
            }
        ]
    },
}
DOCUMENTS = {"RepositoryPolicyText", "PolicyText"}
IMPLIED = {"UpstreamRegistry"}  # ECR knows it by the host


def one_template(kind: str) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": f"AWS::ECR::{kind}", "Properties": copy.deepcopy(PROPERTIES[kind])}}}


def test_the_properties_are_those_of_the_cdk() -> None:
    listed = json.loads((CASES / "cdk_classes.json").read_text())["classes"]
    assert {f"Cfn{kind}" for kind in PROPERTIES} == listed.keys()
    for kind, values in PROPERTIES.items():
        used = {
            step[:1].lower() + step[1:]
            for path in leaves(values)
            for step in path
            if isinstance(step, str) and not (DOCUMENTS & {*path} and step not in DOCUMENTS)
        }
        assert used - {"key", "value"} == set(listed[f"Cfn{kind}"]), kind


@pytest.mark.parametrize("kind", PROPERTIES)
def test_each_property_of_cloudformation_changes_what_is_made(kind: str) -> None:
    template = one_template(kind)
    place = {"account": ACCOUNT, "region": REGION}
    imported = from_cloudformation(template, **place)  # type: ignore[arg-type]
    assert not imported.left
    before = made(imported)
    for path in leaves(PROPERTIES[kind]):
        if names(path) not in IMPLIED:
            full: Steps = ("Resources", "It", "Properties", *path)
            assert made(from_cloudformation(changed(template, full), **place)) != before, path  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PROPERTIES)
def test_a_property_that_nobody_knows_is_listed(kind: str) -> None:
    template = one_template(kind)
    template["Resources"]["It"]["Properties"] |= {"BrandNew": {"A": 1}, "NewButEmpty": []}
    [left] = from_cloudformation(template, account=ACCOUNT, region=REGION).left
    assert (left.address, left.field, left.reason) == ("It", "BrandNew", "this ecrops does not know it")


def test_a_type_that_nobody_knows_is_listed() -> None:
    template = one_template("Repository")
    template["Resources"]["New"] = {"Type": "AWS::ECR::BrandNew", "Properties": {}}
    [left] = from_cloudformation(template, account=ACCOUNT, region=REGION).left
    assert str(left) == "New: this ecrops does not know the type AWS::ECR::BrandNew"
