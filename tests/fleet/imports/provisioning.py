"""What Terraform and CloudFormation did: the AWS that a state and a template describe, made by calls of boto3 alone."""

from __future__ import annotations

import json
import re
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


# What CloudFormation made of the template: written by hand, so that nothing here reads the template as an import does

_TEAM = [{"Key": "team", "Value": "platform"}]
_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
_PUSH = ["ecr:CompleteLayerUpload", "ecr:UploadLayerPart", "ecr:InitiateLayerUpload", "ecr:PutImage"]
_ANY = {"tagStatus": "any"}


def lifecycle(*rules: Mapping[str, Any]) -> str:
    """A lifecycle policy of rules that expire."""
    numbered = [
        {"rulePriority": number, "action": {"type": "expire"}, **rule} for number, rule in enumerate(rules, start=1)
    ]
    return json.dumps({"rules": numbered})


def _newest(count: int, **selection: Any) -> dict[str, Any]:
    return {"selection": {**_ANY, "countType": "imageCountMoreThan", "countNumber": count, **selection}}


def _younger(days: int, **selection: Any) -> dict[str, Any]:
    return {
        "selection": {**_ANY, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days, **selection}
    }


def _allow(principal: Any, actions: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, **more}


def deploy_template(cloud: Cloud) -> str:
    """Make what CloudFormation makes of the template, and return the template."""
    template = with_made_up(cloud, TEMPLATE.read_text())
    role(cloud, "scanner")
    ecr = cloud.client("ecr")
    [key] = set(re.findall(r"arn:aws:kms:eu-west-1:123456789012:key/[0-9a-f-]+", template))
    create = ecr.create_repository
    create(
        repositoryName="team/api",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=_TEAM,
    )
    create(
        repositoryName="team/worker",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=exclusions(["dev-*", "latest"]),
        encryptionConfiguration={"encryptionType": "KMS"},
        tags=_TEAM,
    )
    sealed = {"encryptionType": "KMS", "kmsKey": key}
    create(repositoryName="team/secret", encryptionConfiguration=sealed, tags=_TEAM)
    create(repositoryName="prod/only", imageTagMutability="IMMUTABLE", tags=_TEAM)
    for name in ("shared/base", "org/prod", "stock/prod", "plain", "images-namelessb070553f-x1y2z3"):
        create(repositoryName=name, tags=_TEAM)
    _put_documents(cloud)
    _put_settings(cloud, template)
    return template


def _put_documents(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    releases = {**_newest(9999, tagStatus="tagged", tagPrefixList=["prod"]), "description": "keep releases"}
    rules = {
        "team/api": lifecycle(releases, _younger(7, tagStatus="untagged"), _younger(90)),
        "shared/base": lifecycle(_newest(30)),
        "stock/prod": lifecycle(_newest(50)),
    }
    for name, text in rules.items():
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
    functions = {"StringLike": {"aws:sourceArn": "arn:aws:lambda:eu-west-1:123456789012:function:*"}}
    images = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    read = ["ecr:DescribeRepositories", "ecr:DescribeImages"]
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    policies = {
        "shared/base": [
            _allow({"AWS": "arn:aws:iam::111122223333:root"}, _PULL),
            _allow({"AWS": "arn:aws:iam::444455556666:role/builder"}, [*_PULL, *_PUSH]),
            _allow({"Service": "lambda.amazonaws.com"}, images, Condition=functions, Sid="LambdaImages"),
        ],
        "org/prod": [_allow({"AWS": "*"}, read, Condition=organization)],
    }
    cloud.emulator.at(account="444455556666").make_principals(role="builder")
    for name, statements in policies.items():
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        ecr.set_repository_policy(repositoryName=name, policyText=text)


def _put_settings(cloud: Cloud, template: str) -> None:
    ecr = cloud.client("ecr")

    def selecting(kind: str, *wildcards: str) -> list[dict[str, str]]:
        return [{"filter": wildcard, "filterType": kind} for wildcard in wildcards]

    scans = {"CONTINUOUS_SCAN": ["prod/*"], "SCAN_ON_PUSH": ["team/*", "org/*"]}
    ecr.put_registry_scanning_configuration(
        scanType="ENHANCED",
        rules=[
            {"scanFrequency": name, "repositoryFilters": selecting("WILDCARD", *wildcards)}
            for name, wildcards in scans.items()
        ],
    )
    near = {"region": "eu-central-1", "registryId": ACCOUNT}
    far = {"region": "us-east-1", "registryId": "111122223333"}
    rules = [
        {"destinations": [near], "repositoryFilters": selecting("PREFIX_MATCH", "prod/")},
        {"destinations": [far], "repositoryFilters": selecting("PREFIX_MATCH", "team/", "shared/")},
    ]
    ecr.put_replication_configuration(replicationConfiguration={"rules": rules})
    principal = {"AWS": "arn:aws:iam::111122223333:root"}
    everything = "arn:aws:ecr:eu-west-1:123456789012:repository/*"
    actions = ["ecr:CreateRepository", "ecr:ReplicateImage"]
    statement = _allow(principal, actions, Resource=[everything], Sid="replicas")
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    secret = re.findall(r"ecr-pullthroughcache/hub-\w+", template)[0]
    arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{secret}"
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="quay", upstreamRegistryUrl="quay.io")
    ecr.create_pull_through_cache_rule(
        ecrRepositoryPrefix="docker-hub", upstreamRegistryUrl="registry-1.docker.io", credentialArn=arn
    )
    ecr.create_repository_creation_template(
        prefix="quay",
        appliedFor=["PULL_THROUGH_CACHE"],
        description="caches",
        imageTagMutability="MUTABLE",
        lifecyclePolicy=lifecycle(_younger(30)),
        resourceTags=tag_list({"cache": "yes"}),
        customRoleArn="arn:aws:iam::123456789012:role/templates",
        encryptionConfiguration={"encryptionType": "AES256"},
    )
    ecr.register_pull_time_update_exclusion(principalArn="arn:aws:iam::123456789012:role/scanner")
    profile = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/releases"
    signed = {"signingProfileArn": profile, "repositoryFilters": selecting("WILDCARD_MATCH", "prod/*")}
    ecr.put_signing_configuration(signingConfiguration={"rules": [signed]})
    catalog = {"description": "Our tools", "architectures": ["x86-64"], "operatingSystems": ["Linux"]}
    public = cloud.client("ecr-public", region="us-east-1")
    public.create_repository(repositoryName="tools", catalogData=catalog, tags=_TEAM)
