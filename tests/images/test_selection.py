"""Which images fit conditions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.images import Image
from ecrops.images.selection import Selection
from ecrops.testing import Cloud
from support import registry_of
from tests.lifecycle.support import digest, pushed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def image(number: int, *tags: str, days: int = 1, pulled: int | None = None, size: int = 10, **more: Any) -> Image:
    last = None if pulled is None else NOW - pulled * DAY
    return Image(digest(number), tags, NOW - days * DAY, size, last_pulled_at=last, **more)


IMAGES = [
    image(1, "v1.0", "latest", days=10, pulled=1),
    image(2, "v1.1", days=5, pulled=3, size=20),
    image(3, days=20),
    image(4, "dev", days=1, size=30, storage_class="archive"),
]


def fitting(**conditions: Any) -> list[int]:
    selection = Selection.of(NOW, **conditions)
    return [int(each.digest[7:], 16) for each in selection.pick(IMAGES)]


@pytest.mark.parametrize(
    ("conditions", "fit"),
    [
        ({}, [1, 2, 3, 4]),
        ({"tags": ["v1.*"]}, [1, 2]),
        ({"tags": ["latest", "dev"]}, [1, 4]),
        ({"tags": ["*"]}, [1, 2, 4]),
        ({"tags": ["v1"]}, []),
        ({"untagged": True}, [3]),
        ({"untagged": False}, [1, 2, 4]),
        ({"pushed_before": 5}, [1, 3]),
        ({"pushed_before": timedelta(days=5, seconds=-1)}, [1, 2, 3]),
        ({"pushed_before": NOW - 5 * DAY}, [1, 3]),
        ({"pushed_after": 5}, [4]),
        ({"pushed_after": 6, "pushed_before": 1}, [2]),
        ({"pulled_before": 2}, [2, 3, 4]),
        ({"pulled_after": 2}, [1]),
        ({"larger_than": 20}, [4]),
        ({"larger_than": 0}, [1, 2, 3, 4]),
        ({"archived": True}, [4]),
        ({"archived": False, "untagged": False}, [1, 2]),
    ],
)
def test_an_image_fits_that_fits_every_condition(conditions: dict[str, Any], fit: list[int]) -> None:
    assert fitting(**conditions) == fit


@pytest.mark.parametrize(
    "conditions", [{"pushed_before": 0}, {"tags": ["*"]}, {"untagged": False}, {"archived": False}]
)
def test_every_condition_is_one(conditions: dict[str, Any]) -> None:
    assert not Selection.of(**conditions).is_everything
    assert Selection.of().is_everything


def test_a_moment_is_the_same_in_each_time_zone() -> None:
    east = (NOW - 5 * DAY).astimezone(timezone(timedelta(hours=9)))
    assert Selection.of(pushed_before=east) == Selection.of(NOW, pushed_before=5)
    assert Selection.of(NOW, pushed_before=5).to_dict() == {"pushed_before": "2026-05-27T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"tags": "v1"}, "tags: expected"),
        ({"tags": []}, "tags: expected at least one pattern of tags; '*' fits every tag"),
        ({"tags": ["a:b"]}, "no tag has ':' in it; give the part behind the ':' alone"),
        ({"tags": ["v*"], "untagged": True}, "no image without tags has a tag"),
        ({"untagged": 1}, "untagged: expected True or False, got 1"),
        ({"archived": "yes"}, "archived: expected True or False, got 'yes'"),
        ({"pushed_before": datetime(2026, 1, 1)}, "pushed_before: expected a time with a time zone"),
        ({"pushed_before": "yesterday"}, "pushed_before: expected a moment, or how long ago"),
        ({"pulled_after": -1}, "pulled_after: expected how long ago, 0 or more"),
        ({"pushed_after": 10**6}, "pushed_after: expected how long ago, and there was no such moment"),
        ({"pushed_after": 10**12}, "pushed_after: expected a number of days"),
        ({"pushed_before": True}, "pushed_before: expected a moment, or how long ago"),
        ({"larger_than": -1}, "larger_than: expected bytes, 0 or more, got -1"),
        ({"larger_than": 1.5}, "larger_than: expected bytes, 0 or more, got 1.5"),
        ({"taggs": ["v*"]}, "did you mean tags"),
    ],
)
def test_what_is_no_condition_is_refused_before_any_call(
    memory_cloud: Cloud, conditions: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        registry_of(memory_cloud).repository("app").images(**conditions)
    assert said in str(caught.value)
    assert memory_cloud.calls.operations() == []


CALLS: list[Callable[[datetime], dict[str, Any]]] = [
    lambda now: {"pushed_before": now - 3 * DAY},
    lambda now: {"pushed_before": 3},
    lambda now: {"pushed_before": 3 * DAY},
]


@pytest.mark.parametrize("conditions", CALLS)
def test_images_that_fit_are_found_page_by_page(
    memory_cloud: Cloud, conditions: Callable[[datetime], dict[str, Any]]
) -> None:
    memory_cloud.emulator.seed(["app"])
    images = [pushed(number, f"v{number}", days=4 if number % 500 == 0 else 2) for number in range(1, 1_501)]
    memory_cloud.emulator.seed_images("app", images)
    found = registry_of(memory_cloud).repository("app").images(tags=["v*0"], **conditions(datetime.now(UTC)))
    assert next(found).tags == ("v500",)
    assert memory_cloud.calls.operations() == ["DescribeImages"]
    assert [each.name for each in found] == ["v1000", "v1500"]
    assert memory_cloud.calls.operations() == ["DescribeImages"] * 2


def test_thousands_of_whole_tags_take_no_longer_than_one() -> None:
    tags = [f"v{number}" for number in range(5_000)]
    images = [image(number, tag) for number, tag in enumerate(tags)]
    begun = process_time()
    assert list(Selection(tags=tags).pick(images)) == images
    assert process_time() - begun < 2


def test_another_name_for_the_time_of_a_push_is_not_taken_for_another_condition(memory_cloud: Cloud) -> None:
    app = registry_of(memory_cloud).repository("app")
    with pytest.raises(SpecError, match="write pushed_before, in days too"):
        list(app.images(older_than=7))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="write pushed_before, in days too"):
        app.archive_images(older_than=180)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="write older_than, in days too"):
        app.delete_images(untagged=True, pushed_before=7)  # type: ignore[arg-type]
    assert not memory_cloud.calls
