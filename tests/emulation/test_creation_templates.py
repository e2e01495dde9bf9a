"""Repository creation templates: what they can say, and what an update leaves of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .caches import KEEP_FIVE, PULLERS, PUSH, ROLE, TAGS, push, template, update
from .support import attempts, many, refused, wildcards

INVALID = "InvalidParameterException"


def described(ecr: Client, **which: Any) -> Any:
    return ecr.describe_repository_creation_templates(**which)["repositoryCreationTemplates"]


def test_a_template_is_answered_and_described(ecr: Client) -> None:
    made = template(ecr, "prod/", description="all of production")
    assert made == {
        "prefix": "prod/",
        "description": "all of production",
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "imageTagMutability": "MUTABLE",
        "appliedFor": [PUSH],
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    }
    assert described(ecr) == described(ecr, prefixes=["prod"]) == [made]
    deleted = ecr.delete_repository_creation_template(prefix="prod")
    assert (deleted["registryId"], deleted["repositoryCreationTemplate"]) == ("123456789012", made)
    assert described(ecr) == []


@pytest.mark.parametrize("prefix", ["prod", "prod/"])
def test_a_second_template_for_a_prefix_is_refused_even_if_it_is_the_same(ecr: Client, prefix: str) -> None:
    template(ecr)
    with refused("TemplateAlreadyExistsException", "prod"):
        template(ecr, prefix)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("prefix", "Prod"),
        ("prefix", "a" * 257),
        ("appliedFor", ["PUSH"]),
        ("imageTagMutability", "FIXED"),
        ("imageTagMutability", "IMMUTABLE_WITH_EXCLUSION"),
        ("imageTagMutabilityExclusionFilters", wildcards("dev-*")),
        ("imageTagMutabilityExclusionFilters", wildcards(*"abcdef")),
        ("encryptionConfiguration", {"encryptionType": "KMS", "kmsKey": "alias/mine"}),
        ("encryptionConfiguration", {"encryptionType": "KMS", "kmsKey": "0" * 36}),
        ("encryptionConfiguration", {"encryptionType": "AES256", "kmsKey": "arn:aws:kms:eu-west-1:123456789012:key/a"}),
        ("encryptionConfiguration", {"encryptionType": "RSA"}),
        ("resourceTags", many(51)),
        ("resourceTags", [{"Key": "aws:a", "Value": ""}]),
        ("lifecyclePolicy", "{}"),
        ("lifecyclePolicy", " " * 30_721),
        ("repositoryPolicy", '{"Statement": []}'),
        ("repositoryPolicy", " " * 10_241),
        ("customRoleArn", ROLE.replace("123456789012", "111122223333")),
        ("customRoleArn", "mine"),
        ("customRoleArn", "a" * 2049),
        ("description", "d" * 257),
    ],
)
def test_what_a_template_cannot_have_is_refused(ecr: Client, member: str, value: Any) -> None:
    given: dict[str, Any] = {member: value}
    with refused(INVALID):
        ecr.create_repository_creation_template(**{"prefix": "prod", "appliedFor": [PUSH], **given})
    assert described(ecr) == []
    template(ecr)
    with refused(INVALID):
        ecr.update_repository_creation_template(**{"prefix": "prod", **given})
    assert described(ecr)[0]["updatedAt"] == described(ecr)[0]["createdAt"]


def test_an_update_keeps_what_it_does_not_give_but_not_the_mutability(ecr: Client) -> None:
    fixed: dict[str, Any] = {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": wildcards("dev-*"),
    }
    made = template(ecr, **fixed, resourceTags=TAGS, lifecyclePolicy=json.dumps(KEEP_FIVE), customRoleArn=ROLE)
    updated = update(ecr, "prod/", description="new")
    assert updated.pop("description") == "new"
    for key in (*fixed, "updatedAt"):
        made.pop(key)
        updated.pop(key, None)
    assert updated == made
    assert described(ecr)[0]["imageTagMutability"] == "MUTABLE"
    again = update(ecr, **fixed)
    assert again["imageTagMutabilityExclusionFilters"] == wildcards("dev-*")
    with refused(INVALID, "imageTagMutabilityExclusionFilters"):
        update(ecr, imageTagMutabilityExclusionFilters=wildcards("dev-*"))


def test_an_empty_text_takes_a_text_away(ecr: Client) -> None:
    template(ecr, repositoryPolicy=json.dumps(PULLERS), lifecyclePolicy=json.dumps(KEEP_FIVE), resourceTags=TAGS)
    updated = update(ecr, repositoryPolicy="", lifecyclePolicy="", resourceTags=[])
    assert set(updated) == {
        "prefix", "encryptionConfiguration", "imageTagMutability", "appliedFor", "createdAt", "updatedAt"
    }  # fmt: skip


def test_an_update_may_forget_what_it_does_not_give(cloud: Cloud, ecr: Client) -> None:
    template(ecr, description="old", resourceTags=TAGS)
    cloud.emulator.caches.read_templates(update_replaces=True)
    updated = update(ecr, lifecyclePolicy=json.dumps(KEEP_FIVE))
    assert {"description", "resourceTags"}.isdisjoint(updated)
    assert (updated["appliedFor"], json.loads(updated["lifecyclePolicy"])) == ([PUSH], KEEP_FIVE)


def test_what_is_not_there_is_not_found_or_left_out(cloud: Cloud, ecr: Client) -> None:
    made = template(ecr)
    assert described(ecr, prefixes=["none", "prod"]) == [made]
    assert described(ecr, prefixes=["none"]) == []
    cloud.emulator.caches.read_templates(missing_is_error=True)
    with refused("TemplateNotFoundException"):
        described(ecr, prefixes=["none", "prod"])
    with refused("TemplateNotFoundException", "none"):
        update(ecr, "none", description="x")
    with refused("TemplateNotFoundException", "none"):
        ecr.delete_repository_creation_template(prefix="none")


def test_templates_come_in_pages_or_by_name(ecr: Client) -> None:
    for number in range(7):
        template(ecr, f"prod{number}")
    pages = list(ecr.get_paginator("describe_repository_creation_templates").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["repositoryCreationTemplates"]) for page in pages] == [3, 3, 1]
    assert len({each["prefix"] for page in pages for each in page["repositoryCreationTemplates"]}) == 7
    with refused(INVALID, "prefixes"):
        described(ecr, prefixes=["prod1"], maxResults=5)


def test_each_account_and_region_has_its_own(cloud: Cloud, ecr: Client) -> None:
    template(ecr)
    for other in (cloud.client("ecr", "us-east-1"), cloud.client("ecr", account="111122223333")):
        assert described(other) == []
        with refused("RepositoryNotFoundException"):
            push(other, "prod/app")
    assert cloud.emulator.at(region="us-east-1").caches.replicated("prod/app")
    assert ecr.describe_repositories()["repositories"] == []


def test_calls_are_recorded_and_fail_on_demand(cloud: Cloud) -> None:
    ecr = attempts(cloud)
    cloud.faults.on("error500", operation="CreateRepositoryCreationTemplate", times=1)
    with refused("ServerException", status=500):
        template(ecr)
    template(ecr)
    described(ecr)
    assert cloud.calls.writes() == ["CreateRepositoryCreationTemplate"] * 2
