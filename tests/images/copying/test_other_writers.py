"""Copies while somebody else writes, and to where somebody else has something: nothing of theirs is lost unsaid."""

from __future__ import annotations

import pytest

from ecrops import ConflictError, Registry
from ecrops.testing import Cloud
from support import AT_ONCE
from tests.images.copying.support import FAR, far_of, registries, tags_of
from tests.images.test_tagging import during


@pytest.mark.parametrize("operation", ["InitiateLayerUpload", "CompleteLayerUpload", "PutImage"])
def test_an_approved_plan_does_not_move_a_tag_that_somebody_takes_while_layers_are_moved(
    memory_cloud: Cloud, operation: str
) -> None:
    memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    theirs = memory_cloud.push_image("copy", tag="theirs", region=FAR)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    by_another = Registry(memory_cloud.plain_session(FAR), retry=AT_ONCE).repository("copy")
    during(memory_cloud, operation, lambda: by_another.image("theirs").tag("v1"))
    with pytest.raises(ConflictError, match=f"tag v1: {theirs[:19]}"):
        far.apply(plan)
    assert tags_of(far, "copy") == {"v1": theirs, "theirs": theirs}


@pytest.mark.parametrize("others", [0, 100], ids=["asked", "listed"])
def test_a_plan_says_that_it_moves_the_tag_of_an_archived_image(memory_cloud: Cloud, others: int) -> None:
    ours = memory_cloud.push_image("app", tag="v1", tags=[f"other-{number}" for number in range(others)])
    here, _ = registries(memory_cloud)
    theirs = memory_cloud.push_image("copy", tag="v1", region=FAR)
    archive(memory_cloud, theirs)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    (moved,) = (change for change in plan if change.what == "tag v1")
    assert moved.parts == {("-", f"v1 {theirs}"), ("+", f"v1 {ours}")}


def test_a_copy_says_that_an_image_is_there_in_the_archive(memory_cloud: Cloud) -> None:
    ours = memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    here.repository("app").copy_images(far.repository("copy"))
    archive(memory_cloud, ours)
    memory_cloud.push_image("app", tag="v2")
    plan = here.repository("app").copy_images(far.repository("copy"))
    assert any(f"copy:v1: {ours[:19]} is there already, in the archive" in note for note in plan.notes), plan.notes


def archive(cloud: Cloud, digest: str) -> None:
    cloud.client("ecr", FAR).update_image_storage_class(
        repositoryName="copy", imageId={"imageDigest": digest}, targetStorageClass="ARCHIVE"
    )
