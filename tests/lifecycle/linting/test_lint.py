"""What in a policy is probably not meant, and what changes from one policy to another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecrops import LifecycleRule, SpecError
from ecrops.lifecycle import Image, compare, lint, simulate

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def an_image(digest: str, *tags: str, days: float = 1) -> Image:
    return Image(digest, tags, NOW - timedelta(days=days), 10**9)


def keep(number: int, *patterns: str) -> LifecycleRule:
    return LifecycleRule(tag_pattern_list=patterns, max_image_count=number)


def codes(*rules: LifecycleRule) -> list[tuple[str, int | None]]:
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


def test_a_list_that_is_anded_is_told_also_if_one_entry_says_it_all() -> None:
    (finding,) = lint([keep(5, "prod*", "staging*")])
    assert finding.code == "all-of"
    assert "all of prod*, staging*; for images that have one of them, give each a rule of its own" in str(finding)
    (finding,) = lint([keep(5, "prod*", "prod-eu*")])
    assert finding.code == "all-of"
    assert "only images that have a tag for prod-eu*, to which prod* adds nothing; for images" in str(finding)
    assert codes(keep(5, "prod*", "prod*")) == [], "an entry twice is one"


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
    result = simulate(rules, [an_image("1", "ab"), an_image("2", "axb"), an_image("3", "c")], now=NOW)
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


# 4. Patterns, bounds, and what was acknowledged


def prefixed(*prefixes: str) -> LifecycleRule:
    return LifecycleRule(tag_prefix_list=prefixes, max_image_count=5)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("^v[0-9]+", "no tag has '^' in it; a pattern is no regular expression"),
        ("feature/", "no tag has '/' in it; tags are made of letters"),
        ("sha256:abc", "no tag has ':' in it; this is no tag but a digest, or a part of one"),
        ("prod|dev", "no tag has '|' in it; a pattern is no regular expression"),
        ("pro d", "no tag has ' ' in it"),
        ("prod*", "no tag has '*' in it; '*' is a wildcard in patterns only, not in prefixes"),
        ("-prod", "no tag starts with '-'"),
        (".*", "no tag has '*' in it"),
        ("p" * 129, "no tag has more than 128 characters"),
        ("repo:prod", "give the part behind the ':' alone"),
    ],
)
def test_a_prefix_that_no_tag_can_have_is_told(prefix: str, said: str) -> None:
    """Case pattern-no-tag-can-fit: awsdocs/amazon-ecr-user-guide#17."""
    (finding,) = [found for found in lint([prefixed(prefix)]) if found.code == "impossible-tag"]
    assert finding.rule_priority == 1
    assert said in str(finding)


@pytest.mark.parametrize("pattern", [".*", "v1.2/*", "*prod?"])
def test_a_pattern_that_no_tag_can_fit_is_told(pattern: str) -> None:
    assert ("impossible-tag", 1) in codes(keep(5, pattern))


@pytest.mark.parametrize("pattern", ["*", "v1.*", "*.sig", "*-rc", "_x", "A*b*C", "*" + "p" * 128])
def test_a_pattern_that_a_tag_can_fit_is_right(pattern: str) -> None:
    assert codes(keep(5, pattern)) == []


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (("prod*", "production*"), "a tag for production*, to which prod* adds nothing"),
        (("v*", "v1*"), "a tag for v1*, to which v* adds nothing"),
        (("*", "release-*"), "a tag for release-*, to which * adds nothing"),
        (("latest*", "latest"), "a tag for latest, to which latest* adds nothing"),
        (("prod*", "production*", "web*"), "tags for all of production*, web*, to which prod* adds nothing"),
    ],
)
def test_a_list_whose_entries_are_within_each_other_is_told(entries: tuple[str, ...], said: str) -> None:
    """Case lint-nested-entries: DNXLabs/terraform-aws-ecr ecr-lifecycle.tf."""
    (finding,) = lint([keep(5, *entries)])
    assert finding.code == "all-of"
    assert said in str(finding)


