"""Storage over time under a policy: as numbers, as money, and as a picture."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import draw_forecast
from ecrops import LifecycleRule, SpecError
from ecrops.lifecycle import Forecast, Image, simulate
from ecrops.lifecycle.simulation import chart
from ecrops.testing import Cloud

NOW = datetime(2026, 1, 15, tzinfo=UTC)
GB = 1_000_000_000
KEEP_FIVE = LifecycleRule(max_image_count=5)


def an_image(digest: str, *tags: str, days: float = 1, size: int = GB, **more: Any) -> Image:
    return Image(digest, tags, NOW - timedelta(days=days), size, **more)


def two_a_day(days: int = 20) -> list[Image]:
    return [an_image(f"sha256:{n}", f"v{n}", days=(n + 0.5) / 2) for n in range(2 * days)]


def forecast(*rules: LifecycleRule, days: int = 10, images: list[Image] | None = None, **more: Any) -> Forecast:
    return simulate(rules, images or two_a_day(), now=NOW).forecast(days, **more)


# 1. Numbers


def test_pushes_go_on_as_they_were_and_the_policy_runs_each_day() -> None:
    found = forecast(KEEP_FIVE)
    assert found.pushes_per_day == pytest.approx(2, rel=0.05)
    assert [day.stored.images for day in found.days] == [5] * 11
    assert found.days[0].acted == {1: 35}
    assert sum(day.acted.get(1, 0) for day in found.days[1:]) == pytest.approx(20, abs=1)
    assert [day.without.images for day in found.days][::5] == [40, 50, 60]
    assert found.days[-1].without.bytes == 60 * GB
    assert [day.at for day in found.days][-1] == NOW + timedelta(days=10)


def test_a_chart_is_xml_whatever_a_pattern_holds() -> None:
    rule = LifecycleRule(tag_pattern_list=["a\x01*"], max_image_age=1)
    svg = forecast(rule, images=[an_image("a", "a\x01b", days=3)]).plot(title="\x00<b>\ud800").svg
    assert "&lt;b&gt;" in svg
    assert r"a\x01*" in "".join(ElementTree.fromstring(svg).itertext())


def test_of_images_pushed_at_one_moment_the_same_stay_as_in_the_simulation() -> None:
    result = simulate([LifecycleRule(max_image_count=1)], [an_image("a", size=1), an_image("b", size=2)], now=NOW)
    assert result.forecast(1, 0).days[0].stored.bytes == sum(verdict.image.size for verdict in result.kept) == 2


def test_images_with_push_times_to_come_stay_the_newest_until_then() -> None:
    images = [an_image("future", days=-5, size=7), an_image("old", days=5, size=2)]
    days = forecast(LifecycleRule(max_image_count=1), images=images, pushes_per_day=1, days=7).days
    assert [day.stored.bytes for day in days[:5]] == [7] * 5
    assert days[-1].acted == {1: 1}


def test_the_rate_can_be_given_and_may_be_less_than_one_a_day() -> None:
    assert [day.without.images for day in forecast(pushes_per_day=0.25, days=8).days] == [40] * 4 + [41] * 4 + [42]
    assert forecast(pushes_per_day=0).days[-1].without.images == 40


def test_what_is_pushed_has_tags_and_sizes_like_what_was() -> None:
    images = [an_image("a", "prod-1", days=2, size=3 * GB), an_image("b", days=1, size=1 * GB)]
    found = forecast(LifecycleRule(tag_status="untagged", max_image_age=1), images=images, pushes_per_day=2, days=20)
    assert found.days[-1].without.bytes == (4 + 20 * 4) * GB
    assert found.days[-1].stored.bytes == pytest.approx((3 + 20 * 3) * GB, abs=2 * GB), (
        "of the untagged, the last day's"
    )


def test_only_the_last_thirty_days_tell_the_rate() -> None:
    old = [an_image(f"old{n}", days=100 + n) for n in range(90)]
    assert forecast(images=[*old, *two_a_day(60)]).pushes_per_day == pytest.approx(2, rel=0.05)
    assert forecast(images=old).pushes_per_day == 0


def test_an_index_is_pushed_with_its_parts_and_its_artifacts() -> None:
    images = []
    for n in range(10):
        images.append(an_image(f"index{n}", f"v{n}", days=n + 0.5))
        images += [an_image(f"part{n}.{p}", days=n + 0.5, referenced_by=[f"index{n}"]) for p in (1, 2)]
        images.append(an_image(f"signature{n}", days=n + 0.5, subject=f"index{n}"))
    rules = [
        LifecycleRule(tag_pattern_list=["v*"], max_image_count=3),
        LifecycleRule(tag_status="untagged", max_image_age=5),
    ]
    found = forecast(*rules, images=images, pushes_per_day=1, days=12)
    assert found.days[-1].without.images == 4 * 22
    assert 12 <= found.days[-1].stored.images <= 4 * 6, "parts live as long as their index, at least"
    assert found.days[0].artifacts == 7, "the artifacts of the indexes that go"
    assert sum(day.artifacts for day in found.days) == 22 - 3


def test_archived_images_are_told_apart_and_may_expire_later() -> None:
    rules = (
        LifecycleRule(since_image_pulled=5, transition_to="archive", rule_priority=1),
        LifecycleRule(since_image_transitioned=90, rule_priority=2),
    )
    found = forecast(*rules, days=100, pushes_per_day=0)
    assert found.days[0].stored.archived_bytes == 30 * GB
    assert found.days[6].stored.bytes == 0
    assert found.days[6].stored.archived_bytes == 40 * GB
    assert (found.days[90].stored.images, found.days[91].stored.images) == (40, 10)
    assert found.days[91].acted == {2: 30}


def test_numbers_go_through_json_and_into_a_table() -> None:
    found = forecast(KEEP_FIVE, days=2)
    last = json.loads(json.dumps(found.to_dict()))["days"][-1]
    assert last["with"]["images"] == 5
    assert (last["acted"], last["artifacts"]) == ({"1": 2}, 0)
    assert found.to_html().count("<tr>") == 1 + 3


def test_a_forecast_in_words_begins_today() -> None:
    assert str(forecast(KEEP_FIVE, days=2, pushes_per_day=2)).splitlines() == [
        "2 days with 2 pushes a day",
        f"  {NOW:%Y-%m-%d}: 5 images, 5.0 GB, without the policy 40 images, 40.0 GB",
        f"  {NOW + timedelta(days=2):%Y-%m-%d}: 5 images, 5.0 GB, without the policy 44 images, 44.0 GB",
    ]
    assert str(forecast(KEEP_FIVE, days=1)).startswith("1 day with ")


# 2. Money


def test_a_price_turns_storage_into_money() -> None:
    month = forecast(KEEP_FIVE, days=365, pushes_per_day=0)
    cost = month.cost(0.10)
    assert (round(cost.stored, 6), round(cost.without, 6)) == (0.1 * 5 * 12, 0.1 * 40 * 12)
    assert cost.saved == pytest.approx(42)


def test_the_archive_can_have_a_price_of_its_own() -> None:
    archive = LifecycleRule(max_image_count=10, transition_to="archive")
    found = forecast(archive, days=365, pushes_per_day=0)
    assert found.cost(0.10).saved == pytest.approx(0)
    assert found.cost(0.10, 0.01).stored == pytest.approx((10 * 0.10 + 30 * 0.01) * 12)


@pytest.mark.parametrize("price", [-1, "0.1", float("nan"), True])
def test_a_price_is_a_number_of_at_least_0(price: Any) -> None:
    with pytest.raises(SpecError, match="expected a number"):
        forecast().cost(price)


# 3. The picture


def picture(found: Forecast, **more: Any) -> ElementTree.Element:
    return ElementTree.fromstring(found.plot(**more).svg)


def texts(found: Forecast, **more: Any) -> list[str]:
    return [node.text or "" for node in picture(found, **more).iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_names_what_it_shows() -> None:
    said = texts(forecast(KEEP_FIVE), price_per_gb_month=0.1, title="team/api")
    assert said[0] == "team/api: storage over 10 days, with and without the policy"
    assert re.fullmatch(r"2\.\d+ pushes a day; saves \$1\.\d\d of \$1\.\d\d in 10 days", said[1])
    assert {"with the policy", "5.0 GB", "without", "60.0 GB"} <= set(said)
    assert "rule 1: keep last 5 (55)" in said
    assert "15 Jan" in said


def test_the_archive_has_an_area_of_its_own() -> None:
    said = texts(forecast(LifecycleRule(max_image_count=10, transition_to="archive")))
    assert {"standard storage", "in the archive"} <= set(said)


def test_what_is_in_the_picture_is_escaped() -> None:
    assert texts(forecast(), title="<a&b>")[0].startswith("<a&b>: storage")
    rule = LifecycleRule(tag_pattern_list=["<v*"], max_image_count=1)
    images = [an_image("a", "<v1", days=3), an_image("b", "<v2")]
    assert any("keep last 1 <v*" in said for said in texts(forecast(rule, images=images)))


def test_many_rules_have_seven_colours_and_a_rest() -> None:
    rules = [LifecycleRule(tag_pattern_list=[f"v{n}*"], max_image_count=1) for n in range(1, 10)]
    said = texts(forecast(*rules, images=two_a_day(50), pushes_per_day=20))
    assert sum(line.startswith("rule ") for line in said) == 7
    assert "2 more rules" in " ".join(said)


@pytest.mark.parametrize("rules", [(), (KEEP_FIVE,)])
@pytest.mark.parametrize("size", [0, 1, 10**13])
def test_nothing_in_the_picture_leaves_it(rules: tuple[LifecycleRule, ...], size: int) -> None:
    images = [an_image(f"{n}", f"v{n}", days=n, size=size) for n in range(30)]
    drawn = picture(forecast(*rules, images=images, days=400))
    width, height = map(float, drawn.attrib["viewBox"].split()[2:])
    for node in drawn.iter():
        if points := node.attrib.get("points"):
            pairs = [tuple(map(float, pair.split(","))) for pair in points.split()]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in pairs)
        if "x" in node.attrib:
            assert 0 <= float(node.attrib["x"]) <= width
            assert 0 <= float(node.attrib["y"]) <= height


def test_every_colour_can_be_told_from_white_and_from_near_black() -> None:
    for color in (chart.STORED, chart.ARCHIVED, chart.WITHOUT, *chart.RULES, chart.OTHERS, chart.NEUTRAL):
        assert _contrast(color, "#ffffff") >= 3, color
        assert _contrast(color, "#1e1e1e") >= 3, color


def _contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_notebook_shows_the_picture_as_an_image_of_middle_lightness_without_a_background() -> None:
    page = ElementTree.fromstring(forecast(KEEP_FIVE).plot(title="<b>")._repr_html_())
    assert page.tag == "img"
    assert page.attrib["alt"] == "<b>: storage over 10 days, with and without the policy"
    picture = base64.b64decode(page.attrib["src"].removeprefix("data:image/svg+xml;base64,")).decode()
    root = ElementTree.fromstring(picture)
    assert root.attrib["style"] == f"color:{chart.NEUTRAL}"
    assert chart.CARD not in picture
    assert " opacity=" not in picture


def test_a_file_has_a_background_and_can_be_read_on_a_light_and_on_a_dark_page(tmp_path: Path) -> None:
    forecast(KEEP_FIVE).plot().save(tmp_path / "forecast.svg")
    svg = (tmp_path / "forecast.svg").read_text()
    assert "prefers-color-scheme" not in svg
    root = ElementTree.fromstring(svg)
    assert f"color:{chart.CARD_TEXT}" in root.attrib["style"]
    background = root[0].attrib
    assert f"0 0 {background['width']} {background['height']}" == root.attrib["viewBox"], (
        "it lies under all of the picture"
    )
    assert background["fill"] == chart.CARD
    assert _contrast(chart.CARD_TEXT, chart.CARD) >= 7


# 4. Bad input


@pytest.mark.parametrize("name", ["forecast.png", "forecast.html"])
def test_a_file_whose_name_promises_something_else_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match="the picture is SVG"):
        forecast(KEEP_FIVE).plot().save(tmp_path / name)
    assert not (tmp_path / name).exists()
    forecast(KEEP_FIVE).plot().save(str(tmp_path / "FORECAST.SVG"))


@pytest.mark.parametrize("days", [0, -1, 1.5, True, 10**6, "90"])
def test_days_are_a_whole_number(days: Any) -> None:
    with pytest.raises(SpecError, match="days: expected 1 to"):
        forecast(days=days)


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), "2", True, 10**9])
def test_a_rate_is_a_number(rate: Any) -> None:
    with pytest.raises(SpecError, match="pushes_per_day: expected a number between 0 and"):
        forecast(pushes_per_day=rate)


def test_an_empty_repository_gives_no_example() -> None:
    empty = simulate([], [], now=NOW)
    assert empty.forecast(3).days[-1].without.images == 0
    with pytest.raises(SpecError, match="no example"):
        empty.forecast(3, pushes_per_day=1)


# 5. The picture in the README


def test_the_picture_in_the_readme_is_what_a_run_draws(memory_cloud: Cloud) -> None:
    assert draw_forecast.drawn(memory_cloud).svg == draw_forecast.PICTURE.read_text()
