"""Deleting images: what goes with them, what stays, and what the plan says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, SpecError
from ecrops.images import Image
from ecrops.testing import Cloud
from support import HERE, registry_of
from tests.lifecycle.support import digest, pushed


def left(cloud: Cloud, name: str = "app") -> set[str]:
    """The digests that are there, archived ones too."""
    pages = cloud.client("ecr").get_paginator("describe_images").paginate(
        repositoryName=name, filter={"imageStatus": "ANY"}
    )
    return {item["imageDigest"] for page in pages for item in page["imageDetails"]}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    memory_cloud.emulator.seed(["app"])
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return registry_of(cloud)


def index_with_parts(cloud: Cloud, *tags: str) -> tuple[str, list[str], str]:
    """An index, its two parts, and a signature of the index."""
    parts = [cloud.push_image("app"), cloud.push_image("app", platform="linux/arm64")]
    index = cloud.push_index("app", parts, tags=tags)
    return index, parts, cloud.push_referrer("app", index)


def test_an_image_goes_with_its_parts_and_referrers_in_one_call(cloud: Cloud, registry: Registry) -> None:
    index, parts, signature = index_with_parts(cloud, "v1", "latest")
    other, *others = index_with_parts(cloud, "v2")
    cloud.calls.clear()
    plan = registry.repository("app").image("v1").delete()
    assert cloud.calls.operations() == ["DescribeImages", "BatchGetImage", "DescribeRegistry", "BatchDeleteImage"]
    (change,) = plan
    assert [each["imageDigest"] for each in change.params["imageIds"]] == [signature, index, *parts]
    assert change.images == 4
    assert left(cloud) == {other, *others[0], others[1]}
    cloud.calls.clear()
    again = registry.repository("app").image(index).delete()
    assert not again
    assert f"app: there is no image {index}: nothing is to be deleted of it" in again.notes
    assert cloud.calls.operations() == ["DescribeImages", "BatchGetImage"]


def test_show(cloud: Cloud, registry: Registry) -> None:
    index, parts, signature = index_with_parts(cloud, "v1", "latest")
    index_with_parts(cloud)
    print(registry_of(cloud, dry_run=True).repository("app").delete_images(untagged=True))
    print(registry_of(cloud, dry_run=True).repository("app").delete_images("v1"))
    print(registry_of(cloud, dry_run=True).repository("app").delete_images(all=True, never="v1"))
    print(registry_of(cloud, dry_run=True).repository("app").delete_images(parts[0]))
