"""What in a policy is probably not meant, as the images of a repository show it."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import LifecycleRule
from ecrops.lifecycle import Image, simulate
from tests.lifecycle.simulation.support import NOW, UNTAGGED, an_image


def keep(number: int, *prefixes: str) -> LifecycleRule:
    return LifecycleRule(tag_prefix_list=prefixes, max_image_count=number)


def warned(rules: Any, *images: Image) -> list[tuple[str, str]]:
    return [(found.code, str(found)) for found in simulate(rules, images, now=NOW).warnings]


BUILDS = [an_image(f"sha256:{n}", f"build-{n}", days=n) for n in range(1, 41)]


def test_a_rule_that_selects_no_image_is_told() -> None:
    """Case rule-that-selects-nothing: ustaxcourt/ef-cms#10265, ministryofjustice/cloud-platform-environments#14710."""
    ((code, said),) = warned([keep(10, "SNAPSHOT-")], *BUILDS)
    assert code == "selects-none"
    assert said == "rule 1 (keep last 10 SNAPSHOT-*) selects none of the 40 images"
    ((code, said),) = warned([UNTAGGED], *BUILDS)
    assert (code, said.partition(") ")[2]) == ("selects-none", "selects none of the 40 images: none is untagged")
    ((code, said),) = warned([keep(10, "Build-")], *BUILDS)
    assert (code, said.partition("; ")[2]) == ("selects-none", "did you mean 'build-*'?")


@pytest.mark.parametrize(
    ("prefix", "tag", "suggested"),
    [("biuld-", "build-1", "build-*"), ("SNAPSHOT", "1.2-SNAPSHOT", "*SNAPSHOT*"), ("Latest", "latest", "latest*")],
)
def test_the_nearest_prefix_is_told(prefix: str, tag: str, suggested: str) -> None:
    ((_, said),) = warned([keep(1, prefix)], an_image("1", tag))
    assert said.endswith(f"selects none of the only image; did you mean {suggested!r}?")
    rule = LifecycleRule(tag_pattern_list=[suggested], max_image_count=1)
    assert not warned([rule], an_image("1", tag)), "what is suggested selects an image"


def test_a_start_in_other_case_is_nearer_than_the_same_text_elsewhere() -> None:
    ((_, said),) = warned([keep(1, "Build-")], an_image("1", "x-Build-1"), an_image("2", "build-2"))
    assert said.endswith("did you mean 'build-*'?")


def test_a_rule_that_selects_something_or_has_nothing_to_select_from_is_right() -> None:
    assert not warned([keep(10, "build-")], *BUILDS)
    assert not warned([keep(10, "Build-"), UNTAGGED])
    archived = LifecycleRule(since_image_transitioned=90)
    assert not warned([archived], *BUILDS), "no image is archived yet"
    assert not warned([UNTAGGED], *BUILDS, an_image("sha256:0"))


def test_an_image_in_the_archive_is_none_for_a_rule_of_the_standard_class() -> None:
    stored = [an_image("1", "v1"), an_image("2", "x1", storage_class="archive")]
    assert [code for code, _ in warned([keep(1, "x")], *stored)] == ["selects-none"]


@pytest.mark.parametrize("prefix", ["^build", "feature/", "build|x"])
def test_a_prefix_that_no_tag_can_have_is_told_where_it_selects_none(prefix: str) -> None:
    assert [code for code, _ in warned([keep(10, prefix)], *BUILDS)] == ["impossible-tag"]


def test_a_tag_of_somebodys_own_images_may_be_any_text() -> None:
    """The guide's own example has the tag ``git hash``: what an image has is no mistake."""
    assert not warned([keep(1, "git hash")], an_image("1", "git hash"))


def test_a_list_whose_entries_are_within_each_other_is_told_if_it_leaves_images_out() -> None:
    """Case lint-nested-entries: it selects 2 of the 4 images that were meant."""
    images = [an_image(f"{n}", tag) for n, tag in enumerate(("prod-1", "prod-2", "production-1", "production-2"))]
    ((code, said),) = warned([keep(5, "prod", "production")], *images)
    assert (code, "to which prod* adds nothing" in said) == ("all-of", True)
    assert not warned([keep(5, "prod", "production")], *images[2:])
    assert not warned([keep(5, "prod", "web")], an_image("1", "prod-1", "web-1"), an_image("2", "prod-2"))
