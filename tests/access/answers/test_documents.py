"""What decides about repositories is read in few calls, and what cannot be read hides nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.access.answers import documents
from ecrops.testing import Cloud
from support import registry_of

from ..world import populate, put_policy

GET = "ecr:BatchGetImage"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": GET}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    populate(memory_cloud, "app", "web")
    return memory_cloud


def read(cloud: Cloud, *names: str, **options: Any) -> documents.Documents:
    """What decides about repositories."""
    cloud.calls.clear()
    return documents.read(registry_of(cloud).aws, names, **options)


def test_one_listing_and_one_policy_a_repository_are_read(cloud: Cloud) -> None:
    put_policy(cloud, "app", EVERYONE)
    found = read(cloud, "app", "web")
    assert sorted(cloud.calls.operations()) == [
        "GetAccountAuthorizationDetails",
        "GetRegistryPolicy",
        "GetRepositoryPolicy",
        "GetRepositoryPolicy",
    ]
    assert (found.partition, found.region, found.account) == ("aws", "eu-west-1", "123456789012")
    assert found.directory is not None
    assert {str(identity) for identity in found.directory} == {
        "user ci",
        "group devs",
        "role nodes",
    }
    assert found.policies["web"] is found.registry is None
    assert found.policies["app"] is not None
    assert json.dumps(EVERYONE) in json.dumps(found.policies["app"].document)
    assert (found.unread, dict(found.tags), found.organization) == ((), {}, None)
