"""Rules that shield the images of any of some tags from all later rules."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import LifecycleRule, RepositorySpec, SpecError
from ecrops.lifecycle import Guard, lint, shield, simulate
from tests.lifecycle.simulation.support import NOW, an_image, digests

REST = LifecycleRule(max_image_age=3)


def test_an_image_with_any_of_the_tags_is_kept_from_later_rules() -> None:
    images = [
        an_image(f"sha256:{n}", *tags, days=10)
        for n, tags in enumerate((["prod-1"], ["web-1"], ["prod-2", "web-2"], ["dev-1"], []))
    ]
    rules = [*shield(["prod", "web"], keep=100), REST]
    assert digests(simulate(rules, images, now=NOW).expired) == ["sha256:3", "sha256:4"]
    anded = [LifecycleRule(tag_prefix_list=["prod", "web"], max_image_count=100), REST]
    assert digests(simulate(anded, images, now=NOW).kept) == ["sha256:2"], "what one rule says instead"


def test_each_rule_keeps_the_newest_images_of_its_tag_and_says_so() -> None:
    rules = shield(["prod"], tag_pattern_list=["*-rc"], keep=1)
    assert [rule.to_dict() for rule in rules] == [
        {
            "description": "keeps the last image with a tag like prod* from all later rules",
            "tag_status": "tagged",
            "tag_prefix_list": ["prod"],
            "max_image_count": 1,
        },
        {
            "description": "keeps the last image with a tag like *-rc from all later rules",
            "tag_status": "tagged",
            "tag_pattern_list": ["*-rc"],
            "max_image_count": 1,
        },
    ]
    images = [an_image("1", "prod-1", days=1), an_image("2", "prod-2", days=2)]
    assert digests(simulate(rules, images, now=NOW).expired) == ["2"]


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (["prod", "production"], ["production*", "prod*"]),
        (["", "v", "v1"], ["v1*", "v*", "*"]),
        (["a", "b", "a"], ["a*", "b*"]),
        (["b", "a"], ["b*", "a*"]),
    ],
)
def test_a_tag_within_another_comes_first_and_no_rule_is_made_twice(given: list[str], ordered: list[str]) -> None:
    rules = shield(given, tag_pattern_list=[f"{given[0]}*"], keep=5)
    assert [f"{(rule.tag_prefix_list or ())[0]}*" for rule in rules] == ordered
    assert not [finding for finding in lint(rules) if finding.code == "never-acts"]
    assert RepositorySpec("ab", lifecycle_rules=[*rules, REST])


@pytest.mark.parametrize(
    ("prefixes", "options", "said"),
    [
        (["prod*"], {"keep": 5}, r"'prod\*' fits no tag: no tag has '\*' in it; '\*' is a wildcard in patterns only"),
        (["prod|dev"], {"keep": 5}, "a pattern is no regular expression"),
        ([], {"tag_pattern_list": [""], "keep": 5}, "no tag is empty"),
        ([], {"tag_pattern_list": ["*a*b*c*d*"], "keep": 5}, "at most four"),
        ("prod", {"keep": 5}, r"tag_prefix_list: expected a list of strings, got 'prod'; write \['prod'\]"),
        (["prod"], {"keep": 0}, "^keep: expected a number of images, 1 or more, got 0$"),
        (["prod"], {"keep": True}, "^keep: .* got True$"),
        ([], {"keep": 5}, "expected at least one tag"),
    ],
)
def test_what_shields_nothing_is_refused(prefixes: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        shield(prefixes, **options)


@pytest.mark.parametrize("text", ["a" * 129, "a" * 65 + "*" + "b" * 64])
def test_a_pattern_that_is_longer_than_a_tag_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="no tag has more than 128 characters"):
        shield(tag_pattern_list=[text], keep=3)
    with pytest.raises(SpecError, match="which no tag fits: no tag has more than 128 characters"):
        Guard(never=[text])
    assert Guard(never=["a" * 128, "a" * 64 + "*" + "b" * 64])
    with pytest.raises(SpecError, match="no tag has more than 128 characters"):
        shield(["a" * 129], keep=3)