@pytest.mark.parametrize("entries", [["dev", "demo", "prod"], ["prod", "staging"], list("abcdefghijklmnop")])
def test_a_list_of_tags_that_no_image_has_together_is_told(entries: list[str]) -> None:
    """Cases and-list-three, and-list-moving-tags, sixteen-prefixes.

    Sources: govuk-one-login/life-events-platform#715, instantdb/instant#2759,
    awslabs/ecs-refarch-continuous-deployment#38. No limit of a list of tags is documented: it is told, not refused.
    """
    assert codes(prefixed(*entries)) == [("all-of", 1)]


def test_a_policy_that_never_expires_tagged_images_is_told() -> None:
    """Case tagged-never-bounded: towardsthecloud/cloudburn#190, copilot-cli#4154."""
    untagged = LifecycleRule(tag_status="untagged", max_image_age=365)
    (finding,) = lint([untagged])
    assert (finding.code, finding.rule_priority) == ("tagged-never-expire", None)
    assert finding.to_dict()["rule_priority"] is None
    archiving = LifecycleRule(since_image_pulled=90, transition_to="archive")
    archived = LifecycleRule(since_image_transitioned=90)
    assert codes(untagged, archiving) == [("tagged-never-expire", None)], "archived images stay too"
    assert codes(untagged, archived) == [("tagged-never-expire", None)], "nothing is ever archived"
    assert codes(untagged, archiving, archived) == []
    assert codes(untagged, prefixed("v")) == []
    assert lint([]) == ()


def test_findings_that_somebody_accepted_are_left_out() -> None:
    rules = [prefixed("prod"), LifecycleRule(max_image_age=30)]
    assert [finding.code for finding in lint(rules)] == ["any-by-age"]
    assert lint(rules, ignore={"any-by-age"}) == ()
    assert [finding.code for finding in lint(rules, ignore=["all-of", "never-acts"])] == ["any-by-age"]


@pytest.mark.parametrize(
    ("ignore", "said"),
    [(["any-by-ages"], "did you mean any-by-age?"), ("any-by-age", r"write \['any-by-age'\]"), ([7], "got 7 in it")],
)
def test_a_code_that_no_finding_has_cannot_be_accepted(ignore: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        lint([prefixed("prod")], ignore=ignore)


def document(*rules: LifecycleRule) -> str:
    numbered = [{"rulePriority": number, **rule.to_ecr()} for number, rule in enumerate(rules, 1)]
    return json.dumps({"rules": numbered})


@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_text_of_a_policy_may_be_bytes(kind: type, encoding: str) -> None:
    """Case policy-given-as-bytes: CircleCI-Public/aws-ecr-orb#217."""
    content: Any = kind(document(prefixed("ä", "b")).encode(encoding))
    assert [finding.code for finding in lint(content)] == ["impossible-tag"]
    assert len(simulate(content, [an_image("1", "ä", "b")], now=NOW).kept) == 1


@pytest.mark.parametrize("wrong", [b"", b"\xff\xff", b"{", bytearray(b"[7")])
def test_bytes_that_are_no_policy_are_refused_for_one_reason(wrong: Any) -> None:
    for read in (lint, lambda policy: compare(policy, policy, [])):
        with pytest.raises(SpecError) as caught:
            read(wrong)
        assert len(caught.value.reasons) == 1


def test_a_rule_alone_is_told_to_be_put_in_a_list() -> None:
    rule = prefixed("prod")
    for wrong in (rule, rule.to_dict(), rule.to_ecr()):
        with pytest.raises(SpecError, match=r"write \[rule\]"):
            lint(wrong)  # type: ignore[arg-type]


def test_rules_are_taken_in_all_three_forms() -> None:
    rule = prefixed("a", "b")
    for form in (rule, rule.to_dict(), rule.to_ecr()):
        assert codes(form) == [("all-of", 1)]  # type: ignore[arg-type]
