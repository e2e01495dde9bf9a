"""Restoring images: requested at once, waited for by one listing a look, and the parts of an index after it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, DeadlineError, EcropsError, SpecError
from ecrops.base.waits import Wait
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.deleting.support import archive, push_index, since
from tests.lifecycle.support import digest, pushed

UPDATE = "UpdateImageStorageClass"
LOOK = "DescribeImages"


@pytest.fixture
def images(cloud: Cloud) -> list[str]:
    """Three images in the archive."""
    numbers = (1, 2, 3)
    cloud.emulator.seed_images("app", [pushed(number, f"v{number}") for number in numbers])
    for number in numbers:
        archive(cloud, digest(number))
    return [digest(number) for number in numbers]


def archived(app: Repository) -> set[str]:
    return {image.digest for image in app.images(archived=True)}


def test_images_are_requested_together_and_waited_for_by_one_listing_a_look(
    cloud: Cloud, app: Repository, images: list[str]
) -> None:
    cloud.emulator.storage.activating_for = 2
    waits: list[Wait] = []
    calls = since(cloud, lambda: app.restore_images(tags=["v*"], on_wait=waits.append))
    assert calls == [LOOK, UPDATE, UPDATE, UPDATE, LOOK, LOOK, LOOK]
    assert [wait.seconds for wait in waits] == [5.0, 10.0, 20.0]
    assert waits[0].reason == "ECR restores 3 of 3 images of app, which takes up to 20 minutes"
    assert not archived(app)
    assert since(cloud, lambda: app.restore_images("v1")) == [LOOK]


def test_the_plan_says_how_long_it_takes(app: Repository, dry: Repository, images: list[str]) -> None:
    plan = dry.image("v1").restore()
    assert str(plan) == "\n".join(
        [
            "in account 123456789012, region eu-west-1:",
            "~ app:v1 storage class: archive, 1.0 GB -> standard",
            "1 to update",
            "note: app: 1 image with 1.0 GB to restore: ECR takes up to 20 minutes; they can be pulled after that",
        ]
    )
    assert archived(app) == set(images)
    app.registry.apply(plan)
    assert archived(app) == set(images[1:])


def test_what_is_being_restored_already_is_waited_for(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 4
    plan = app.restore_images("v1", wait=False)
    assert len(plan) == 1
    (image,) = [image for image in app.images() if image.restoring]
    assert image.digest == images[0]
    assert image.storage_class == "archive"
    assert image.to_dict()["restoring"] is True
    calls = since(cloud, lambda: app.image("v1").restore())
    assert UPDATE not in calls
    assert archived(app) == set(images[1:])


def test_what_is_being_restored_is_not_archived(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 100
    app.image("v1").restore(wait=False)
    with pytest.raises(ConflictError, match="is being restored"):
        app.image("v1").archive()


def test_the_wait_ends_and_the_same_call_waits_again(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 4
    with pytest.raises(DeadlineError, match=r"has not restored 1 of 1 images of app within 20 seconds: v1"):
        app.image("v1").restore(timeout=20)
    assert UPDATE not in since(cloud, lambda: app.image("v1").restore())
    assert archived(app) == set(images[1:])


def test_the_deadline_of_a_registry_ends_the_wait(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 4
    with pytest.raises(DeadlineError, match="before 1 of 1 images of app were restored"):
        registry_of(cloud).within(3).repository("app").image("v1").restore()


def test_the_parts_of_an_index_are_restored_after_it(cloud: Cloud, app: Repository) -> None:
    signature, index, *parts = push_index(cloud, "v1")
    app.image("v1").archive()
    plan = app.image("v1").restore()
    first, *rest = [change.params["imageId"]["imageDigest"] for change in plan]
    assert (first, sorted(rest)) == (index, sorted(parts))
    assert not archived(app)
    assert any("the parts of v1 are known once the index is restored" in note for note in plan.notes)
    assert app.image("v1").platforms()
    assert signature
    assert not app.image("v1").restore()


def test_an_index_of_indexes_is_restored_whole(cloud: Cloud, app: Repository) -> None:
    _, index, *_ = push_index(cloud)
    cloud.push_index("app", [index], tags=["all"])
    app.image("all").archive()
    assert len(archived(app)) == 4
    assert len(app.image("all").restore()) == 4
    assert not archived(app)


def test_an_active_index_gets_its_archived_parts_in_one_round(cloud: Cloud, app: Repository) -> None:
    push_index(cloud, "v1")
    app.image("v1").archive()
    plan = app.image("v1").restore(wait=False)
    assert any(note.endswith("run it again then") for note in plan.notes)
    assert len(app.image("v1").restore(wait=False)) == 2
    assert not archived(app)


def test_images_that_go_meanwhile_are_said(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 100

    def delete(wait: Wait) -> None:
        cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": images[0]}])

    with pytest.raises(EcropsError, match=r"while images were restored, v1 .* was deleted"):
        app.image("v1").restore(on_wait=delete)


def test_a_lost_answer_of_a_restore_counts_as_made(cloud: Cloud, app: Repository, images: list[str]) -> None:
    cloud.emulator.storage.activating_for = 3
    cloud.faults.on("reset_after", operation=UPDATE)
    assert len(app.image("v1").restore().applied) == 1
    assert archived(app) == set(images[1:])


def test_a_signature_is_left_to_ecr_and_said(cloud: Cloud, app: Repository) -> None:
    image = cloud.push_image("app", tag="v1")
    signature = {**pushed(9), "subjectManifestDigest": image, "imageStatus": "ARCHIVED"}
    cloud.emulator.seed_images("app", [signature])
    archive(cloud, image)
    notes = app.image("v1").restore().notes
    assert f"app: 1 artifact about them ({digest(9)[:19]}) not restored, unless ECR does that itself" in str(notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": -1}, "timeout"),
        ({"timeout": "long"}, "timeout"),
        ({"wait": 1}, "wait"),
        ({"untaged": True}, "mean"),
    ],
)
def test_bad_input_calls_nothing(cloud: Cloud, app: Repository, options: dict[str, Any], words: str) -> None:
    before = len(cloud.calls)
    with pytest.raises(SpecError, match=words):
        app.restore_images(**{"all": True, **options})
    assert len(cloud.calls) == before


def test_what_is_not_there_is_an_error(cloud: Cloud, app: Repository) -> None:
    with pytest.raises(ConflictError, match="there is no such image"):
        app.image("v9").restore()
    with pytest.raises(ClientError, match="RepositoryNotFound"):
        registry_of(cloud).repository("none").restore_images(all=True)
