"""Requests are checked against the service model."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from ecrops.testing import Client, Cloud

from .support import refused, wildcards


@pytest.mark.parametrize("name", ["a--b", "a__b", "1/2", "a.b_c-d/e", "a" * 256])
def test_legal_names_are_accepted(ecr: Client, name: str) -> None:
    made = ecr.create_repository(repositoryName=name)["repository"]
    assert made["repositoryName"] == name


@pytest.mark.parametrize("name", ["Ab", "a" * 257, "a_-b", "ab\n", "-a", "a//b"])
def test_illegal_names_are_refused(ecr: Client, name: str) -> None:
    with refused("InvalidParameterException", "Invalid parameter at 'repositoryName'"):
        ecr.create_repository(repositoryName=name)


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("imageTagMutability", {"imageTagMutability": "NOPE"}),
        ("registryId", {"registryId": "123"}),
        ("encryptionConfiguration.encryptionType", {"encryptionConfiguration": {"encryptionType": "X"}}),
        (
            "imageTagMutabilityExclusionFilters",
            {"imageTagMutabilityExclusionFilters": wildcards(*"abcdef")},
        ),
        (
            "imageTagMutabilityExclusionFilters.1.member.filter",
            {"imageTagMutabilityExclusionFilters": wildcards("a b[")},
        ),
    ],
)  # fmt: skip
def test_enums_patterns_and_maxima_are_enforced(ecr: Client, where: str, params: dict[str, Any]) -> None:
    with refused("InvalidParameterException", f"at '{where}'"):
        ecr.create_repository(repositoryName="app", **params)


def test_page_sizes_and_list_lengths_are_bounded(ecr: Client) -> None:
    with refused("InvalidParameterException", "less than or equal to 1000"):
        ecr.describe_repositories(maxResults=1001)
    with refused("InvalidParameterException", "less than or equal to 100"):
        ecr.describe_repositories(repositoryNames=[f"r{n}" for n in range(101)])


def test_what_botocore_checks_is_checked_again(cloud: Cloud) -> None:
    unchecked = Config(parameter_validation=False)
    ecr: Any = cloud.session().client("ecr", config=unchecked)
    with refused("InvalidParameterException", "at 'repositoryName'"):
        ecr.create_repository()
    with refused("InvalidParameterException", "type integer"):
        ecr.describe_repositories(maxResults="7")
    with refused("InvalidParameterException", "greater than or equal to 1"):
        ecr.describe_repositories(maxResults=0)
