"""A new repository is not found at first, and a deleted one is still found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecrops.testing import Client, Cloud

from .support import error_code, many, refused


def not_found(call: Callable[[], object]) -> bool:
    code = error_code(call)
    assert code in (None, "RepositoryNotFoundException")
    return code is not None


@pytest.mark.parametrize(
    "look",
    [
        lambda ecr, arn: ecr.describe_repositories(repositoryNames=["app"]),
        lambda ecr, arn: ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE"),
        lambda ecr, arn: ecr.list_images(repositoryName="app"),
        lambda ecr, arn: ecr.tag_resource(resourceArn=arn, tags=many(1)),
        lambda ecr, arn: ecr.delete_repository(repositoryName="app"),
    ],
)
def test_a_new_repository_is_not_found_at_first(
    cloud: Cloud, ecr: Client, look: Callable[[Client, str], object]
) -> None:
    cloud.emulator.appear_after = 2
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    assert ecr.describe_repositories()["repositories"] == []
    assert cloud.emulator.exists("app")
    with refused("RepositoryAlreadyExistsException"):
        ecr.create_repository(repositoryName="app")
    assert [not_found(lambda: look(ecr, arn)) for _ in range(3)] == [True, True, False]


def test_a_new_repository_is_listed_once_it_was_looked_for_often_enough(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.appear_after = 1
    ecr.create_repository(repositoryName="app")
    batch = {"repositoryNames": ["app"]}
    assert ecr.batch_get_repository_scanning_configuration(**batch)["failures"]
    assert not ecr.batch_get_repository_scanning_configuration(**batch)["failures"]
    assert len(ecr.describe_repositories()["repositories"]) == 1


def test_a_deleted_repository_is_still_described_at_first(cloud: Cloud, ecr: Client) -> None:
    ecr.create_repository(repositoryName="app")
    cloud.emulator.vanish_after = 3
    ecr.delete_repository(repositoryName="app")
    assert not cloud.emulator.exists("app")
    assert not not_found(lambda: ecr.describe_repositories(repositoryNames=["app"]))
    assert not_found(lambda: ecr.delete_repository(repositoryName="app"))
    assert len(ecr.describe_repositories()["repositories"]) == 1
    with refused("RepositoryAlreadyExistsException"):
        ecr.create_repository(repositoryName="app")
    assert ecr.describe_repositories()["repositories"] == []
    assert not_found(lambda: ecr.describe_repositories(repositoryNames=["app"]))
    ecr.create_repository(repositoryName="app")
