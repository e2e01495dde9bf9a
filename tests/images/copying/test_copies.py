"""Copies between two repositories of the emulator, which refuses a manifest without its layers or parts.

Proves what is copied, in which order, and what is told of it. That other registries take it is proved in ``judged``.
"""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, DeadlineError, Registry, RepositorySpec, SpecError
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of
from tests.images.copying.support import FAR, digest_of, digests_of, far_of, platforms, pulled, registries, tags_of


def test_an_index_is_copied_with_its_parts_and_their_layers(cloud: Cloud) -> None:
    index, _ = platforms(cloud)
    here, far = registries(cloud)
    plan = here.repository("app").copy_images(far.repository("copy"), tags=["v*"])
    assert pulled(far, "copy", "v1") == pulled(here, "app", "v1")
    assert tags_of(far, "copy") == {"v1": index}
    assert (plan.bytes_planned, plan.bytes_moved, plan.bytes_mounted) == (plan.bytes_moved, plan.bytes_moved, 0)
    assert plan.bytes_moved > 0
    assert [change.what for change in plan][-2:] == ["image", "tag v1"]


def test_a_second_copy_moves_nothing_and_writes_nothing(cloud: Cloud) -> None:
    platforms(cloud)
    here, far = registries(cloud)
    here.repository("app").copy_images(far.repository("copy"))
    cloud.calls.clear()
    plan = here.repository("app").copy_images(far.repository("copy"))
    assert not plan
    assert (plan.bytes_planned, plan.bytes_moved, plan.skipped) == (0, 0, 1)
    assert "1 image was there already" in plan.summary
    assert cloud.calls.operations() == ["DescribeImages", "BatchGetImage", "BatchGetImage", "BatchGetImage"]


