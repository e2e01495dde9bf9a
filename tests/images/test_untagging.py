"""Removing tags: the last one deletes the image, which has to be asked for."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, EcropsError
from ecrops.repository import Repository
from ecrops.testing import FAULTS, Call, Cloud, Fault
from support import registry_of
from tests.images.test_tagging import during, since, tags_of

UNTAG = ["DescribeImages", "BatchDeleteImage"]
LAST = "without its last tag ECR deletes the image"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """An AWS in this process: the calls are those of other tests, which make them over HTTP too."""
    return memory_cloud


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    cloud.emulator.seed(["app"])
    return registry_of(cloud).repository("app")


def test_a_tag_is_removed_in_two_calls_and_found_removed_in_one(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["v1", "old", "older"])
    assert since(cloud, lambda: app.image("v1").untag("old", "older")) == UNTAG
    assert tags_of(cloud) == {"v1": digest}
    assert since(cloud, lambda: app.image("v1").untag("old")) == ["DescribeImages"]
    assert app.image(digest).exists()


def test_the_plan_says_which_tags_of_which_image(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["v1", "old"])
    plan = registry_of(cloud, dry_run=True).repository("app").image("v1").untag("old")
    assert [str(change) for change in plan] == [f"- app tags of images: old of {digest[:19]}"]
    assert [change.parts for change in plan] == [{("-", f"old {digest}")}]
    assert tags_of(cloud) == {"v1": digest, "old": digest}
    app.registry.apply(plan)
    assert tags_of(cloud) == {"v1": digest}


def test_the_last_tag_is_a_conflict_unless_the_image_may_go(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["v1", "old"])
    for tags in (["v1", "old"], ["old", "v1", "other"]):
        with pytest.raises(ConflictError, match=LAST) as caught:
            app.image(digest).untag(*tags)
        assert "delete_last=True" in str(caught.value)
    assert set(tags_of(cloud)) == {"v1", "old"}
    (change,) = app.image("v1").untag("v1", "old", delete_last=True)
    assert (change.images, change.kind) == (1, "delete")
    assert ("-", f"image {digest}") in change.parts
    assert not app.image(digest).exists()
    assert not app.image("v1").untag("v1", "old", delete_last=True)


def test_a_tag_of_another_image_stays_and_a_note_says_so(cloud: Cloud, app: Repository) -> None:
    one, two = cloud.push_image("app", tag="v1"), cloud.push_image("app", tag="v2")
    plan = app.image("v1").untag("v2")
    assert not plan
    assert plan.notes == (f"app: {one[:19]} does not have the tags v2: they stay as they are",)
    (note,) = app.image("v1").untag("v2", *(f"x{number}" for number in range(1_000))).notes
    assert note.endswith("does not have the tags v2, x0, x1, x2, x3 and 996 more: they stay as they are")
    assert tags_of(cloud) == {"v1": one, "v2": two}


def test_a_dry_run_knows_the_tags_that_it_would_have_removed(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["a", "b"])
    other = cloud.push_image("app", tags=["c", "d"])
    dry = registry_of(cloud, dry_run=True).repository("app")
    assert len(dry.image(digest).untag("a")) == 1
    assert dry.image(digest).untag("b").conflicts
    assert len(dry.image(other).untag("c")) == 1
    assert dry.image(other).untag("d").conflicts
    assert len(tags_of(cloud)) == 4


def test_more_tags_than_a_call_takes_go_in_several_the_last_of_which_deletes(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    tags = [f"t{number}" for number in range(150)]
    memory_cloud.push_image("app", tags=tags)
    app = registry_of(memory_cloud).repository("app")
    plan = app.image("t0").untag(*tags, delete_last=True)
    assert [change.images for change in plan] == [0, 1]
    assert tags_of(memory_cloud) == {}


@pytest.mark.parametrize("tag", ["old", "v1"])
def test_what_another_writer_removed_since_the_approval_makes_it_no_deletion(
    cloud: Cloud, app: Repository, tag: str
) -> None:
    digest = cloud.push_image("app", tags=["v1", "old"])
    plan = registry_of(cloud, dry_run=True).repository("app").image(digest).untag("old")
    cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=[{"imageTag": tag}])
    if tag == "old":
        assert not app.registry.apply(plan)
    else:
        with pytest.raises(ConflictError, match=LAST):
            app.registry.apply(plan)
    assert app.image(digest).exists()


def test_a_tag_that_moves_meanwhile_is_removed_from_its_new_image_and_the_error_says_so(
    cloud: Cloud, app: Repository
) -> None:
    cloud.push_image("app", tags=["v1", "old"])
    two = cloud.push_image("app", tag="v2")
    manifest, ecr = app.image("v2").manifest().decode(), cloud.client("ecr")
    during(
        cloud,
        "BatchDeleteImage",
        lambda: ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag="old"),
    )
    with pytest.raises(EcropsError, match=f"another writer moved old to {two}"):
        app.image("v1").untag("old")


def test_a_refused_deletion_is_an_error_with_its_code_and_the_way_out(cloud: Cloud, app: Repository) -> None:
    part = cloud.push_image("app", tag="part")
    cloud.push_index("app", [part], tag="index")
    with pytest.raises(ClientError, match="ImageReferencedByManifestList") as caught:
        app.image("part").untag("part", delete_last=True)
    assert "the image is a part of an index, which is deleted before it" in caught.value.__notes__
    assert app.image("part").exists()


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_each_call_ends_as_a_run_without_one(memory_cloud: Cloud, fault: Fault, number: int) -> None:
    memory_cloud.emulator.seed(["app"])
    digest = memory_cloud.push_image("app", tags=["v1", "old"])
    app = registry_of(memory_cloud).repository("app")
    memory_cloud.faults.at(number, fault)
    try:
        plan = app.image("v1").untag("old")
    except ClientError:
        assert fault == "denied"
    else:
        assert len(plan) == 1, "an answer that was lost is a change that was made"
    app.image("v1").untag("old")
    assert tags_of(memory_cloud) == {"v1": digest}


def test_after_a_wait_the_tags_are_read_again_and_one_that_became_the_last_stays(cloud: Cloud, app: Repository) -> None:
    digest = cloud.push_image("app", tags=["v1", "old"])
    ecr = cloud.client("ecr")

    def strikes(call: Call) -> bool:
        if call.operation != "BatchDeleteImage":
            return False
        ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])
        return True

    cloud.faults.on("throttle", where=strikes)
    with pytest.raises(ConflictError, match=LAST):
        app.image(digest).untag("old")
    assert tags_of(cloud) == {"old": digest}
