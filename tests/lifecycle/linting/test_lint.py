"""What in a policy is probably not meant, and what changes from one policy to another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ecrops import LifecycleRule, SpecError
from ecrops.lifecycle import Image, compare, lint, simulate

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def an_image(digest: str, *tags: str, days: float = 1) -> Image:
    return Image(digest, tags, NOW - timedelta(days=days), 10**9)


def keep(number: int, *patterns: str) -> LifecycleRule:
    return LifecycleRule(tag_pattern_list=patterns, max_image_count=number)


def codes(*rules: LifecycleRule) -> list[tuple[str, int]]:
    return [(finding.code, finding.rule_priority) for finding in lint(rules)]


# 1. Without images


def test_a_rule_behind_one_that_sees_all_its_images_never_acts() -> None:
    (finding,) = lint([keep(5, "prod*"), LifecycleRule(tag_prefix_list=["prod-eu"], max_image_age=30)])
    assert (finding.code, finding.rule_priority) == ("never-acts", 2)
    assert str(finding).startswith("rule 2 (expire prod-eu* after 30 days) never acts: rule 1 (keep last 5 prod*) sees")
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "never-acts"


@pytest.mark.parametrize(
    "wide, narrow",
    [("*", "a"), ("a*", "ab*"), ("*b", "*ab"), ("*x*", "axb*"), ("a*c", "a*b*c"), ("*", "*a*"), ("a*a", "aa")],
)
def test_a_pattern_within_another_is_covered_by_it_but_not_the_other_way(wide: str, narrow: str) -> None:
    assert codes(keep(1, wide), keep(2, narrow)) == [("never-acts", 2)]
    assert codes(keep(1, narrow), keep(2, wide)) == []


@pytest.mark.parametrize("one, other", [("a*", "*a"), ("a*b", "ab*"), ("a*a", "a"), ("*ab*", "*a*b*")])
def test_patterns_that_only_overlap_cover_nothing(one: str, other: str) -> None:
    assert codes(keep(1, one), keep(2, other)) == []


def test_a_list_is_covered_by_a_part_of_it_but_not_by_more() -> None:
    assert ("never-acts", 2) in codes(keep(1, "a*"), keep(1, "ab*", "c*"))
    assert ("never-acts", 2) not in codes(keep(1, "a*", "d*"), keep(1, "ab*", "c*"))


def test_rules_of_different_storage_classes_do_not_meet() -> None:
    archived = LifecycleRule(tag_pattern_list=["*"], since_image_transitioned=90)
    assert codes(keep(1, "*"), archived) == []


def test_a_list_that_is_anded_is_told_unless_one_entry_says_it_all() -> None:
    (finding,) = lint([keep(5, "prod*", "staging*")])
    assert finding.code == "all-of"
    assert "all of prod*, staging*; for images that have one of them, give each a rule of its own" in str(finding)
    assert codes(keep(5, "prod*", "prod-eu*")) == []


def test_any_by_age_behind_a_count_is_told() -> None:
    (finding,) = lint([keep(5, "prod*"), LifecycleRule(max_image_age=30)])
    assert (finding.code, finding.rule_priority) == ("any-by-age", 2)
    assert "takes none that rule 1 (keep last 5 prod*) keeps, however old" in str(finding)
    assert codes(LifecycleRule(tag_status="untagged", max_image_age=1), LifecycleRule(max_image_age=30)) == []


def test_a_policy_that_ecr_would_refuse_is_not_linted() -> None:
    with pytest.raises(SpecError):
        lint("{}")


# 2. With images


def test_with_images_a_rule_is_told_whose_images_are_all_seen_before() -> None:
    rules = [keep(5, "a*"), keep(5, "*b"), keep(5, "c*")]
    result = simulate(rules, [an_image("1", "ab"), an_image("2", "axb")], now=NOW)
    (finding,) = result.warnings
    assert (finding.code, finding.rule_priority) == ("never-acts", 2)
    assert "earlier rules see all 2 of its images first" in str(finding)


def test_with_images_a_list_is_told_only_if_no_image_satisfies_it() -> None:
    rules = [keep(5, "prod*", "staging*")]
    assert [w.code for w in simulate(rules, [an_image("1", "prod-1")], now=NOW).warnings] == ["all-of"]
    assert not simulate(rules, [an_image("1", "prod-1", "staging-1")], now=NOW).warnings


# 3. Two policies


def test_a_comparison_names_the_images_whose_fate_changes() -> None:
    images = [an_image(f"sha256:{n}", f"v{n}", days=n) for n in range(1, 6)]
    found = compare([keep(3, "v*")], [keep(4, "v*")], images, now=NOW)
    assert [str(difference) for difference in found] == ["v4: expire by rule 1 -> keep by rule 1"]
    assert [verdict.image.name for verdict in found.spared] == ["v4"]
    assert found.summary == "1 of 5 differ: 1 spared, 1.0 GB"
    back = compare([keep(4, "v*")], [keep(3, "v*")], images, now=NOW)
    assert [verdict.image.name for verdict in back.expired] == ["v4"]
    assert str(back).splitlines()[0] == "1 of 5 differ: 1 more expire, 1.0 GB"
    assert json.loads(json.dumps(back.to_dict()))["differences"][0]["digest"] == "sha256:4"
    assert "v4" in back._repr_html_()


def test_policies_that_do_the_same_by_other_rules_do_not_differ() -> None:
    images = [an_image(f"{n}", f"v{n}", days=n) for n in range(1, 6)]
    found = compare([keep(3, "v*")], [keep(9, "x*"), keep(3, "v*")], images, now=NOW)
    assert not found
    assert str(found) == "no image differs"


def test_no_policy_can_be_compared_with_one() -> None:
    images = iter([an_image("1", "v1", days=2), an_image("2", "v2")])
    assert [v.image.name for v in compare((), [keep(1, "v*")], images, now=NOW).expired] == ["v1"]
