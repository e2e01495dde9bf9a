"""The inventory of a registry: numbers, money, growth, what is used, and what could not be read."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import EcropsError, LifecycleRule, Registry, SpecError
from ecrops.images import InUse
from ecrops.inventory import Inventory, InventoryRow
from ecrops.testing import Cloud
from ecrops.testing.emulator.calls import Call
from support import registry_of
from tests.images.deleting.support import archive, push_index

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GB = 10**9
NAMES = ("api", "old", "void")


def image(number: int, days: float, *tags: str, **more: Any) -> dict[str, Any]:
    return {
        "imageDigest": f"sha256:{number:064x}",
        "imageTags": tags,
        "imagePushedAt": NOW - timedelta(days=days),
        "imageSizeInBytes": GB,
        **more,
    }


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """Three repositories: one grows and has a policy, one is old, one is empty."""
    memory_cloud.emulator.seed(["api", "old", "void"])
    registry_of(memory_cloud).repository("api").ensure(lifecycle_rules=[LifecycleRule(max_image_count=4)])
    pulled = {"lastRecordedPullTime": NOW - timedelta(days=2)}
    fresh = [image(number, number, f"v{number}", **(pulled if number == 3 else {})) for number in range(1, 6)]
    memory_cloud.emulator.seed_images("api", fresh)
    archived = {"imageStatus": "ARCHIVED", "lastArchivedAt": NOW}
    memory_cloud.emulator.seed_images("old", [image(8, 200, "v1"), image(9, 300), image(7, 400, "v0", **archived)])
    memory_cloud.calls.clear()
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return registry_of(cloud)


def test_a_row_says_what_a_repository_stores_and_what_that_costs(registry: Registry) -> None:
    api, old, void = registry.inventory(*NAMES, now=NOW, days=0)
    assert [row.repository for row in (api, old, void)] == ["api", "old", "void"]
    assert (api.images, api.bytes, api.untagged, api.older, api.growth_bytes) == (5, 5 * GB, 0, 0, 5 * GB)
    assert (api.has_policy, old.has_policy) == (True, False)
    assert (old.untagged, old.untagged_bytes, old.older, old.archived_bytes, old.growth) == (1, GB, 3, GB, 0)
    assert (api.last_pushed_at, api.last_pulled_at) == (NOW - timedelta(days=1), NOW - timedelta(days=2))
    assert old.last_pulled_at is None
    assert void == InventoryRow(repository="void", has_policy=False)
    assert api.cost_per_month == pytest.approx(0.5)
    assert api.in_use is api.unused_bytes is api.forecast_bytes is api.unique_bytes is None
    assert not api.is_exact


def test_it_takes_one_listing_and_two_calls_a_repository(cloud: Cloud, registry: Registry) -> None:
    assert len(registry.inventory()) == 3
    assert Counter(cloud.calls.operations()) == {
        "DescribeRepositories": 1,
        "DescribeImages": 3,
        "GetLifecyclePolicy": 3,
    }
    cloud.calls.clear()
    list(registry.inventory("api"))
    assert sorted(cloud.calls.operations()) == ["DescribeImages", "GetLifecyclePolicy"]


def test_nothing_is_read_before_the_first_row_and_nothing_twice(cloud: Cloud, registry: Registry) -> None:
    inventory = registry.inventory()
    assert not cloud.calls.operations()
    assert repr(inventory) == "<Inventory: 0 repositories read>"
    assert inventory
    read = len(cloud.calls.operations())
    assert [row.repository for row in inventory] == [row.repository for row in inventory.rows]
    assert str(inventory)
    assert inventory._repr_html_()
    assert len(cloud.calls.operations()) == read


def test_rows_come_while_others_are_not_read_yet(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed([f"many/{number:03}" for number in range(250)])
    rows = iter(registry.inventory(days=0))
    next(rows)
    assert cloud.calls.operations().count("DescribeImages") == 100
    assert len(list(rows)) == 252


def test_the_forecast_is_that_of_the_lifecycle_policy(registry: Registry) -> None:
    api, old, void = registry.inventory(*NAMES, now=NOW, days=30, archive_price_per_gb_month=0.05)
    assert api.forecast_bytes == 4 * GB, "the policy keeps four"
    assert api.forecast_cost_per_month == pytest.approx(0.4)
    assert old.forecast_bytes == 3 * GB
    assert old.cost_per_month == old.forecast_cost_per_month == pytest.approx(0.25)
    assert void.forecast_bytes == 0


def test_what_is_used_and_what_nobody_uses(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    _, index, *parts = push_index(cloud, "v1")
    cloud.push_image("app", tag="v2", layers=[b"x" * 1000])
    registry = registry_of(cloud)
    sizes = {each.digest: each.size for each in registry.repository("app").images()}
    running = InUse({f"app@{index}": ["ECS service web"]})
    cloud.calls.clear()
    assert list(registry.inventory("app"))
    assert "BatchGetImage" not in cloud.calls.operations(), "ECR counts a reading as a pull"
    api, app, *_ = registry.inventory("api", "app", in_use=running)
    assert (api.in_use, api.in_use_bytes, api.unused_bytes) == (0, 0, 5 * GB)
    assert app.in_use == 4, "the index, its parts, and the signature"
    assert app.unused == 1
    assert app.unused_bytes == sum(sizes.values()) - (app.in_use_bytes or 0)
    assert app.untagged == 0, "parts of an index are not untagged"
    assert cloud.calls.operations().count("BatchGetImage") == 1
    assert parts


def test_shared_layers_count_once_where_manifests_are_read(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    base = b"b" * 5000
    first = cloud.push_image("app", tag="v1", layers=[base, b"1" * 100])
    cloud.push_image("app", tag="v2", layers=[base, b"2" * 100])
    (plain,) = registry_of(cloud).inventory("app")
    (exact,) = registry_of(cloud).inventory("app", manifests=True)
    assert exact.bytes == plain.bytes
    assert plain.bytes - 5000 == exact.unique_bytes == exact.stored_bytes
    assert exact.is_exact
    assert exact.cost_per_month < plain.cost_per_month
    archive(cloud, first)
    inventory = registry_of(cloud).inventory("app", manifests=True)
    (partly,) = inventory
    assert partly.stored_bytes == plain.bytes
    assert (partly.uncounted, partly.is_exact) == (1, False)
    assert "1 image with all layers: their manifests could not be read, or name none" in str(inventory)


def test_a_repository_that_cannot_be_read_is_a_row_and_hides_no_other(cloud: Cloud, registry: Registry) -> None:
    def is_old(call: Call) -> bool:
        return call.params.get("repositoryName") == "old" and call.operation == "DescribeImages"

    cloud.faults.on("denied", where=is_old, times=None)
    inventory = registry.inventory(*NAMES, now=NOW)
    assert [bool(row.error) for row in inventory] == [False, True, False]
    assert inventory.total.images == 5
    assert "old: An error occurred (AccessDenied" in str(inventory)
    assert [row.repository for row in inventory.errors] == ["old"]
    (row,) = registry.inventory("none")
    assert "RepositoryNotFoundException" in row.error


def test_a_policy_that_cannot_be_read_hides_no_images(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="GetLifecyclePolicy", times=None)
    row, *_ = registry.inventory(*NAMES, now=NOW)
    assert (row.images, row.has_policy, row.forecast_bytes) == (5, None, None)
    assert row.error.startswith("lifecycle policy: ")
    cloud.faults.clear()
    cloud.emulator.keep_lifecycle_policy("api", {"rules": [{"rulePriority": 1, "selection": {"tagStatus": "new"}}]})
    row, *_ = registry.inventory(*NAMES, now=NOW)
    assert row.images == 5
    assert row.error.startswith("lifecycle policy: ")


def test_a_listing_that_is_refused_is_an_error_now_and_later(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="DescribeRepositories")
    inventory = registry.inventory()
    with pytest.raises(ClientError, match="AccessDenied"):
        list(inventory)
    with pytest.raises(EcropsError, match="broke off"):
        _ = inventory.total


def test_the_fastest_growing_come_first(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images(
        "void", [image(20, 29, "a", imageSizeInBytes=9 * GB), image(21, 31, "b", imageSizeInBytes=90 * GB)]
    )
    inventory = registry.inventory(*NAMES, now=NOW)
    assert [row.repository for row in inventory.fastest_growing()] == ["void", "api"]
    assert [row.repository for row in inventory.fastest_growing(1)] == ["void"]
    assert [row.repository for row in inventory.largest(2)] == ["void", "api"]
    with pytest.raises(SpecError, match="at least 1"):
        inventory.fastest_growing(0)


def test_the_table_of_a_terminal(registry: Registry) -> None:
    lines = str(registry.inventory(*NAMES, now=NOW, days=30)).split("\n")
    assert lines == [
        "repository        images    size  untagged  archived  pushed in 30 days  a month  in 30 days",
        "api                    5  5.0 GB       0 B       0 B             5.0 GB    $0.50       $0.40",
        "old                    3  3.0 GB    1.0 GB    1.0 GB                0 B    $0.30       $0.30",
        "void                   0     0 B       0 B       0 B                0 B    $0.00       $0.00",
        "all repositories       8  8.0 GB    1.0 GB    1.0 GB             5.0 GB    $0.80       $0.70",
        "prices: $0.10 for a GB in a month",
        "layers that images share are counted with each of them: manifests=True counts each once in its repository",
        "2 repositories have no lifecycle policy",
    ]


def test_csv_and_json(registry: Registry) -> None:
    inventory = registry.inventory(*NAMES, now=NOW)
    file = io.StringIO()
    csv.writer(file).writerows(inventory.csv_rows())
    api, _, void = csv.DictReader(file.getvalue().splitlines())
    assert (api["repository"], api["bytes"], api["has_policy"]) == ("api", str(5 * GB), "True")
    assert api["last_pushed_at"] == "2026-04-30T12:00:00+00:00"
    assert void["last_pushed_at"] == void["in_use"] == ""
    facts = json.loads(json.dumps(inventory.to_dict()))
    assert facts["total"]["images"] == 8
    assert [row["repository"] for row in facts["repositories"]] == ["api", "old", "void"]
    assert facts["prices_per_gb_month"] == {"storage": 0.10, "archive": None, "currency": "$"}


def test_an_empty_registry_has_an_inventory(memory_cloud: Cloud) -> None:
    inventory = registry_of(memory_cloud).inventory()
    assert not inventory
    assert isinstance(inventory, Inventory)
    assert inventory.total.images == 0
    assert "all repositories" in str(inventory)


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (("A B",), {}, "name"),
        ((["api"],), {}, "inventory"),
        ((), {"price_per_gb_month": -1}, "price"),
        ((), {"manifests": 1}, "manifests: expected True or False"),
        ((), {"older_than": "week"}, "older_than: expected a moment"),
        ((), {"in_use": 3}, "in_use: expected"),
        ((), {"days": -1}, "days: expected 0 to"),
        ((), {"now": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_bad_input_is_refused_at_once(
    cloud: Cloud, registry: Registry, names: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        registry.inventory(*names, **options)
    assert not cloud.calls.operations()
