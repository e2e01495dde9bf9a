"""Images of the past, and the example registry."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec
from ecrops.testing import Cloud, SeededImage, seed_example

DAY = timedelta(days=1)
SIGNATURE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def described(cloud: Cloud, repository: str) -> dict[str, dict[str, Any]]:
    """What DescribeImages says, by digest."""
    pages = (
        cloud.client("ecr")
        .get_paginator("describe_images")
        .paginate(repositoryName=repository, filter={"imageStatus": "ANY"})
    )
    return {image["imageDigest"]: image for page in pages for image in page["imageDetails"]}


def test_an_image_has_its_tags_age_size_and_last_pull(cloud: Cloud) -> None:
    image = SeededImage(["v1", "latest"], age=9 * DAY, size=7_000_000, last_pull=2 * DAY)
    [digest] = cloud.seed_images("team/api", [image])
    record, now = described(cloud, "team/api")[digest], datetime.now(UTC)
    assert record["imageTags"] == ["v1", "latest"]
    assert record["imageSizeInBytes"] == 7_000_000
    assert round((now - record["imagePushedAt"]) / DAY, 2) == 9
    assert round((now - record["lastRecordedPullTime"]) / DAY, 2) == 2


def test_an_image_is_untagged_never_pulled_and_not_archived_until_told(cloud: Cloud) -> None:
    plain, archived = cloud.seed_images("app", [SeededImage(), SeededImage(age=9 * DAY, archived=DAY)])
    records = described(cloud, "app")
    assert {"imageTags", "lastRecordedPullTime", "lastArchivedAt"}.isdisjoint(records[plain])
    assert (records[plain]["imageStatus"], records[archived]["imageStatus"]) == ("ACTIVE", "ARCHIVED")


def test_an_index_has_its_parts_and_what_refers_to_it(cloud: Cloud) -> None:
    parts = [SeededImage(platform="linux/amd64"), SeededImage(platform="linux/arm64")]
    signed = SeededImage(["v1"], age=3 * DAY, parts=parts, referrers=[SeededImage(artifact_type=SIGNATURE)])
    [index] = cloud.seed_images("app", [signed])
    ecr = cloud.client("ecr")
    [answer] = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"]
    assert "sha256:" + hashlib.sha256(answer["imageManifest"].encode()).hexdigest() == index
    manifests = json.loads(answer["imageManifest"])["manifests"]
    assert [entry["platform"]["architecture"] for entry in manifests] == ["amd64", "arm64"]
    records = described(cloud, "app")
    assert len(records) == 4
    ages = {round((datetime.now(UTC) - image["imagePushedAt"]) / DAY, 2) for image in records.values()}
    assert ages == {3}
    assert {entry["digest"] for entry in manifests} < set(records)
    [referrer] = ecr.list_image_referrers(repositoryName="app", subjectId={"imageDigest": index})["referrers"]
    assert referrer["artifactType"] == SIGNATURE


def test_a_tag_moves_to_the_image_that_is_seeded_later(cloud: Cloud) -> None:
    first, second = cloud.seed_images("app", [SeededImage(["v1", "latest"]), SeededImage(["v2", "latest"])])
    [third] = cloud.seed_images("app", [SeededImage(["v2"])])
    tags = {digest: image.get("imageTags") for digest, image in described(cloud, "app").items()}
    assert tags == {first: ["v1"], second: ["latest"], third: ["v2"]}


def test_a_repository_that_is_there_keeps_what_it_has(cloud: Cloud, registry: Registry) -> None:
    spec = RepositorySpec("app", image_tag_mutability="IMMUTABLE", tags={"team": "web"})
    registry.ensure(spec)
    cloud.seed_images("app", [SeededImage(["v1"])])
    assert not registry.ensure(spec)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tags": "v1"}, r"expected a list of tags, got the text 'v1': write \['v1'\]"),
        ({"age": 9}, "age: expected a timedelta, such as timedelta"),
        ({"last_pull": "yesterday"}, "last_pull: expected a timedelta"),
        ({"archived": datetime.now(UTC)}, "archived: expected a timedelta"),
    ],
)
def test_an_image_that_cannot_be_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        SeededImage(**values)


def test_the_example_is_a_dozen_repositories_worth_looking_at(cloud: Cloud, registry: Registry) -> None:
    names = seed_example(cloud)
    assert not cloud.calls
    specs = {spec.name: spec for spec in registry.describe()}
    assert sorted(names) == sorted(specs)
    assert len(names) == 12
    assert specs["payments/ledger"].image_tag_mutability == "MUTABLE"
    assert specs["shop/cart"].lifecycle_rules
    assert not specs["shop/search"].lifecycle_rules
    images = list(registry.repository("platform/ingress").images())
    assert sum(image.subject is not None for image in images) == 6
    assert registry.repository("shop/cart").simulate_lifecycle().expired
    assert registry.rule("checkout-pushed").targets()
    assert registry.repository("shop/cart").access().who_can("push")
