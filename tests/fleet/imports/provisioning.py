"""What Terraform and CloudFormation did: the AWS that a state and a template describe, made by calls of boto3 alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ecrops.testing import Cloud

DATA = Path(__file__).parent / "data"
STATE = DATA / "terraform.tfstate"
TEMPLATE = DATA / "cdk.template.json"
ACCOUNT, REGION = "123456789012", "eu-west-1"


def attributes(state: str) -> list[tuple[str, dict[str, Any]]]:
    """The type and the attributes of each managed resource of a state."""
    resources = json.loads(state)["resources"]
    return [
        (resource["type"], instance["attributes"])
        for resource in resources
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def tag_list(tags: Mapping[str, str]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def present(**values: Any) -> dict[str, Any]:
    """The arguments of a call that are not empty, as the provider sends them."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def encryption(values: Mapping[str, Any]) -> dict[str, str]:
    [block] = values["encryption_configuration"]
    return present(encryptionType=block["encryption_type"], kmsKey=block["kms_key"])


def exclusions(wildcards: list[str]) -> list[Any]:
    return [{"filterType": "WILDCARD", "filter": wildcard} for wildcard in wildcards]


def filters(block: Mapping[str, Any]) -> list[Any]:
    return [{"filter": item["filter"], "filterType": item["filter_type"]} for item in block["repository_filter"]]


def repository(cloud: Cloud, values: Mapping[str, Any]) -> None:
    wildcards = [item["filter"] for item in values["image_tag_mutability_exclusion_filter"]]
    cloud.client("ecr").create_repository(
        **present(
            repositoryName=values["name"],
            imageTagMutability=values["image_tag_mutability"],
            imageTagMutabilityExclusionFilters=exclusions(wildcards),
            imageScanningConfiguration={"scanOnPush": values["image_scanning_configuration"][0]["scan_on_push"]},
            encryptionConfiguration=encryption(values),
            tags=tag_list(values["tags_all"]),
        )
    )


def repository_policy(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").set_repository_policy(repositoryName=values["repository"], policyText=values["policy"])


def lifecycle_policy(cloud: Cloud, values: Mapping[str, Any]) -> None:
    name, text = values["repository"], values["policy"]
    cloud.client("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)


def registry_policy(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").put_registry_policy(policyText=values["policy"])


def scanning(cloud: Cloud, values: Mapping[str, Any]) -> None:
    rules = [{"scanFrequency": rule["scan_frequency"], "repositoryFilters": filters(rule)} for rule in values["rule"]]
    cloud.client("ecr").put_registry_scanning_configuration(scanType=values["scan_type"], rules=rules)


def replication(cloud: Cloud, values: Mapping[str, Any]) -> None:
    rules = [
        {
            "destinations": [
                {"region": item["region"], "registryId": item["registry_id"]} for item in rule["destination"]
            ],
            "repositoryFilters": filters(rule),
        }
        for rule in values["replication_configuration"][0]["rule"]
    ]
    cloud.client("ecr").put_replication_configuration(replicationConfiguration={"rules": rules})


def signing(cloud: Cloud, values: Mapping[str, Any]) -> None:
    rules = [
        {"signingProfileArn": rule["signing_profile_arn"], "repositoryFilters": filters(rule)}
        for rule in values["rule"]
    ]
    cloud.client("ecr").put_signing_configuration(signingConfiguration={"rules": rules})


def account_setting(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").put_account_setting(name=values["name"], value=values["value"])


def cache_rule(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").create_pull_through_cache_rule(
        **present(
            ecrRepositoryPrefix=values["ecr_repository_prefix"],
            upstreamRegistryUrl=values["upstream_registry_url"],
            credentialArn=values["credential_arn"],
        )
    )


def template(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").create_repository_creation_template(
        **present(
            prefix=values["prefix"],
            description=values["description"],
            appliedFor=values["applied_for"],
            customRoleArn=values["custom_role_arn"],
            encryptionConfiguration=encryption(values),
            imageTagMutability=values["image_tag_mutability"],
            lifecyclePolicy=values["lifecycle_policy"],
            resourceTags=tag_list(values["resource_tags"]),
        )
    )


def exclusion(cloud: Cloud, values: Mapping[str, Any]) -> None:
    cloud.client("ecr").register_pull_time_update_exclusion(principalArn=values["principal_arn"])


def public_repository(cloud: Cloud, values: Mapping[str, Any]) -> None:
    [block] = values["catalog_data"]
    catalog = present(
        description=block["description"],
        aboutText=block["about_text"],
        architectures=block["architectures"],
        operatingSystems=block["operating_systems"],
    )
    tags = tag_list(values["tags_all"])
    public = cloud.client("ecr-public", region="us-east-1")
    public.create_repository(repositoryName=values["repository_name"], catalogData=catalog, tags=tags)


def public_policy(cloud: Cloud, values: Mapping[str, Any]) -> None:
    public = cloud.client("ecr-public", region="us-east-1")
    public.set_repository_policy(repositoryName=values["repository_name"], policyText=values["policy"])


MADE: Mapping[str, Callable[[Cloud, Mapping[str, Any]], None]] = {
    "aws_ecr_repository": repository,
    "aws_ecr_repository_policy": repository_policy,
    "aws_ecr_lifecycle_policy": lifecycle_policy,
    "aws_ecr_registry_policy": registry_policy,
    "aws_ecr_registry_scanning_configuration": scanning,
    "aws_ecr_replication_configuration": replication,
    "aws_ecr_signing_configuration": signing,
    "aws_ecr_account_setting": account_setting,
    "aws_ecr_pull_through_cache_rule": cache_rule,
    "aws_ecr_repository_creation_template": template,
    "aws_ecr_pull_time_update_exclusion": exclusion,
    "aws_ecrpublic_repository": public_repository,
    "aws_ecrpublic_repository_policy": public_policy,
}


KEYS = ("11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555")
"""The ids of KMS keys in both files: KMS makes up others."""
SECRET = "ecr-pullthroughcache/hub-AbCdEf"
"""The secret in both files, with an end of its ARN that Secrets Manager makes up."""


def with_made_up(cloud: Cloud, text: str) -> str:
    """A file with the keys and the secret that are there."""
    for key in KEYS:
        if key in text:
            text = text.replace(key, cloud.client("kms").create_key()["KeyMetadata"]["KeyId"])
    content = json.dumps({"username": "somebody", "accessToken": "token"})
    arn = cloud.client("secretsmanager").create_secret(Name=SECRET.rpartition("-")[0], SecretString=content)["ARN"]
    return text.replace(SECRET, arn.rpartition(":")[2])


def role(cloud: Cloud, name: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


def apply_state(cloud: Cloud) -> str:
    """Make what the state lists, and return the state."""
    role(cloud, "release")
    state = with_made_up(cloud, STATE.read_text())
    for kind, values in attributes(state):
        if kind in MADE:
            MADE[kind](cloud, values)
    return state
