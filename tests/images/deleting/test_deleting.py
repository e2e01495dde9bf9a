"""Deleting images: what goes with them, what stays, and what the plan says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, SpecError
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.deleting.support import DELETE, archive, left, push_index, since, tags_of
from tests.lifecycle.support import digest, pushed


def test_an_image_goes_with_its_parts_and_referrers_in_one_call(cloud: Cloud, app: Repository) -> None:
    one, other = push_index(cloud, "v1", "latest"), push_index(cloud, "v2")
    before = len(cloud.calls)
    plan = app.image("v1").delete()
    assert cloud.calls.operations()[before:] == DELETE
    (change,) = plan
    sent = [each["imageDigest"] for each in change.params["imageIds"]]
    assert (sent[:2], set(sent)) == (one[:2], set(one))
    assert change.parts == {
        *(("-", f"image {each}") for each in one),
        *(("-", f"{tag} {one[1]}") for tag in ("v1", "latest")),
    }
    assert change.images == 4
    assert left(cloud) == set(other)


def test_what_is_gone_is_no_error(cloud: Cloud, app: Repository) -> None:
    one = push_index(cloud, "v1")
    app.image("v1").delete()
    plan = app.delete_images("v1", one[1])
    assert not plan
    assert plan.notes == (f"app: there is no image v1, {one[1]}: nothing is to be deleted of it",)
    assert since(cloud, lambda: app.image("v1").delete()) == ["DescribeImages"]


def test_the_plan_says_what_goes_how_many_bytes_and_why(cloud: Cloud, dry: Repository) -> None:
    cloud.emulator.seed_images(
        "app", [pushed(1, "v1", "a", "b"), pushed(2, days=9), pushed(3, subjectManifestDigest=digest(1))]
    )
    short = [digest(number)[:19] for number in (1, 2, 3)]
    note = "layers that other images share stay, so this is the most that is freed"
    plan = dry.delete_images("v1")
    assert str(plan) == "\n".join(
        [
            "in account 123456789012, region eu-west-1:",
            f"- app images: 2 images, at most 2.0 GB: v1, a and 1 tag more ({short[0]}); {short[2]}",
            "1 to delete",
            f"note: app: 2 images with 3 tags and 2.0 GB go: 1 by name, and with them 1 artifact about them; {note}",
        ]
    )
    plan = registry_of(cloud, dry_run=True).repository("app").delete_images(untagged=True, older_than=5)
    assert plan.notes[0] == f"app: 1 image with 0 tags and 1.0 GB go: 1 by untagged=True, older_than=5; {note}"
    assert left(cloud) == {digest(number) for number in (1, 2, 3)}


def test_untagged_images_go_but_no_part_and_no_signature_of_what_stays(cloud: Cloud, app: Repository) -> None:
    stays, goes = push_index(cloud, "v1"), push_index(cloud)
    alone = cloud.push_image("app")
    plan = app.delete_images(untagged=True)
    assert left(cloud) == set(stays)
    assert [change.images for change in plan] == [len({*goes, alone})]
    (note,) = (note for note in plan.notes if "stay" in note.partition(":")[2].partition(":")[0])
    parts = ", ".join(sorted(each[:19] for each in stays[2:]))
    assert sorted(note.replace(";", ":").split(": ")[2].split(", ")) == sorted(parts.split(", "))
    assert note.startswith("app: 3 images fit and stay: ")
    assert "part of v1, which stays" in note
    assert f"{stays[0][:19]}: about v1, which stays" in note


CONDITIONS: list[tuple[dict[str, Any], set[int]]] = [
    ({"tags": ["v1*"]}, {1, 4}),
    ({"tags": ["v1", "old"]}, {1, 2}),
    ({"untagged": True}, {3}),
    ({"untagged": False}, {1, 2, 4}),
    ({"older_than": 20}, {2, 3}),
    ({"older_than": timedelta(days=35)}, {3}),
    ({"older_than": datetime.now(UTC) - timedelta(days=35)}, {3}),
    ({"older_than": 20, "untagged": False}, {2}),
    ({"pulled_before": 3}, {1, 2, 3}),
    ({"larger_than": 10**9}, {4}),
    ({"archived": True}, {2}),
    ({"archived": False, "untagged": True}, {3}),
    ({"all": True}, {1, 2, 3, 4}),
    ({"all": True, "never": "v1*"}, {2, 3}),
    ({"all": True, "never": ["old", digest(3)]}, {1, 4}),
]


@pytest.mark.parametrize(("given", "gone"), CONDITIONS, ids=[" ".join(given) for given, _ in CONDITIONS])
def test_an_image_goes_that_fits_every_condition(
    cloud: Cloud, app: Repository, given: dict[str, Any], gone: set[int]
) -> None:
    images = [
        pushed(1, "v1", days=10),
        pushed(2, "old", days=30, imageStatus="ARCHIVED"),
        pushed(3, days=40),
        pushed(4, "v1.1", lastRecordedPullTime=datetime.now(UTC)) | {"imageSizeInBytes": 10**9 + 1},
    ]
    cloud.emulator.seed_images("app", images)
    app.delete_images(**given)
    assert left(cloud) == {digest(number) for number in {1, 2, 3, 4} - gone}


@pytest.mark.parametrize(
    ("names", "given", "said"),
    [
        ((), {}, "untagged=True or older_than=30, or all=True for every image"),
        ((), {"all": False, "orphans": False}, "all=True for every image"),
        ((), {"all": True, "untagged": True}, "all: every image is meant: leave the others out"),
        (("v1",), {"all": True}, "all: every image is meant"),
        (("v1",), {"untagged": True}, "expected names of images, or conditions, and got both"),
        (("v1",), {"orphans": True}, "and got both"),
        (("a b", "sha256:12"), {}, "a tag has 1 to 128 letters"),
        ((), {"all": "yes"}, "all: expected True or False, got 'yes'"),
        ((), {"orphans": 1}, "orphans: expected True or False, got 1"),
        ((), {"older_than": -1}, "older_than: expected how long ago"),
        ((), {"older_then": 3}, "did you mean older_than"),
        ((), {"untagged": True, "never": 7}, "never: expected"),
        ((), {"untagged": True, "tags": ["v*"]}, "no image without tags has a tag"),
    ],
)
def test_what_says_no_images_is_refused_before_any_call(
    cloud: Cloud, app: Repository, names: tuple[str, ...], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        app.delete_images(*names, **given)
    assert said in str(caught.value)
    assert cloud.calls.operations() == []


def test_a_repository_that_does_not_exist_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry_of(cloud).repository("other").delete_images(all=True)


def test_what_must_stay_and_was_named_is_a_conflict_and_nothing_is_deleted(cloud: Cloud, app: Repository) -> None:
    _, index, part, _ = push_index(cloud, "v1")
    alone = cloud.push_image("app", tag="alone")
    with pytest.raises(ConflictError, match="it stays: part of v1, which stays") as caught:
        app.delete_images(part, "alone")
    assert "delete the index, or what is about it, together with it" in str(caught.value)
    assert alone in left(cloud)
    app.delete_images(part, "v1", "alone")
    assert not {index, part, alone} & left(cloud)


def test_what_is_protected_stays_even_if_it_was_named(cloud: Cloud, app: Repository) -> None:
    index = push_index(cloud, "v1")
    alone = cloud.push_image("app", tag="alone")
    plan = app.delete_images("v1", "alone", never=f"{app.uri}@{index[3]}")
    assert left(cloud) == set(index)
    assert any(note.startswith("app: 1 image fits and stays: v1: ") for note in plan.notes)
    assert alone not in left(cloud)
    plan = app.image("v1").delete(never="v*")
    assert not plan
    assert left(cloud) == set(index)


def test_a_signature_that_was_named_goes_alone(cloud: Cloud, app: Repository) -> None:
    signature, *others = push_index(cloud, "v1")
    app.image(signature).delete()
    assert left(cloud) == set(others)


def test_orphans_are_signatures_whose_image_is_gone(cloud: Cloud, app: Repository) -> None:
    image = cloud.push_image("app", tag="v1")
    stays = {image, cloud.push_referrer("app", image), cloud.push_image("app"), _signature(cloud, image)}
    gone = {cloud.push_referrer("app", digest(9)), _signature(cloud, digest(9)), _signature(cloud, digest(8), ".att")}
    assert left(cloud) == stays | gone
    plan = app.delete_images(orphans=True, tags=["sha256-*.sig"])
    assert [change.images for change in plan] == [1]
    assert "1 by tags=['sha256-*.sig'], orphans=True" in plan.notes[0]
    app.delete_images(orphans=True)
    assert left(cloud) == stays


def _signature(cloud: Cloud, image: str, suffix: str = ".sig") -> str:
    return cloud.push_image("app", tag=image.replace(":", "-") + suffix)


def test_an_archived_index_goes_with_a_note_and_its_parts_are_not_known(cloud: Cloud, app: Repository) -> None:
    _, index, *parts = push_index(cloud, "v1")
    archive(cloud, index)
    plan = app.delete_images("v1")
    assert left(cloud) == set(parts)
    assert "1 of them are archived, and ECR charges at least 90 days of the archive" in plan.notes[0]
    assert [change.images for change in plan] == [2]


def test_parts_of_an_archived_index_that_stays_stay_as_ecr_says(cloud: Cloud, app: Repository) -> None:
    _, index, *parts = push_index(cloud, "v1")
    archive(cloud, index)
    alone = cloud.push_image("app")
    plan = app.delete_images(untagged=True)
    assert {index, *parts} <= left(cloud)
    assert alone not in left(cloud)
    assert [change.images for change in plan] == [1]
    assert "app: the parts of 1 index are not known: v1 (archived); " in " ".join(plan.notes)
    assert "ECR says that it is a part of an index, which is not known here" in " ".join(plan.notes)


def test_an_archived_index_goes_before_what_may_be_its_parts(cloud: Cloud, app: Repository) -> None:
    _, index, *_ = push_index(cloud, "v1")
    archive(cloud, index)
    assert since(cloud, lambda: app.delete_images(all=True)).count("BatchDeleteImage") == 1
    assert left(cloud) == set()


def test_new_images_without_a_tag_may_be_parts_of_a_push_that_goes_on(cloud: Cloud) -> None:
    def said(**given: Any) -> list[str]:
        fresh = registry_of(cloud, dry_run=True).repository("app")
        return [note for note in fresh.delete_images(**given).notes if "within the last hour" in note]

    cloud.emulator.seed_images("app", [pushed(1), pushed(2, "v1", days=0), pushed(3, days=0.05)])
    assert said(untagged=True) == []
    cloud.push_referrer("app", digest(9))
    assert said(untagged=True) == []
    cloud.push_image("app")
    assert said(untagged=True) == [
        "app: 1 image without a tag was pushed within the last hour: a push of an index begins with its parts; "
        "older_than=1 leaves them"
    ]
    assert said(untagged=True, older_than=1) == []


def test_a_deletion_by_pulls_says_that_its_reading_is_a_pull(cloud: Cloud, dry: Repository) -> None:
    cloud.push_image("app")
    assert not any("as a pull" in note for note in dry.delete_images(pulled_before=0).notes)
    push_index(cloud, "v1")
    fresh = registry_of(cloud, dry_run=True).repository("app")
    said = "app: ECR counts the reading of the manifests of 1 index as a pull, now, unless"
    assert any(note.startswith(said) for note in fresh.delete_images(pulled_before=0).notes)
    fresh = registry_of(cloud, dry_run=True).repository("app")
    assert since(cloud, lambda: fresh.delete_images(tags=["none"], pulled_before=0)) == ["DescribeImages"]


def test_only_manifests_of_indexes_are_read(cloud: Cloud, app: Repository) -> None:
    _, index, *_ = push_index(cloud, "v1")
    cloud.push_image("app", tag="v2")
    before = len(cloud.calls)
    app.delete_images("v1")
    (asked,) = [call for call in cloud.calls[before:] if call.operation == "BatchGetImage"]
    assert asked.params["imageIds"] == [{"imageDigest": index}]


def test_a_dry_run_knows_what_it_would_have_deleted(cloud: Cloud, dry: Repository) -> None:
    push_index(cloud, "v1")
    push_index(cloud, "v2")
    assert dry.delete_images("v1")
    assert not dry.delete_images("v1")
    assert not dry.delete_images(untagged=True)
    assert [change.images for change in dry.delete_images(all=True)] == [4]
    assert len(left(cloud)) == 8
    assert set(tags_of(cloud)) == {"v1", "v2"}
