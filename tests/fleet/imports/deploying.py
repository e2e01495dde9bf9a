"""What CloudFormation made of the template of the CDK, by calls of boto3 alone.

It is written by hand, so that nothing here reads the template as an import does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ecrops.testing import Cloud
from tests.fleet.imports.provisioning import ACCOUNT, TEMPLATE, exclusions, role, tag_list, with_made_up

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


def _allow(principal: Any, actions: list[str], **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, **members}


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
