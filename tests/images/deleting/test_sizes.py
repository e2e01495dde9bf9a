"""Deletions of many images: how many calls they take, and how long a plan is."""

from __future__ import annotations

from ecrops.repository import Repository
from ecrops.testing import Cloud
from tests.images.deleting.support import DELETE, left, push_index, since
from tests.lifecycle.support import INDEX, pushed


def test_more_than_a_call_takes_goes_in_several_whose_order_is_kept(cloud: Cloud, app: Repository) -> None:
    parts = [cloud.push_image("app") for _ in range(130)]
    index = cloud.push_index("app", parts, tag="wide")
    small = [push_index(cloud, f"v{number}") for number in range(30)]
    calls = since(cloud, lambda: app.delete_images(all=True))
    assert calls == [*DELETE, *["BatchDeleteImage"] * 2]
    assert left(cloud) == set()
    sent = [[each["imageDigest"] for each in call.params["imageIds"]] for call in cloud.calls.of("BatchDeleteImage")]
    assert max(map(len, sent)) == 100
    order = [each for batch in sent for each in batch]
    assert order.index(index) < min(map(order.index, parts))
    for group in small:
        assert any(set(group) <= set(batch) for batch in sent), "a small index is never cut in two"


def test_a_wide_index_fills_the_call_before_it(cloud: Cloud, app: Repository) -> None:
    cloud.emulator.seed_images("app", [pushed(number, f"v{number}", days=9) for number in range(1, 31)])
    parts = [cloud.push_image("app") for _ in range(130)]
    index = cloud.push_index("app", parts, tag="wide")
    app.delete_images(all=True)
    sent = [[each["imageDigest"] for each in call.params["imageIds"]] for call in cloud.calls.of("BatchDeleteImage")]
    assert [len(batch) for batch in sent] == [100, 61]
    assert index in sent[0]
    assert left(cloud) == set()


def test_thousands_of_images_are_planned_in_few_calls_and_the_plan_is_short(cloud: Cloud, dry: Repository) -> None:
    images = [pushed(number, f"v{number}", days=number) for number in range(1, 2_000)]
    images += [pushed(number) for number in range(2_000, 3_001)]
    cloud.emulator.seed_images("app", images)
    plan = dry.delete_images(all=True, never=["v1*"])
    assert cloud.calls.operations() == [*["DescribeImages"] * 3, "DescribeRegistry"]
    assert sum(change.images for change in plan) == 1_889
    assert len(plan) == 19
    assert max(map(len, str(plan).splitlines())) < 700
    assert len(str(plan).splitlines()) < 100


def test_the_manifests_of_a_thousand_indexes_are_read_a_hundred_a_call(cloud: Cloud, dry: Repository) -> None:
    cloud.emulator.seed_images(
        "app",
        [
            pushed(number, f"v{number}", imageManifestMediaType=INDEX, manifest={"manifests": []})
            for number in range(1, 1_001)
        ],
    )
    dry.delete_images("v7")
    assert cloud.calls.operations() == ["DescribeImages", *["BatchGetImage"] * 10, "DescribeRegistry"]
