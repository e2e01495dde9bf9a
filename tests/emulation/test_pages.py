"""Repositories and images come in pages, and a page costs what it holds."""

from __future__ import annotations

import time

import pytest

from ecrops.testing import Client, Cloud

from .support import push, refused


def test_repositories_come_in_pages(cloud: Cloud, ecr: Client) -> None:
    names = cloud.emulator.seed(250)
    first = ecr.describe_repositories()
    assert len(first["repositories"]) == 100
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 90}))
    assert [len(page["repositories"]) for page in pages] == [90, 90, 70]
    found = [repository["repositoryName"] for page in pages for repository in page["repositories"]]
    assert sorted(found) == names
    assert found != names


def test_pages_lose_nothing_when_repositories_come_and_go(cloud: Cloud, ecr: Client) -> None:
    names = cloud.emulator.seed(30)
    first = ecr.describe_repositories(maxResults=10)
    seen = [repository["repositoryName"] for repository in first["repositories"]]
    for name in seen[:5]:
        ecr.delete_repository(repositoryName=name)
    rest = ecr.describe_repositories(maxResults=1000, nextToken=first["nextToken"])
    assert sorted(seen + [repository["repositoryName"] for repository in rest["repositories"]]) == names


def test_a_listing_shows_what_came_after_the_last_one(cloud: Cloud, ecr: Client) -> None:
    for count in range(3):
        assert len(ecr.describe_repositories()["repositories"]) == count
        ecr.create_repository(repositoryName=f"app{count}")


def test_names_and_pages_do_not_mix(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.seed(["app"])
    for paging in ({"maxResults": 5}, {"nextToken": "x"}):
        with refused("InvalidParameterException", "repositoryNames"):
            ecr.describe_repositories(repositoryNames=["app"], **paging)
    with refused("InvalidParameterException", "nextToken"):
        ecr.describe_repositories(nextToken="made up")


def test_one_missing_name_fails_the_whole_call(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.seed(["app"])
    assert ecr.describe_repositories(repositoryNames=["app"])["repositories"][0]["repositoryName"] == "app"
    with refused("RepositoryNotFoundException", "'missing'"):
        ecr.describe_repositories(repositoryNames=["app", "missing"])


def test_a_large_registry_is_quick(memory_cloud: Cloud) -> None:
    start = time.perf_counter()
    memory_cloud.emulator.seed(50_000)
    seeded = time.perf_counter()
    pages = memory_cloud.client("ecr").get_paginator("describe_repositories")
    bounds = {"PageSize": 1000, "MaxItems": 15_000}
    found = sum(len(page["repositories"]) for page in pages.paginate(PaginationConfig=bounds))
    assert found == 15_000
    assert seeded - start < 5
    assert time.perf_counter() - seeded < 5


def test_a_page_costs_what_it_holds_not_what_there_is(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(30_000)
    ecr = memory_cloud.client("ecr")
    ecr.describe_repositories(maxResults=1)
    start = time.perf_counter()
    for _ in range(20):
        ecr.describe_repositories(maxResults=1)
    assert time.perf_counter() - start < 0.5


@pytest.fixture
def app(ecr: Client) -> Client:
    """The client, and a repository called app with three tags on two images, and an untagged one."""
    ecr.create_repository(repositoryName="app")
    push(ecr, "one", "1")
    push(ecr, "uno", "1")
    push(ecr, "two", "2")
    push(ecr, None, "3")
    return ecr


@pytest.mark.parametrize(("status", "entries", "details"), [("TAGGED", 3, 2), ("UNTAGGED", 1, 1), ("ANY", 4, 3)])
def test_listings_honour_the_tag_status(app: Client, status: str, entries: int, details: int) -> None:
    wanted = {"repositoryName": "app", "filter": {"tagStatus": status}}
    assert len(app.list_images(**wanted)["imageIds"]) == entries
    assert len(app.describe_images(**wanted)["imageDetails"]) == details


def test_images_come_in_pages(app: Client) -> None:
    for operation, key, total in (("list_images", "imageIds", 4), ("describe_images", "imageDetails", 3)):
        pages = app.get_paginator(operation).paginate(repositoryName="app", PaginationConfig={"PageSize": 2})
        sizes = [len(page[key]) for page in pages]
        assert sum(sizes) == total
        assert max(sizes) == 2


def test_image_ids_and_pages_do_not_mix(app: Client) -> None:
    wanted = {"repositoryName": "app", "imageIds": [{"imageTag": "one"}]}
    assert sorted(app.describe_images(**wanted)["imageDetails"][0]["imageTags"]) == ["one", "uno"]
    with refused("InvalidParameterException", "imageIds"):
        app.describe_images(maxResults=2, **wanted)


def test_only_active_images_are_listed_and_all_are(app: Client) -> None:
    archived = {"repositoryName": "app", "filter": {"imageStatus": "ARCHIVED"}}
    assert app.describe_images(**archived)["imageDetails"] == []
    details = app.describe_images(repositoryName="app")["imageDetails"]
    assert {detail["imageStatus"] for detail in details} == {"ACTIVE"}


def test_a_tag_that_moves_leaves_its_image(app: Client) -> None:
    digest = push(app, "two", "new")
    images = app.list_images(repositoryName="app")["imageIds"]
    assert {"imageTag": "two", "imageDigest": digest} in images
    assert len([image for image in images if "imageTag" not in image]) == 2
