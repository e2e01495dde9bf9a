"""Replication that really copies, and deletes where a rule says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

THERE = "us-east-1"


@pytest.fixture
def there(cloud: Cloud) -> Client:
    """The registry of another region, to which everything goes."""
    cloud.emulator.settings.replication.copies = True
    return cloud.client("ecr", THERE)


def replicate(ecr: Client, **more: Any) -> None:
    destinations = [{"region": THERE, "registryId": "123456789012"}]
    ecr.put_replication_configuration(replicationConfiguration={"rules": [{"destinations": destinations, **more}]})


def found(ecr: Client) -> dict[str, list[str]]:
    answer = ecr.describe_images(repositoryName="app")["imageDetails"]
    return {each["imageDigest"]: each.get("imageTags", []) for each in answer}


def test_what_is_pushed_is_copied_with_all_that_it_needs(cloud: Cloud, ecr: Client, there: Client) -> None:
    part = cloud.push_image("app", layers=[b"one"])
    replicate(ecr)
    index = cloud.push_index("app", [part], tag="v1")
    assert found(there) == {part: [], index: ["v1"]}
    (image,) = there.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": part}])["images"]
    layers = [each["digest"] for each in json.loads(image["imageManifest"])["layers"]]
    (layer,) = there.batch_check_layer_availability(repositoryName="app", layerDigests=layers)["layers"]
    assert layer["layerAvailability"] == "AVAILABLE"


def test_a_tag_that_moves_moves_there(cloud: Cloud, ecr: Client, there: Client) -> None:
    replicate(ecr)
    old, new = (cloud.push_image("app", tag="v1") for _ in range(2))
    assert found(there) == {old: [], new: ["v1"]}


@pytest.mark.parametrize("more", [{}, {"deleteReplication": {"enabled": False}}])
def test_deletions_stay_here(cloud: Cloud, ecr: Client, there: Client, more: Any) -> None:
    replicate(ecr, **more)
    digest = cloud.push_image("app", tag="v1")
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": digest}])
    assert found(there) == {digest: ["v1"]}


def test_deletions_of_images_and_tags_go_there_where_a_rule_says_so(cloud: Cloud, ecr: Client, there: Client) -> None:
    replicate(ecr, deleteReplication={"enabled": True})
    one, two = cloud.push_image("app", tags=["a", "b"]), cloud.push_image("app", tag="c")
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "a"}, {"imageDigest": two}])
    assert found(there) == found(ecr) == {one: ["b"]}


def test_other_repositories_are_not_copied(cloud: Cloud, ecr: Client, there: Client) -> None:
    replicate(ecr, repositoryFilters=[{"filter": "team/", "filterType": "PREFIX_MATCH"}])
    cloud.push_image("app")
    assert there.describe_repositories()["repositories"] == []
