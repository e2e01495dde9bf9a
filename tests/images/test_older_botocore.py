"""What an older botocore does not say of images is read from their manifests: no signature is taken for rubbish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ecrops.images import Image, image, relations
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.copying.support import digests_of, registries
from tests.images.deleting.support import left

UNTAGGED = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
    "action": {"type": "expire"},
}


@pytest.fixture(autouse=True)
def older(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = image.parse

    def without_subject(item: Mapping[str, Any]) -> Image:
        return replace(parse(item), subject=None)

    monkeypatch.setattr(image, "parse", without_subject)
    monkeypatch.setattr(relations, "has_member", lambda *names: False)


@pytest.fixture
def signed(memory_cloud: Cloud) -> tuple[str, str]:
    digest = memory_cloud.push_image("app", tag="v1")
    return digest, memory_cloud.push_referrer("app", digest)


@pytest.fixture
def app(memory_cloud: Cloud) -> Repository:
    return registry_of(memory_cloud).repository("app")


def test_the_signature_of_an_image_that_stays_is_not_deleted_as_an_untagged_image(
    memory_cloud: Cloud, signed: tuple[str, str], app: Repository
) -> None:
    rubbish = memory_cloud.push_image("app")
    app.delete_images(untagged=True)
    assert left(memory_cloud) == set(signed)
    assert rubbish not in left(memory_cloud)


def test_the_signature_goes_with_its_image_and_is_an_orphan_without_it(
    memory_cloud: Cloud, signed: tuple[str, str], app: Repository
) -> None:
    lonely = memory_cloud.push_referrer("app", f"sha256:{'0' * 64}")
    app.delete_images(orphans=True)
    assert lonely not in left(memory_cloud)
    app.delete_images("v1")
    assert left(memory_cloud) == set()


@pytest.mark.parametrize("references", [True, False])
def test_a_policy_for_untagged_images_does_not_take_the_signature(
    memory_cloud: Cloud, signed: tuple[str, str], app: Repository, references: bool
) -> None:
    newer = memory_cloud.push_image("app")
    app.run_lifecycle([UNTAGGED], references=references)
    assert left(memory_cloud) == {*signed, newer}


def test_the_signature_is_copied(memory_cloud: Cloud, signed: tuple[str, str], app: Repository) -> None:
    _, far = registries(memory_cloud)
    app.copy_images(far.repository("copy"))
    assert digests_of(far, "copy") == set(signed)
