"""Rules and templates to make in the tests, and what they need."""

from __future__ import annotations

import json
from typing import Any

from ecrops.testing import Client, Cloud

from .support import MANIFEST

ROLE = "arn:aws:iam::123456789012:role/caches"
GOOD = {"username": "me", "accessToken": "t0ken"}
PUSH, PULL, REPLICA = "CREATE_ON_PUSH", "PULL_THROUGH_CACHE", "REPLICATION"
TAGS = [{"Key": "team", "Value": "a"}]
KEEP_FIVE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
            "action": {"type": "expire"},
        }
    ]
}
PULLERS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "ecr:BatchGetImage",
        }
    ],
}


def secret(cloud: Cloud, value: Any = GOOD, name: str = "docker-hub", region: str = "eu-west-1", **more: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    secrets = cloud.client("secretsmanager", region, account=more.pop("account", None))
    arn: str = secrets.create_secret(Name=f"ecr-pullthroughcache/{name}", SecretString=text, **more)["ARN"]
    return arn


def rule(ecr: Client, prefix: str = "public", host: str = "public.ecr.aws", **more: str) -> Any:
    answer = ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=host, **more)
    answer.pop("ResponseMetadata")
    return answer


def make_role(cloud: Cloud, service: str = "pullthroughcache.ecr.amazonaws.com", name: str = "caches") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    return str(role["Arn"])


def template(ecr: Client, prefix: str = "prod", applied_for: tuple[str, ...] = (PUSH,), **more: Any) -> Any:
    answer = ecr.create_repository_creation_template(prefix=prefix, appliedFor=list(applied_for), **more)
    return answer["repositoryCreationTemplate"]


def update(ecr: Client, prefix: str = "prod", **changes: Any) -> Any:
    return ecr.update_repository_creation_template(prefix=prefix, **changes)["repositoryCreationTemplate"]


def push(ecr: Client, name: str) -> Any:
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(MANIFEST), imageTag="1")
    return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
