"""A dry run after another one: what the first one has not read makes no wrong answer."""

from __future__ import annotations

import json

import pytest

from ecrops import PullThroughCacheRule, RegistrySpec
from ecrops.testing import Cloud
from support import HERE, registry_of

DOCKER = "registry-1.docker.io"
OWN, OTHER = (f"{account}.dkr.ecr.us-east-1.amazonaws.com" for account in ("123456789012", "111122223333"))
ROLE = "arn:aws:iam::123456789012:role/cache"


def test_an_upstream_of_our_own_account_needs_no_role_in_a_second_dry_run(cloud: Cloud) -> None:
    registry = registry_of(cloud, dry_run=True)
    registry.pull_through_cache.add("public", "public.ecr.aws")
    assert str(registry.pull_through_cache.add("own", OWN)) == HERE + f"+ pull-through cache own: {OWN}\n1 to create"
    assert not registry.pull_through_cache.add("own", OWN)
    spec = RegistrySpec(pull_through_cache=[PullThroughCacheRule("again", OWN)])
    assert [change.operation for change in registry.ensure(spec)] == [
        "CreatePullThroughCacheRule",
        "DeletePullThroughCacheRule",
        "DeletePullThroughCacheRule",
    ]


def test_a_second_dry_run_has_the_statement_for_another_account(cloud: Cloud) -> None:
    first = registry_of(cloud, dry_run=True).pull_through_cache.add("other", OTHER, custom_role_arn=ROLE)
    registry = registry_of(cloud, dry_run=True)
    registry.pull_through_cache.add("public", "public.ecr.aws")
    second = registry.pull_through_cache.add("other", OTHER, custom_role_arn=ROLE)
    assert second.notes == first.notes
    assert "arn:aws:iam::123456789012:root" in first.notes[0]


@pytest.mark.parametrize("prefix", ["hub", "hub-abcdef", "a/hub"])
def test_a_second_dry_run_knows_the_secret_of_a_rule(cloud: Cloud, prefix: str) -> None:
    add = {"username": "ci", "access_token": "token"}
    registry_of(cloud).pull_through_cache.add(prefix, DOCKER, **add)
    registry = registry_of(cloud, dry_run=True)
    registry.pull_through_cache.add("public", "public.ecr.aws")
    assert not registry.pull_through_cache.add(prefix, DOCKER, **add)
    assert registry.pull_through_cache.remove(prefix)
    assert [change.operation for change in registry.pull_through_cache.add(prefix, DOCKER, **add)] == [
        "CreatePullThroughCacheRule"
    ]


def test_a_second_dry_run_gives_a_rule_the_secret_in_the_place_of_another(cloud: Cloud) -> None:
    content = json.dumps({"username": "ci", "accessToken": "token"})
    secrets = cloud.client("secretsmanager")
    theirs = secrets.create_secret(Name="ecr-pullthroughcache/theirs", SecretString=content)["ARN"]
    registry_of(cloud).pull_through_cache.add("hub", DOCKER, credential_arn=theirs)
    registry = registry_of(cloud, dry_run=True)
    registry.pull_through_cache.add("public", "public.ecr.aws")
    plan = registry.pull_through_cache.add("hub", DOCKER, username="ci", access_token="token")
    assert [change.operation for change in plan] == ["CreateSecret", "UpdatePullThroughCacheRule"]
