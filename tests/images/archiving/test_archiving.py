"""Archiving images: which ones go together, what stays, what the plan says, and what happens on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, SpecError
from ecrops.aws import shapes
from ecrops.images import statuses
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.deleting.support import archive, during, push_index, since
from tests.lifecycle.support import digest, pushed

UPDATE = "UpdateImageStorageClass"
NOTE = (
    "app: 1 image with 1.0 GB to archive: every pull of them fails from then on; a restore takes up to 20 minutes; ECR "
    "charges at least 90 days of the archive"
)


def archived(app: Repository) -> set[str]:
    return {image.digest for image in app.images(archived=True)}


def test_one_image_is_archived_in_two_calls_and_then_left_alone(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1"), pushed(2, "v2")])
    assert since(cloud, lambda: app.image("v1").archive()) == ["DescribeImages", UPDATE]
    assert archived(app) == {digest(1)}
    assert since(cloud, lambda: app.image("v1").archive()) == ["DescribeImages"]
    assert not app.image(digest(1)).archive()


def test_the_plan_says_which_image_how_many_bytes_and_what_it_means(cloud: Cloud, dry: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1", "latest")])
    plan = dry.archive_images("v1")
    assert str(plan) == "\n".join(
        [
            "in account 123456789012, region eu-west-1:",
            "~ app:v1 storage class: standard, 1.0 GB -> archive",
            "1 to update",
            f"note: {NOTE}",
        ]
    )
    (change,) = plan
    assert change.parts == {("-", f"standard {digest(1)}"), ("+", f"archive {digest(1)}")}
    assert not archived(dry)
    assert not dry.archive_images("v1"), "the dry run has archived it before"
    assert len(dry.restore_images(all=True)) == 1


def test_conditions_say_which_images_and_archived_ones_are_none_of_them(cloud: Cloud, app: Repository) -> None:
    images = [pushed(1, "v1", days=9), pushed(2, "v2"), pushed(3, days=9), pushed(4, "old", days=9)]
    cloud.emulator.seed_images("app", images)
    archive(cloud, digest(3))
    plan = app.archive_images(pushed_before=timedelta(days=5), tags=["v*"])
    assert [change.owner for change in plan] == ["app:v1"]
    assert {change.owner for change in app.archive_images(all=True)} == {"app:v2", "app:old"}


def test_an_index_goes_before_its_parts_and_leaves_signatures_to_ecr(cloud: Cloud, app: Repository) -> None:
    signature, index, *parts = push_index(cloud, "v1")
    plan = app.image("v1").archive()
    first, *others = [change.params["imageId"]["imageDigest"] for change in plan]
    assert first == index
    assert sorted(others) == sorted(parts)
    assert archived(app) == {index, *parts}
    artifact = f"app: 1 artifact about them ({signature[:19]}): ECR archives them itself, within 24 hours"
    assert artifact in plan.notes


def test_parts_do_not_go_if_their_index_could_not(cloud: Cloud, app: Repository) -> None:
    push_index(cloud, "v1")
    cloud.faults.on("denied", operation=UPDATE)
    with pytest.raises(ApplyError) as caught:
        app.image("v1").archive()
    assert len(caught.value.failed) == 3
    assert not archived(app)
    assert cloud.calls.operations().count(UPDATE) == 1


def test_a_part_of_an_index_that_stays_stays(cloud: Cloud, app: Repository) -> None:
    _, _, part, other = push_index(cloud, "v1")
    with pytest.raises(ConflictError, match=r"part of v1, which stays(.|\n)*archive the index with it"):
        app.archive_images(part)
    plan = app.archive_images(untagged=True)
    assert not plan
    assert "3 images fit and stay" in plan.notes[0]
    assert not archived(app)
    assert other


def test_what_is_protected_stays_with_its_index(cloud: Cloud, app: Repository) -> None:
    _, _, part, _ = push_index(cloud, "v1")
    cloud.emulator.seed_images("app", [pushed(1, "v2")])
    plan = app.archive_images(tags=["v*"], never=[part])
    assert [change.owner for change in plan] == ["app:v2"]
    assert any("1 image fits and stays: v1: " in note for note in plan.notes)
    assert archived(app) == {digest(1)}


def test_a_hundred_images_are_archived_with_one_listing(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(number, f"v{number}") for number in range(100)])
    told: list[object] = []
    calls = since(cloud, lambda: app.archive_images(tags=["v*"], on_change=told.append))
    assert calls == ["DescribeImages", *[UPDATE] * 100]
    assert len(told) == 100


def test_images_that_are_throttled_are_archived_later(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(number, f"v{number}") for number in range(10)])
    cloud.faults.on("throttle", operation=UPDATE, times=7)
    calls = since(cloud, lambda: app.archive_images(tags=["v*"]))
    assert calls.count(UPDATE) == 17
    assert calls.count("DescribeImages") == 1, "no image is read again"
    assert len(archived(app)) == 10


def test_a_lost_answer_counts_as_made(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1")])
    cloud.faults.on("reset_after", operation=UPDATE)
    assert len(app.image("v1").archive().applied) == 1
    assert archived(app) == {digest(1)}


def test_an_image_that_another_writer_archived_meanwhile_is_done(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1")])
    during(cloud, UPDATE, lambda: archive(cloud, digest(1)))
    calls = since(cloud, lambda: app.image("v1").archive())
    assert calls == ["DescribeImages", UPDATE, "DescribeImages"], "our call was refused, and one reading says why"
    assert archived(app) == {digest(1)}


def test_an_image_that_was_deleted_meanwhile_is_said(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1"), pushed(2, "v2")])
    gone = {"repositoryName": "app", "imageIds": [{"imageDigest": digest(1)}]}
    during(cloud, UPDATE, lambda: cloud.client("ecr").batch_delete_image(**gone))
    plan = app.archive_images(tags=["v*"])
    assert [change.owner for change in plan] == ["app:v2"]
    assert "app:v1: the image was deleted in the meantime" in plan.notes


def test_a_refused_image_is_explained_and_stops_no_other(cloud: Cloud, app: Repository) -> None:
    signature, index, *_ = push_index(cloud, "v1")
    cloud.emulator.seed_images("app", [pushed(1, "v2")])
    with pytest.raises(ApplyError) as caught:
        app.archive_images(signature, "v2")
    (reason,) = caught.value.exceptions
    assert any("within 24 hours of its subject" in note for note in reason.__notes__)
    assert archived(app) == {digest(1)}
    assert index


def test_an_approved_plan_archives_no_other_image(cloud: Cloud, app: Repository, dry: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1")])
    plan = dry.archive_images(tags=["v*"])
    cloud.emulator.seed_images("app", [pushed(2, "v2")])
    app.registry.apply(plan)
    assert archived(app) == {digest(1)}


def test_an_approved_plan_lists_the_images_once_however_many_it_moves(
    cloud: Cloud, app: Repository, dry: Repository
) -> None:
    digests = [cloud.push_image("app", tag=f"v{number}") for number in range(5)]
    plan = dry.archive_images(all=True)
    cloud.calls.clear()
    assert len(app.registry.apply(plan)) == 5
    asked: list[Any] = [call.params.get("imageIds") for call in cloud.calls.of("DescribeImages")]
    assert asked[0] is None
    assert sorted(each[0]["imageDigest"] for each in asked[1:]) == sorted(digests)


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        ((), {}, "expected which images"),
        (("v1",), {"untagged": True}, "got several"),
        (("a b",), {}, "a tag"),
        ((), {"older": 3}, "older"),
        ((), {"all": 1}, "True or False"),
        (("v1",), {"never": 3}, "never: expected"),
        ((), {"pushed_before": "monday"}, "pushed_before"),
    ],
)
def test_bad_input_calls_nothing(
    cloud: Cloud, app: Repository, names: tuple[str, ...], options: dict[str, Any], words: str
) -> None:
    before = len(cloud.calls)
    with pytest.raises(SpecError, match=words):
        app.archive_images(*names, **options)
    assert len(cloud.calls) == before


def test_an_image_that_is_not_there_is_a_conflict_and_nothing_is_archived(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(1, "v1")])
    with pytest.raises(ConflictError, match=r"app:v9(.|\n)*there is no such image"):
        app.archive_images("v1", "v9")
    assert not archived(app)
    with pytest.raises(ClientError, match="RepositoryNotFound"):
        registry_of(cloud).repository("none").image("v1").archive()


def test_an_older_botocore_is_said(app: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    older = shapes.operations_of("ecr") - {UPDATE}
    monkeypatch.setattr(statuses, "operations_of", lambda service: older)
    for act in (app.image("v1").archive, app.image("v1").restore):
        with pytest.raises(SpecError, match="needs a newer botocore"):
            act()
