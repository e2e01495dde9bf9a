"""Repositories that ECR makes by itself: when it does, and by which template."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .caches import KEEP_FIVE, PULL, PULLERS, PUSH, REPLICA, ROLE, TAGS, make_role, push, rule, template, update
from .support import refused, wildcards


def test_a_push_needs_a_template_that_is_for_pushes(ecr: Client) -> None:
    template(ecr, applied_for=(PULL, REPLICA))
    for name in ("prod/app", "prod", "production/app"):
        with refused("RepositoryNotFoundException", name):
            push(ecr, name)
    update(ecr, appliedFor=[PUSH])
    for name in ("prod", "production/app"):
        with refused("RepositoryNotFoundException", name):
            push(ecr, name)
    assert push(ecr, "prod/app")["imageTagMutability"] == "MUTABLE"
    assert ecr.list_images(repositoryName="prod/app")["imageIds"][0]["imageTag"] == "1"


def test_the_upload_of_a_layer_makes_the_repository_too(ecr: Client) -> None:
    with refused("RepositoryNotFoundException"):
        ecr.initiate_layer_upload(repositoryName="prod/app")
    template(ecr)
    ecr.initiate_layer_upload(repositoryName="prod/app")
    assert ecr.describe_repositories()["repositories"][0]["repositoryName"] == "prod/app"


def test_a_repository_gets_all_that_its_template_says(cloud: Cloud, ecr: Client) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    template(
        ecr,
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key},
        resourceTags=TAGS,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=wildcards("dev-*"),
        repositoryPolicy=json.dumps(PULLERS),
        lifecyclePolicy=json.dumps(KEEP_FIVE),
        customRoleArn=make_role(cloud, "ecr.amazonaws.com"),
    )
    made = push(ecr, "prod/app")
    assert made["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key}
    assert made["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert made["imageTagMutabilityExclusionFilters"] == wildcards("dev-*")
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == TAGS
    assert json.loads(ecr.get_repository_policy(repositoryName="prod/app")["policyText"]) == PULLERS
    assert json.loads(ecr.get_lifecycle_policy(repositoryName="prod/app")["lifecyclePolicyText"]) == KEEP_FIVE


@pytest.mark.parametrize(
    "asked", [{"resourceTags": TAGS}, {"encryptionConfiguration": {"encryptionType": "KMS"}}], ids=["tags", "kms"]
)
def test_without_a_usable_role_tags_and_kms_break_what_ecr_makes(
    cloud: Cloud, ecr: Client, asked: dict[str, Any]
) -> None:
    template(ecr, "ROOT", (PUSH, PULL, REPLICA), **asked)
    rule(ecr)
    caches = cloud.emulator.caches

    def made(name: str) -> bool:
        pulled, replicated = caches.pulled_through(f"public/{name}"), caches.replicated(f"copy/{name}")
        assert pulled == replicated
        if not pulled:
            with refused("RepositoryNotFoundException"):
                push(ecr, name)
        return pulled

    assert not made("no-role")
    update(ecr, "ROOT", customRoleArn=ROLE)
    assert not made("role-is-missing")
    make_role(cloud, "pullthroughcache.ecr.amazonaws.com")
    assert not made("role-trusts-another")
    update(ecr, "ROOT", customRoleArn=make_role(cloud, "ecr.amazonaws.com", "good"))
    assert made("good")
    push(ecr, "good")
    assert len(ecr.describe_repositories()["repositories"]) == 3


def test_a_key_that_cannot_be_used_breaks_the_push(cloud: Cloud, ecr: Client) -> None:
    gone = "arn:aws:kms:eu-west-1:123456789012:key/gone"
    role = make_role(cloud, "ecr.amazonaws.com")
    encryption = {"encryptionType": "KMS", "kmsKey": gone}
    template(ecr, applied_for=(PUSH, REPLICA), encryptionConfiguration=encryption, customRoleArn=role)
    with refused("KmsException", gone):
        push(ecr, "prod/app")
    assert not cloud.emulator.caches.replicated("prod/app")
    assert ecr.describe_repositories()["repositories"] == []


def test_an_empty_key_is_the_managed_one(cloud: Cloud, ecr: Client) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": ""}
    made = template(ecr, encryptionConfiguration=encryption, customRoleArn=make_role(cloud, "ecr.amazonaws.com"))
    assert made["encryptionConfiguration"] == {"encryptionType": "KMS"}
    managed = push(ecr, "prod/app")["encryptionConfiguration"]["kmsKey"]
    assert cloud.client("kms").describe_key(KeyId="alias/aws/ecr")["KeyMetadata"]["Arn"] == managed


def test_the_longest_prefix_wins_and_root_is_for_the_rest(cloud: Cloud, ecr: Client) -> None:
    template(ecr, "ROOT", imageTagMutability="IMMUTABLE")
    template(ecr, "prod")
    template(ecr, "prod/team", imageTagMutability="IMMUTABLE")
    modes = [push(ecr, name)["imageTagMutability"] for name in ("app", "prod/app", "prod/team/app", "prod/teams/app")]
    assert modes == ["IMMUTABLE", "MUTABLE", "IMMUTABLE", "MUTABLE"]


def test_each_scenario_has_its_templates(cloud: Cloud, ecr: Client) -> None:
    caches = cloud.emulator.caches
    rule(ecr, "ROOT")
    template(ecr, "a", (PULL,), imageTagMutability="IMMUTABLE")
    template(ecr, "b", (REPLICA,), imageTagMutability="IMMUTABLE")
    assert caches.pulled_through("a/pulled")
    assert caches.replicated("a/replica")
    assert caches.pulled_through("b/pulled")
    assert caches.replicated("b/replica")
    found = ecr.describe_repositories()["repositories"]
    fixed = {each["repositoryName"] for each in found if each["imageTagMutability"] == "IMMUTABLE"}
    assert (len(found), fixed) == (4, {"a/pulled", "b/replica"})


def test_a_template_leaves_alone_what_is_there(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="prod/app")
    template(ecr, applied_for=(PUSH, PULL, REPLICA), imageTagMutability="IMMUTABLE")
    assert cloud.emulator.caches.replicated("prod/app")
    assert push(ecr, "prod/app")["imageTagMutability"] == "MUTABLE"
    ecr.create_repository(repositoryName="prod/own")
    assert ecr.describe_repositories(repositoryNames=["prod/own"])["repositories"][0]["imageTagMutability"] == "MUTABLE"


def test_whom_the_policy_names_has_to_be_there(cloud: Cloud, ecr: Client) -> None:
    arn = make_role(cloud)
    named = {**PULLERS["Statement"][0], "Principal": {"AWS": arn}}  # type: ignore[dict-item]
    template(ecr, repositoryPolicy=json.dumps({**PULLERS, "Statement": [named]}))
    push(ecr, "prod/app")
    cloud.client("iam").delete_role(RoleName="caches")
    assert arn not in ecr.get_repository_policy(repositoryName="prod/app")["policyText"]
    with refused("InvalidParameterException", "Principal not found"):
        push(ecr, "prod/other")
    assert len(ecr.describe_repositories()["repositories"]) == 1
