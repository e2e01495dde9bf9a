"""Each property of the CDK's ``Cfn…`` classes, and each argument of Terraform's resources, is on the page ``cdk.md``.

The properties are those of ``cases/cdk_classes.json``; of the CDK's own type file, where ``ECROPS_CDK_TYPES`` names it
(``scripts/judges/cdk`` does). The arguments are those of Terraform's documentation of the resources, November 2026.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import CASES

PAGE = (Path(__file__).parent.parent / "docs" / "cdk.md").read_text()
LISTED: dict[str, list[str]] = json.loads((CASES / "cdk_classes.json").read_text())["classes"]
TERRAFORM = {
    "aws_ecr_registry_scanning_configuration": "scan_type rule scan_frequency repository_filter filter filter_type",
    "aws_ecr_replication_configuration": "replication_configuration rule destination region registry_id "
    "repository_filter filter filter_type",
    "aws_ecr_pull_through_cache_rule": "ecr_repository_prefix upstream_registry_url upstream_repository_prefix "
    "credential_arn custom_role_arn",
    "aws_ecr_repository_creation_template": "prefix applied_for custom_role_arn description encryption_configuration "
    "encryption_type kms_key image_tag_mutability image_tag_mutability_exclusion_filter lifecycle_policy "
    "repository_policy resource_tags",
    "aws_ecr_registry_policy": "policy",
    "aws_ecr_account_setting": "name value",
    "aws_ecr_signing_configuration": "rule signing_profile_arn repository_filter filter filter_type",
    "aws_ecr_pull_time_update_exclusion": "principal_arn",
}


def classes(types: str) -> Iterator[tuple[str, list[str]]]:
    """The classes of a type file of the CDK, each with the names of its properties and those inside them."""
    for name in re.findall(r"export declare class (Cfn\w+) extends cdk\.CfnResource", types):
        props = re.search(rf"export interface {name}Props {{(.*?)\n}}", types, re.S)
        inside = re.search(rf"export declare namespace {name} {{(.*?)\n}}", types, re.S)
        named = [*re.findall(r"\n    readonly (\w+)\??:", props[1] if props else "")]
        named += re.findall(r"\n        readonly (\w+)\??:", inside[1] if inside else "")
        yield name, sorted(set(named))


def part_of(resource: str) -> set[str]:
    """The names in the rows of a table that are about a class or a resource, in lower case.

    The rows begin with the one that names it, and end before the next class.
    """
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    start = next((number for number, row in enumerate(rows) if f"`{resource}`" in row), len(rows))
    following = enumerate(rows[start + 1 :], start + 1)
    end = next((number for number, row in following if re.search(r"`(Cfn|aws_ecr_)\w+`", row)), len(rows))
    return {name.lower() for row in rows[start:end] for name in re.findall(r"`(\w+)`", row)}


def properties() -> dict[str, list[str]]:
    path = os.environ.get("ECROPS_CDK_TYPES")
    return dict(classes(Path(path).read_text())) if path else LISTED


@pytest.mark.parametrize("name", properties())
def test_each_property_of_the_cdk_has_its_counterpart(name: str) -> None:
    named = properties()[name]
    assert named == LISTED.get(name)  # the list is what the CDK's own type file has, where that is read
    assert {each.lower() for each in named} <= part_of(name)


@pytest.mark.parametrize("name", TERRAFORM)
def test_each_argument_of_terraform_has_its_counterpart(name: str) -> None:
    assert set(TERRAFORM[name].split()) <= part_of(name)
