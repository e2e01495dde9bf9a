"""Copies of odd graphs, of many images, with few permissions, and in dry runs that go on from each other."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, RepositorySpec
from ecrops.testing import Cloud
from support import registry_of
from tests.images.copying.support import FAR, far_of, platforms, pulled, registries, tags_of
from tests.images.test_tagging import during

DEEP = 1100


def test_indexes_in_indexes_are_planned_however_deep(memory_cloud: Cloud) -> None:
    digest = memory_cloud.push_image("app", tag="v0")
    for number in range(1, DEEP):
        digest = memory_cloud.push_index("app", [digest], tag=f"v{number}")
    here, _ = registries(memory_cloud)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    images = [change.params["imageDigest"] for change in plan if not change.what.startswith("tag ")]
    assert (len(images), len(plan), images[-1]) == (DEEP, 2 * DEEP, digest)
    assert [change.step for change in plan] == sorted(change.step for change in plan)


def test_a_signature_does_not_take_the_tag_that_the_image_gets(memory_cloud: Cloud) -> None:
    image = memory_cloud.push_image("app", tag="v1")
    tag = f"sha256-{image[7:]}.sig"
    memory_cloud.push_referrer("app", image, tag=tag)
    here, far = registries(memory_cloud)
    here.repository("app").image("v1").copy_to(far.repository("copy"), tags=[tag])
    assert tags_of(far, "copy") == {tag: image}
    assert len(list(far.repository("copy").images())) == 2


def test_a_copy_within_a_registry_needs_no_permission_to_describe_repositories(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    memory_cloud.client("ecr").create_repository(repositoryName="copy")
    registry = registry_of(memory_cloud)
    memory_cloud.faults.on("denied", operation="DescribeRepositories", times=None)
    plan = registry.repository("app").copy_images(registry.repository("copy"))
    assert any("the caller needs ecr:DescribeRepositories" in note for note in plan.notes)
    assert pulled(registry, "copy", "v1") == pulled(registry, "app", "v1")


def test_a_source_that_is_deleted_meanwhile_is_an_error_of_ecr(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1")
    ecr = memory_cloud.client("ecr")
    ecr.create_repository(repositoryName="copy")
    registry = registry_of(memory_cloud)
    during(memory_cloud, "DescribeRepositories", lambda: ecr.delete_repository(repositoryName="app", force=True))
    with pytest.raises(ClientError, match="repository with name 'app' does not exist"):
        registry.repository("app").copy_images(registry.repository("copy"))
    assert tags_of(registry, "copy") == {}


def test_a_copy_to_another_region_asks_nobody_for_the_account(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    here.repository("app").copy_images(far.repository("copy"))
    assert "GetCallerIdentity" not in memory_cloud.calls.operations()


def test_a_dry_run_copies_to_a_repository_that_it_would_have_made(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1")
    app = registry_of(memory_cloud).repository("app")
    far = far_of(memory_cloud, dry_run=True)
    far.ensure(RepositorySpec("copy"))
    plan = app.copy_images(far.repository("copy"))
    assert [change.what for change in plan] == ["image", "tag v1"]
    again = app.copy_images(far.repository("copy"))
    assert not again
    assert again.bytes_planned == 0 < plan.bytes_planned
    assert not memory_cloud.client("ecr", FAR).describe_repositories()["repositories"]


def test_a_layer_of_no_bytes_is_refused_before_anything_is_written(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1", layers=[b"", b"layer"])
    memory_cloud.push_image("app", tag="v2")
    here, far = registries(memory_cloud)
    with pytest.raises(ConflictError, match="layer sha256:e3b0c44298fc has no bytes"):
        here.repository("app").copy_images(far.repository("copy"))
    assert not any(call.is_write for call in memory_cloud.calls)
