"""Users, roles and groups to grant something to, and pictures of the policies that result."""

from __future__ import annotations

import json
from typing import Any

from ecrops.testing import Client, Cloud

OTHER = "111122223333"
OTHER_ROLE = f"arn:aws:iam::{OTHER}:role/team/nodes"
PULL = {"ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}
PUSH = {
    "ecr:CompleteLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:InitiateLayerUpload",
    "ecr:BatchCheckLayerAvailability",
    "ecr:PutImage",
}
READ = {"ecr:DescribeRepositories", "ecr:DescribeImages"}
LOG_IN = {"ecr:GetAuthorizationToken"}
# What each verb allows, said once more and not by ecrops: on the repository, and on "*".
GRANTED: dict[str, tuple[set[str], set[str]]] = {
    "read": (READ, set()),
    "pull": (PULL, LOG_IN),
    "push": (PUSH, LOG_IN),
    "pull_push": (PULL | PUSH, LOG_IN),
    "pull_through_cache": (
        PULL | {"ecr:BatchImportUpstreamImage", "ecr:GetImageCopyStatus", "ecr:CreateRepository", "ecr:TagResource"},
        LOG_IN,
    ),
    "scan_findings": ({"ecr:DescribeImageScanFindings", "ecr:DescribeImages"}, set()),
    "delete_images": ({"ecr:BatchDeleteImage", "ecr:ListImages", "ecr:DescribeImages"}, set()),
    "lifecycle": (
        READ
        | {f"ecr:{verb}LifecyclePolicy" for verb in ("Get", "Put", "Delete")}
        | {"ecr:StartLifecyclePolicyPreview", "ecr:GetLifecyclePolicyPreview"},
        set(),
    ),
}
FOREIGN = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}


def populate(cloud: Cloud, *repositories: str) -> None:
    """A user, a role and a group here, a role in another account, and repositories."""
    cloud.emulator.make_principals(user="ci", role="team/nodes", group="devs")
    cloud.emulator.at(account=OTHER).make_principals(role="team/nodes")
    cloud.emulator.seed(repositories)


def inline(cloud: Cloud, kind: str, name: str, policy: str = "ecrops", account: str | None = None) -> dict[str, Any]:
    """What a policy says: the actions on each resource. Empty if there is none."""
    iam = cloud.client("iam", account=account)
    get = getattr(iam, f"get_{kind}_policy")
    try:
        document = get(**{f"{kind.title()}Name": name, "PolicyName": policy})["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return {}
    return by_resource(document)


def by_resource(document: dict[str, Any]) -> dict[str, set[str]]:
    """The actions on each resource, by the part of its ARN that tells it from others."""
    found: dict[str, set[str]] = {}
    for statement in document["Statement"]:
        for resource in listed(statement["Resource"]):
            found.setdefault(resource.rpartition("repository/")[2], set()).update(listed(statement["Action"]))
    return found


def listed(value: Any) -> list[Any]:
    """A value or a list as a list."""
    return value if isinstance(value, list) else [value]


def repository_policy(ecr: Client, name: str) -> dict[str, Any] | None:
    """The policy of a repository, or none."""
    try:
        policy: dict[str, Any] = json.loads(ecr.get_repository_policy(repositoryName=name)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None
    return policy


def put_policy(cloud: Cloud, name: str, *statements: dict[str, Any]) -> None:
    """Somebody else writes the policy of a repository."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    cloud.client("ecr").set_repository_policy(repositoryName=name, policyText=text, force=True)
