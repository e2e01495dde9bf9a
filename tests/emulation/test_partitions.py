"""The hosts and ARNs of partitions, and the registries of other accounts."""

from __future__ import annotations

import time

import pytest

from ecrops.testing import Client, Cloud

from .support import refused


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("eu-west-1", "aws", "amazonaws.com"), ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
     ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)  # fmt: skip
def test_uris_have_the_suffix_of_the_partition(cloud: Cloud, region: str, partition: str, suffix: str) -> None:
    ecr = cloud.client("ecr", region)
    repository = ecr.create_repository(repositoryName="app")["repository"]
    assert repository["repositoryUri"] == f"123456789012.dkr.ecr.{region}.{suffix}/app"
    assert repository["repositoryArn"].startswith(f"arn:{partition}:ecr:{region}:123456789012:")
    token = ecr.get_authorization_token()["authorizationData"][0]
    assert token["proxyEndpoint"] == f"https://123456789012.dkr.ecr.{region}.{suffix}"
    assert token["expiresAt"].timestamp() > time.time()


def test_the_registry_of_another_account_is_denied(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app", registryId="123456789012")
    with refused("AccessDeniedException", "ecr:DescribeRepositories"):
        ecr.describe_repositories(registryId="111122223333")
    other = cloud.client("ecr", account="111122223333")
    assert other.describe_repositories(registryId="111122223333")["repositories"] == []
