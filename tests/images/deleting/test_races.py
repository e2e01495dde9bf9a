"""Deletions beside other writers, after an approval, with lost answers, and with images that ECR does not delete."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import StringShape
from botocore.parsers import ResponseParserError

from ecrops import ConflictError, EcropsError
from ecrops.images.deleting import edits
from ecrops.images.deleting.words import FAILURES
from ecrops.repository import Repository
from ecrops.testing import FAULTS, Cloud, Fault
from ecrops.testing.emulator.ecr.backend import EcrBackend
from ecrops.testing.emulator.ecr.content.deleting import Refused
from support import registry_of
from tests.images.deleting.support import DELETE, READ, during, left, push_index, since, tag, tags_of
from tests.lifecycle.support import pushed


def test_an_image_that_came_since_the_approval_is_not_deleted(cloud: Cloud, app: Repository, dry: Repository) -> None:
    old = cloud.push_image("app")
    plan = dry.delete_images(untagged=True)
    new = cloud.push_image("app")
    assert [change.images for change in app.registry.apply(plan)] == [1]
    assert left(cloud) == {new}
    assert old not in left(cloud)


def test_an_approved_plan_is_applied_where_it_was_not_made(cloud: Cloud, app: Repository, dry: Repository) -> None:
    push_index(cloud, "v1")
    plan = pickle.loads(pickle.dumps(dry.delete_images("v1", never=["prod*"])))
    assert since(cloud, lambda: app.registry.apply(plan)) == ["GetCallerIdentity", *READ, "BatchDeleteImage"]
    assert left(cloud) == set()


SINCE: dict[str, tuple[Callable[[Cloud, list[str]], object], set[int], str]] = {
    "a tag": (lambda cloud, images: tag(cloud, images[3], "keep"), {3}, "it got the tag keep since"),
    "an index": (
        lambda cloud, images: cloud.push_index("app", images[2:], tag="v2", docker=True),
        {2, 3},
        "part of v2, which stays",
    ),
    "a protected tag": (lambda cloud, images: tag(cloud, images[2], "prod"), {0, 1, 2, 3}, "has the tag prod"),
    "a signature": (lambda cloud, images: cloud.push_referrer("app", images[3]), {3}, "is about it, and stays"),
}


@pytest.mark.parametrize("what", SINCE)
@pytest.mark.parametrize("approved", [True, False], ids=["approved", "not approved"])
def test_what_is_needed_since_stays_and_the_rest_goes(
    cloud: Cloud, app: Repository, dry: Repository, what: str, approved: bool
) -> None:
    act, stays, said = SINCE[what]
    images = push_index(cloud)
    if approved:
        plan = dry.delete_images(untagged=True, never="prod*")
        act(cloud, images)
        made = app.registry.apply(plan)
    else:  # the plan is as old as its reading: a call that waits makes another one
        during(cloud, "BatchDeleteImage", lambda: act(cloud, images))
        cloud.faults.on("throttle", operation="BatchDeleteImage")
        made = app.delete_images(untagged=True, never="prod*")
    assert {number for number in range(4) if images[number] in left(cloud)} == stays
    assert said in " ".join(made.notes)
    assert sum(change.images for change in made) == 4 - len(stays)


def test_an_image_that_was_named_and_is_needed_since_is_a_conflict(
    cloud: Cloud, app: Repository, dry: Repository
) -> None:
    image = cloud.push_image("app")
    plan = dry.delete_images(image)
    cloud.push_index("app", [image], tag="v2")
    with pytest.raises(ConflictError, match="part of v2, which stays"):
        app.registry.apply(plan)
    assert image in left(cloud)


def test_the_digest_decides_where_a_tag_moved_since(cloud: Cloud, app: Repository, dry: Repository) -> None:
    old, new = cloud.push_image("app", tag="v1"), cloud.push_image("app")
    plan = dry.delete_images("v1")
    tag(cloud, new, "v1")
    app.registry.apply(plan)
    assert tags_of(cloud) == {"v1": new}
    assert old not in left(cloud)


def test_a_part_of_an_index_that_comes_meanwhile_stays_and_the_others_go(cloud: Cloud, app: Repository) -> None:
    images = [cloud.push_image("app") for _ in range(3)]
    during(cloud, "BatchDeleteImage", lambda: cloud.push_index("app", images[:1], tag="v2"))
    heard: list[int] = []
    plan = app.delete_images(untagged=True, on_change=lambda change: heard.append(change.images))
    assert set(images) & left(cloud) == {images[0]}
    assert "part of v2, which stays" in " ".join(plan.notes)
    assert [change.images for change in plan] == heard == [2]
    assert cloud.calls.operations().count("BatchDeleteImage") == 1


def test_an_image_that_somebody_else_deletes_meanwhile_is_deleted(cloud: Cloud, app: Repository) -> None:
    images = [cloud.push_image("app") for _ in range(3)]
    ids = [{"imageDigest": images[0]}]
    during(
        cloud, "BatchDeleteImage", lambda: cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=ids)
    )
    assert [change.images for change in app.delete_images(all=True)] == [3]
    assert left(cloud) == set()


def test_the_rest_of_an_approved_plan_is_a_part_of_it(
    cloud: Cloud, app: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "BATCH", 5)
    for number in range(4):
        push_index(cloud, f"v{number}")
    approved = registry_of(cloud, dry_run=True).repository("app").delete_images(all=True)
    whats = [change.what for change in approved]
    assert whats == ["images, then 3 calls more", "images, then 2 calls more", "images, then 1 call more", "images"]
    cloud.faults.on("denied", operation="BatchDeleteImage", skip=2)
    with pytest.raises(ClientError):
        app.registry.apply(approved)
    assert len(left(cloud)) == 8
    rest = registry_of(cloud, dry_run=True).repository("app").delete_images(all=True)
    assert rest.is_part_of(approved.to_dict())
    assert [change.images for change in app.registry.apply(approved)] == [4, 4]
    assert left(cloud) == set()


def test_a_plan_is_the_same_in_whatever_order_images_are_listed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "BATCH", 2)
    images = [pushed(number, days=number % 3) for number in range(1, 8)]
    sent = []
    for name, seeded in (("one", images), ("other", images[::-1])):
        cloud.emulator.seed([name])
        cloud.emulator.seed_images(name, seeded)
        plan = registry_of(cloud, dry_run=True).repository(name).delete_images(untagged=True)
        sent.append([change.params["imageIds"] for change in plan])
    assert sent[0] == sent[1]


def failing(monkeypatch: pytest.MonkeyPatch, codes: dict[str, str]) -> None:
    """Let ECR refuse some images."""
    delete = EcrBackend.delete_image

    def refuse(self: EcrBackend, repository: Any, wanted: dict[str, str]) -> Any:
        if code := codes.get(wanted["imageDigest"]):
            raise Refused(code, "no more is said")
        return delete(self, repository, wanted)

    monkeypatch.setattr(EcrBackend, "delete_image", refuse)


CODES = [code for code in FAILURES if code != "ImageReferencedByManifestList"]


@pytest.mark.parametrize("code", [*CODES, "SomethingNew"])
def test_an_image_that_is_not_deleted_is_an_error_that_says_why_and_the_others_go(
    cloud: Cloud, app: Repository, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "BATCH", 2)
    stays = cloud.push_image("app", tag="v0")
    for _ in range(4):
        cloud.push_image("app")
    failing(monkeypatch, {stays: code})
    with pytest.raises(EcropsError) as caught:
        app.delete_images(all=True)
    said = [f"app: 1 image was not deleted: v0 ({stays[:19]}): {code}: no more is said", FAILURES.get(code)]
    assert str(caught.value) == ": ".join(filter(None, said))
    assert left(cloud) == {stays}
    assert sum(change.images for change in vars(caught.value)["applied"]) == 4


def test_every_code_that_botocore_knows_is_explained(cloud: Cloud) -> None:
    model = cloud.client("ecr").meta.service_model.shape_for("ImageFailureCode")
    assert isinstance(model, StringShape)
    batch_get = {"UnableToResolve", "ReferencedByManifestList"}
    assert set(model.enum) - {"ImageNotFound"} - batch_get <= set(FAILURES)


def test_where_no_image_is_deleted_nothing_is_said_to_be_made(
    cloud: Cloud, app: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {cloud.push_image("app"): "KmsError" for _ in range(7)}
    failing(monkeypatch, images)
    with pytest.raises(
        EcropsError, match=r"7 images were not deleted: .* and 2 more: KmsError: no more is said"
    ) as caught:
        app.delete_images(all=True)
    assert vars(caught.value)["applied"] == ()
    assert left(cloud) == set(images)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for ever"])
def test_a_fault_at_each_call_ends_as_a_run_without_one(
    memory_cloud: Cloud, fault: Fault, times: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "BATCH", 4)
    calls = [*DELETE, "BatchDeleteImage"]
    for number in range(len(calls)):
        name = f"app{number}"
        memory_cloud.emulator.seed([name])
        stays = fill(memory_cloud, name)
        memory_cloud.faults.on(fault, operation=calls[number], skip=int(number == len(calls) - 1), times=times)
        try:
            plan = registry_of(memory_cloud).repository(name).delete_images(tags=["v1", "old*"])
        except (ClientError, BotoCoreError, ResponseParserError):
            assert fault == "denied" or times is None
        else:
            assert sum(change.images for change in plan) == 7
            assert not any("another writer" in note for note in plan.notes)
        assert memory_cloud.faults.hits
        memory_cloud.faults.clear()
        registry_of(memory_cloud).repository(name).delete_images(tags=["v1", "old*"])
        assert left(memory_cloud, name) == stays, (number, calls[number])


def fill(cloud: Cloud, name: str) -> set[str]:
    """Push 7 images that are deleted, in two calls, and three that stay."""
    parts = [cloud.push_image(name) for _ in range(2)]
    stays = {cloud.push_image(name, tag="v2"), cloud.push_index(name, parts[:1], tag="v3"), parts[0]}
    index = cloud.push_index(name, parts, tag="v1")
    cloud.push_referrer(name, index)
    for number in range(4):
        cloud.push_image(name, tag=f"old{number}")
    return stays
