"""Images that are there, read page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of
from tests.lifecycle.support import INDEX, UNTAGGED, digest, pushed, versions


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    cloud.emulator.seed(["app"])
    return registry_of(cloud)


def test_all_images_come_archived_ones_too(cloud: Cloud, registry: Registry) -> None:
    archived = datetime(2026, 1, 1, tzinfo=UTC)
    restoring: dict[str, Any] = {"imageStatus": "ACTIVATING", "lastArchivedAt": archived}
    cloud.emulator.seed_images(
        "app",
        [
            pushed(1, "v1", "latest", lastRecordedPullTime=archived, imageManifestMediaType=INDEX),
            pushed(2, imageStatus="ARCHIVED", lastArchivedAt=archived),
            pushed(3, "v3", subjectManifestDigest=digest(1), **restoring),
        ],
    )
    first, second, third = registry.repository("app").images()
    assert (first.tags, first.size, first.media_type) == (("v1", "latest"), 10**9, INDEX)
    assert (first.storage_class, first.last_pulled_at) == ("standard", archived)
    assert (second.tags, second.storage_class, second.archived_at) == ((), "archive", archived)
    assert (third.storage_class, third.subject) == ("archive", digest(1))


def test_images_are_read_page_by_page_as_they_are_asked_for(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.emulator.seed_images("app", versions(2_500))
    images = registry_of(memory_cloud).repository("app").images()
    assert memory_cloud.calls.operations() == []
    assert [next(images).tags for _ in range(1000)][-1] == ("v1000",)
    assert memory_cloud.calls.operations() == ["DescribeImages"]
    assert len(list(images)) == 1_500
    assert memory_cloud.calls.operations() == ["DescribeImages"] * 3


def test_a_media_type_is_in_memory_once_however_many_images_have_it(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", [pushed(number, imageManifestMediaType=INDEX) for number in (1, 2)])
    first, second = registry.repository("app").images()
    assert first.media_type == INDEX
    assert first.media_type is second.media_type


def test_images_of_no_repository_are_botocores_error(registry: Registry) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        list(registry.repository("nowhere").images())


def test_references_are_learned_from_the_manifests_of_indexes_only(cloud: Cloud, registry: Registry) -> None:
    manifest = {"schemaVersion": 2, "manifests": [{"digest": digest(2)}, {"digest": digest(9)}]}
    index = pushed(1, "v1", days=9, imageManifestMediaType=INDEX, manifest=manifest)
    cloud.emulator.seed_images("app", [index, pushed(2, days=9), pushed(3, days=9)])
    repo = registry.repository("app")
    assert [image.referenced_by for image in repo.images(references=True)] == [(), (digest(1),), ()]
    assert cloud.calls.operations() == ["DescribeImages", "BatchGetImage"]
    unknown = repo.simulate_lifecycle([UNTAGGED])
    assert [v.image.digest for v in unknown.expired] == [digest(2), digest(3)]
    assert [warning.code for warning in unknown.warnings] == ["unknown-parts"]
    assert "references=True tells which" in str(unknown)
    known = repo.simulate_lifecycle([UNTAGGED], references=True)
    assert [v.image.digest for v in known.expired] == [digest(3)]
    assert [warning.code for warning in known.warnings] == ["part-of-index"]


def test_images_can_be_read_by_a_registry_with_the_usual_retries(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(2))
    cloud.faults.on("throttle", operation="DescribeImages", times=2)
    assert len(list(registry.repository("app").images())) == 2
    assert AT_ONCE.attempts > 3