def test_a_layer_of_two_images_is_moved_once(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    memory_cloud.calls.clear()
    plan = here.repository("app").copy_images(far.repository("copy"))
    downloads = [
        call.params["layerDigest"] for call in memory_cloud.calls if call.operation == "GetDownloadUrlForLayer"
    ]
    assert downloads[0] in downloads[1:]  # one is asked for before the first write
    assert len(downloads[1:]) == len(set(downloads)) == 5
    assert memory_cloud.calls.operations().count("CompleteLayerUpload") == 5
    assert "1 of them there already" in str(plan)


def test_what_is_about_an_image_goes_with_it(cloud: Cloud) -> None:
    index, parts = platforms(cloud)
    signature = cloud.push_referrer("app", index)
    of_part = cloud.push_referrer("app", parts[0])
    of_signature = cloud.push_referrer("app", signature)
    cloud.push_referrer("app", cloud.push_image("app", tag="other"))
    by_tag = cloud.push_image("app", tag=f"sha256-{index[7:]}.sig")
    here, far = registries(cloud)
    here.repository("app").copy_images(far.repository("copy"), tags=["v1"])
    assert digests_of(far, "copy") == {index, *parts, signature, of_part, of_signature, by_tag}
    assert tags_of(far, "copy") == {"v1": index, f"sha256-{index[7:]}.sig": by_tag}
    assert [each.digest for each in far.repository("copy").image("v1").referrers()] == [signature]


def test_without_referrers_the_image_goes_alone(memory_cloud: Cloud) -> None:
    index, parts = platforms(memory_cloud)
    memory_cloud.push_referrer("app", index)
    here, far = registries(memory_cloud)
    here.repository("app").copy_images(far.repository("copy"), referrers=False)
    assert digests_of(far, "copy") == {index, *parts}


def test_one_image_is_copied_under_other_tags(cloud: Cloud) -> None:
    digest = cloud.push_image("app", tag="v1")
    here, far = registries(cloud)
    target = far.repository("copy")
    assert here.repository("app").image("v1").copy_to(target)
    assert here.repository("app").image(digest).copy_to(target, tags=["stable", "v1.0"])
    assert tags_of(far, "copy") == {"v1": digest, "stable": digest, "v1.0": digest}


def test_an_image_by_digest_gets_no_tag(memory_cloud: Cloud) -> None:
    digest = memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    here.repository("app").image(digest).copy_to(far.repository("copy"))
    assert digests_of(far, "copy") == {digest}
    assert not tags_of(far, "copy")


def test_only_the_tags_that_fit_are_copied(memory_cloud: Cloud) -> None:
    digest = memory_cloud.push_image("app", tags=["v1.2", "latest"])
    memory_cloud.push_image("app", tag="dev")
    here, far = registries(memory_cloud)
    here.repository("app").copy_images(far.repository("copy"), tags=["v1.*"])
    assert tags_of(far, "copy") == {"v1.2": digest}


def test_images_without_tags_are_copied_on_request(memory_cloud: Cloud) -> None:
    untagged = memory_cloud.push_image("app")
    here, far = registries(memory_cloud)
    assert not here.repository("app").copy_images(far.repository("copy"))
    assert here.repository("app").copy_images(far.repository("copy"), untagged=True)
    assert digests_of(far, "copy") == {untagged}


def test_since_leaves_older_images_out(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1")
    here, far = registries(memory_cloud)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert not here.repository("app").copy_images(far.repository("copy"), since=later)
    assert here.repository("app").copy_images(far.repository("copy"), since=7)


def test_a_missing_target_is_made_from_its_spec_in_the_same_plan(cloud: Cloud) -> None:
    platforms(cloud)
    here, far = registries(cloud)
    spec = RepositorySpec("team/new", image_tag_mutability="IMMUTABLE")
    plan = here.repository("app").copy_images(far.repository("team/new"), create=spec)
    assert next(change.what for change in plan) == "repository"
    assert far.describe("team/new")[0].image_tag_mutability == "IMMUTABLE"
    assert pulled(far, "team/new", "v1") == pulled(here, "app", "v1")
    assert not here.repository("app").copy_images(far.repository("team/new"), create=spec)


def test_a_missing_target_without_a_spec_is_an_error(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    with pytest.raises(ClientError, match="RepositoryNotFoundException") as caught:
        here.repository("app").copy_images(far.repository("none"))
    notes = "".join(caught.value.__notes__)
    assert "while none was read, which is the target" in notes
    assert "Repository.ensure makes it" in notes
    assert "create=RepositorySpec('none') makes it in the same plan" in notes


def test_a_dry_run_tells_everything_and_writes_nothing(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, _ = registries(memory_cloud)
    far = far_of(memory_cloud, dry_run=True)
    plan = here.repository("app").copy_images(far.repository("copy"))
    assert not [call for call in memory_cloud.calls if call.is_write and call.region == FAR][1:]  # made by the test
    assert plan.bytes_planned > 0
    assert plan.bytes_moved == 0
    assert "to move" in str(plan)
    assert "two registries" in str(plan)
    assert far.repository("copy").image("v1").exists() is False


def test_a_taken_tag_that_cannot_be_moved_is_a_conflict_before_the_first_write(cloud: Cloud) -> None:
    platforms(cloud)
    here, far = registries(cloud)
    cloud.push_image("copy", tag="v1", region=FAR)
    far.repository("copy").ensure(image_tag_mutability="IMMUTABLE")
    cloud.calls.clear()
    with pytest.raises(ConflictError, match="v1"):
        here.repository("app").copy_images(far.repository("copy"))
    assert not [call for call in cloud.calls if call.is_write]


def test_a_tag_that_can_be_moved_is_moved_and_told(memory_cloud: Cloud) -> None:
    index, _ = platforms(memory_cloud)
    here, far = registries(memory_cloud)
    old = memory_cloud.push_image("copy", tag="v1", region=FAR)
    plan = here.repository("app").copy_images(far.repository("copy"))
    assert f"tag v1: {old[:19]} -> {index[:19]}" in str(plan)
    assert tags_of(far, "copy") == {"v1": index}


def test_an_approved_plan_copies_nothing_that_came_since(memory_cloud: Cloud) -> None:
    index, parts = platforms(memory_cloud)
    here, far = registries(memory_cloud)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    memory_cloud.push_image("app", tag="v2")
    assert far.apply(plan)
    assert digests_of(far, "copy") == {index, *parts}


def test_an_approved_plan_does_not_move_a_tag_that_somebody_took_since(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    plan = here.repository("app").copy_images(far_of(memory_cloud, dry_run=True).repository("copy"))
    theirs = memory_cloud.push_image("copy", tag="v1", region=FAR)
    with pytest.raises(ConflictError, match="tag v1"):
        far.apply(plan)
    assert tags_of(far, "copy") == {"v1": theirs}


def test_another_account_is_copied_to_with_its_own_session(cloud: Cloud) -> None:
    platforms(cloud)
    other = Registry(cloud.session(account="210987654321"), retry=AT_ONCE)
    here = registry_of(cloud)
    plan = here.repository("app").copy_images(other.repository("app"), create=RepositorySpec("app"))
    assert {change.account for change in plan} == {"210987654321"}
    assert pulled(other, "app", "v1") == pulled(here, "app", "v1")


@pytest.mark.parametrize(
    ("side", "operation"),
    [
        ("source", "DescribeImages"),
        ("source", "GetDownloadUrlForLayer"),
        ("target", "BatchCheckLayerAvailability"),
    ],
)
def test_a_denied_reading_says_which_side(memory_cloud: Cloud, side: str, operation: str) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    memory_cloud.calls.clear()
    memory_cloud.faults.on("denied", operation=operation, times=None)
    with pytest.raises(ClientError, match="AccessDenied") as caught:
        here.repository("app").copy_images(far.repository("copy"))
    assert f"which is the {side}" in "".join(caught.value.__notes__)
    assert f"ecr:{operation}" in "".join(caught.value.__notes__)
    assert not [call for call in memory_cloud.calls if call.is_write]


def test_an_archived_image_is_a_conflict(memory_cloud: Cloud) -> None:
    index, _ = platforms(memory_cloud)
    here, far = registries(memory_cloud)
    ecr = memory_cloud.client("ecr")
    ecr.update_image_storage_class(repositoryName="app", imageId={"imageDigest": index}, targetStorageClass="ARCHIVE")
    memory_cloud.calls.clear()
    with pytest.raises(ConflictError, match="restore it first"):
        here.repository("app").copy_images(far.repository("copy"))
    assert not [call for call in memory_cloud.calls if call.is_write]


def test_a_copy_that_broke_off_goes_on(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    source, target = here.repository("app"), far.repository("copy")
    memory_cloud.faults.on("denied", operation="PutImage", skip=1)
    with pytest.raises(ClientError, match="AccessDenied"):
        source.copy_images(target)
    assert not tags_of(far, "copy")
    plan = source.copy_images(target)
    assert [change.what for change in plan] == ["part linux/arm64", "image", "tag v1"]
    assert plan.bytes_moved == 0  # its layers had come
    assert pulled(far, "copy", "v1") == pulled(here, "app", "v1")


def test_a_referrer_that_ecr_refuses_is_named_and_the_image_is_copied(memory_cloud: Cloud) -> None:
    index, parts = platforms(memory_cloud)
    signature = memory_cloud.push_referrer("app", index)
    here, far = registries(memory_cloud)
    memory_cloud.faults.on("denied", where=lambda call: signature in str(call.params), operation="PutImage", times=None)
    with pytest.raises(ApplyError) as caught:
        here.repository("app").copy_images(far.repository("copy"))
    assert list(caught.value.failed) == [f"copy@{signature}"]
    assert tags_of(far, "copy") == {"v1": index}
    assert digests_of(far, "copy") == {index, *parts}


def test_a_layer_that_cannot_be_written_stops_its_image_and_no_other(memory_cloud: Cloud) -> None:
    bad = memory_cloud.push_image("app", tag="a", layers=[b"bad", b"also", b"third"])
    good = [memory_cloud.push_image("app", tag=tag) for tag in "bcdef"]
    here, far = registries(memory_cloud)
    layer = digest_of(b"bad")
    memory_cloud.faults.on(
        "denied",
        where=lambda call: call.params.get("layerDigests") == [layer],
        operation="CompleteLayerUpload",
        times=None,
    )
    with pytest.raises(ApplyError) as caught:
        here.repository("app").copy_images(far.repository("copy"))
    assert list(caught.value.failed) == ["copy:a"]
    assert tags_of(far, "copy") == dict(zip("bcdef", good, strict=True))
    assert bad not in digests_of(far, "copy")


def test_after_the_deadline_nothing_is_begun(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    with pytest.raises(DeadlineError):
        here.repository("app").copy_images(far.within(0).repository("copy"))


def test_a_download_that_breaks_off_goes_on_where_it_was(memory_cloud: Cloud) -> None:
    memory_cloud.push_image("app", tag="v1", layers=[bytes(6_000_000)])
    here, far = registries(memory_cloud)
    memory_cloud.faults.on("truncated", operation="GetObject", times=1)
    here.repository("app").copy_images(far.repository("copy"))
    assert pulled(far, "copy", "v1") == pulled(here, "app", "v1")


def test_layers_are_mounted_within_one_registry(cloud: Cloud) -> None:
    platforms(cloud)
    cloud.registry_endpoint()
    here = registry_of(cloud)
    here.account_settings.set("BLOB_MOUNTING", "ENABLED")
    here.ensure(RepositorySpec("copy"))
    cloud.calls.clear()
    plan = here.repository("app").copy_images(here.repository("copy"))
    assert "UploadLayerPart" not in cloud.calls.operations()
    assert plan.bytes_moved == 0
    assert plan.bytes_mounted == plan.bytes_planned > 0
    assert "are mounted" in str(plan)
    assert pulled(here, "copy", "v1") == pulled(here, "app", "v1")


def test_where_nothing_is_mounted_the_plan_says_why(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here = registry_of(memory_cloud, dry_run=True)
    registry_of(memory_cloud).ensure(RepositorySpec("copy"))
    plan = here.repository("app").copy_images(here.repository("copy"))
    assert any("streamed, since the account setting BLOB_MOUNTING is" in note for note in plan.notes)


def test_bad_input_is_refused_before_any_call(memory_cloud: Cloud) -> None:
    here, far = registries(memory_cloud)
    app, target = here.repository("app"), far.repository("copy")
    memory_cloud.calls.clear()
    with pytest.raises(SpecError, match="expected a repository"):
        app.copy_images("copy")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="onto itself"):
        app.copy_images(here.repository("app"))
    with pytest.raises(SpecError, match=r"write \['v1'\]"):
        app.copy_images(target, tags="v1")
    with pytest.raises(SpecError, match="leave one out"):
        app.copy_images(target, tags=["v1"], untagged=True)
    with pytest.raises(SpecError, match="referrers: expected True or False"):
        app.copy_images(target, referrers="no")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="create: expected the RepositorySpec of 'copy'"):
        app.copy_images(target, create=RepositorySpec("other"))
    with pytest.raises(SpecError, match="did you mean tags"):
        app.copy_images(target, tag=["v1"])  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="a tag has 1 to 128"):
        app.image("v1").copy_to(target, tags=["a tag"])
    assert not memory_cloud.calls


def test_a_tag_that_is_not_there_is_an_error(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    with pytest.raises(ClientError, match="ImageNotFoundException"):
        here.repository("app").copy_images(far.repository("copy"), tags=["v2"])
    with pytest.raises(ClientError, match="ImageNotFoundException"):
        here.repository("app").image("v2").copy_to(far.repository("copy"))
    assert not here.repository("app").copy_images(far.repository("copy"), tags=["x*"])


def test_a_plan_of_a_copy_is_not_pickled_with_credentials(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, _ = registries(memory_cloud)
    far = far_of(memory_cloud, dry_run=True)
    plan = here.repository("app").copy_images(far.repository("copy"))
    with pytest.raises(TypeError, match="credentials of its source"):
        pickle.dumps(plan)
    assert copy.copy(plan) == plan


def test_it_is_a_dry_run_if_the_source_is_one(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    _, far = registries(memory_cloud)
    source = registry_of(memory_cloud, dry_run=True).repository("app")
    memory_cloud.calls.clear()
    assert source.copy_images(far.repository("copy")).bytes_planned > 0
    assert source.image("v1").copy_to(far.repository("copy"))
    assert not [call for call in memory_cloud.calls if call.is_write]


def test_the_deadline_of_the_source_counts_too(memory_cloud: Cloud) -> None:
    platforms(memory_cloud)
    here, far = registries(memory_cloud)
    source = here.repository("app")
    memory_cloud.calls.clear()
    with pytest.raises(DeadlineError):
        here.within(0).repository("app").copy_images(far.repository("copy"))
    assert not [call for call in memory_cloud.calls if call.is_write]
    assert source.copy_images(far.repository("copy"))
