"""Rules and policies: what ECR would refuse is refused, and the order is the CDK's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecrops import LifecycleRule, RepositorySpec, SpecError
from support import cases

CDK = [case for case in cases("cdk") if case["category"] == "lifecycle" and case["applicability"] == "direct"]
SERVICE = cases("lifecycle_validation")
STRICTER = {"lc-28", "lc-29", "lc-32", "lc-33"}  # the CDK renders them, and ECR refuses what it renders


def given_rules(case: dict[str, Any]) -> list[dict[str, Any]]:
    source = case["input"]
    return [*source.get("repository", {}).get("lifecycle_rules", []), *source.get("add_lifecycle_rules", [])]


def rule_of(fields: dict[str, Any]) -> LifecycleRule:
    values = dict(fields)
    if "max_image_age_days" in values:
        values["max_image_age"] = values.pop("max_image_age_days")
    if "max_image_age_hours" in values:
        values["max_image_age"] = timedelta(hours=values.pop("max_image_age_hours"))
    return LifecycleRule(**values)


def rendered(*rules: Any) -> list[dict[str, Any]]:
    from ecrops.lifecycle.policy.document import render

    return render(rules)


@pytest.mark.parametrize("case", CDK, ids=lambda case: case["id"])
def test_a_policy_is_the_one_that_the_cdk_renders(case: dict[str, Any]) -> None:
    if "error" in case["expect"] or case["id"] in STRICTER:
        with pytest.raises(SpecError):
            RepositorySpec("ab", lifecycle_rules=[rule_of(fields) for fields in given_rules(case)])
        return
    policy = case["expect"]["lifecycle_policy"]
    assert rendered(*(rule_of(fields) for fields in given_rules(case))) == (policy["rules"] if policy else [])


@pytest.mark.parametrize("case", SERVICE, ids=lambda case: case["id"])
def test_a_raw_policy_is_judged_as_the_service_judges_it(case: dict[str, Any]) -> None:
    rules = case["policy"]["rules"]
    if case["valid"]:
        assert RepositorySpec("ab", lifecycle_rules=rules).lifecycle_rules == tuple(rules)
    else:
        with pytest.raises(SpecError):
            RepositorySpec("ab", lifecycle_rules=rules)


@pytest.mark.parametrize("case", [case for case in SERVICE if case["valid"]], ids=lambda case: case["id"])
def test_what_the_service_accepts_can_be_said_with_rules(case: dict[str, Any]) -> None:
    values = [LifecycleRule.from_ecr(rule) for rule in case["policy"]["rules"]]
    assert all(isinstance(value, LifecycleRule) for value in values)
    assert rendered(*values) == [
        {
            **rule,
            "selection": {k: v for k, v in rule["selection"].items() if (k, v) != ("storageClass", "standard")},
        }
        for rule in case["policy"]["rules"]
    ]


def refused(**fields: Any) -> str:
    with pytest.raises(SpecError) as caught:
        LifecycleRule(**fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tag_prefix_list": ["a"], "tag_pattern_list": ["b*"], "max_image_count": 1}, "not both"),
        ({"tag_status": "tagged", "max_image_count": 1}, "needs prefixes or patterns of tags"),
        ({"tag_pattern_list": ["*a*b*c*d*"], "max_image_count": 1}, "'*a*b*c*d*' has 5"),
        ({"max_image_count": 1, "max_image_age": 1}, "got max_image_count and max_image_age"),
        ({}, "got none"),
        ({"max_image_count": 0}, "at least 1, got 0"),
        ({"max_image_age": 0}, "at least 1, got 0"),
        ({"max_image_age": timedelta(hours=36)}, "1 day, 12:00:00"),
        ({"max_image_age": 1.5}, "got 1.5"),
        ({"max_image_age": True}, "got True"),
        ({"max_image_age": 10**12}, "expected days"),
        ({"max_image_count": "5"}, "got '5'"),
        ({"max_image_count": True}, "got True"),
        ({"max_image_count": 1, "rule_priority": 0}, "at least 1, got 0"),
        ({"max_image_count": 1, "tag_status": "some"}, "any, tagged, untagged"),
        ({"max_image_count": 1, "tag_status": "untagged", "tag_prefix_list": ["a"]}, "not with 'untagged'"),
        ({"max_image_count": 1, "tag_prefix_list": "prod"}, "write ['prod']"),
        ({"max_image_count": 1, "tag_pattern_list": [""]}, "not empty, got '', which no tag fits: the pattern '*' is"),
        ({"max_image_count": 1, "description": 7}, "description: expected a string"),
        ({"since_image_transitioned": 89}, "at least 90 days, got 89"),
        (
            {"since_image_transitioned": 90, "storage_class": "standard"},
            "it needs 'archive'",
        ),
        ({"since_image_transitioned": 90, "transition_to": "archive"}, "can only be expired"),
        ({"since_image_pulled": 90}, "transition to 'archive'"),
        ({"since_image_pulled": 90, "transition_to": "glacier"}, "images go to 'archive' only"),
        ({"max_image_count": 5, "storage_class": "archive"}, "selects images in standard storage"),
        ({"max_image_count": 5, "storage_class": "cold"}, "expected standard or archive"),
    ],
)
def test_a_rule_that_ecr_would_refuse_is_refused_with_the_way_out(fields: dict[str, Any], said: str) -> None:
    assert said in refused(**fields)


ANY, UNTAGGED, PROD = (
    {"max_image_count": 30},
    {"tag_status": "untagged", "max_image_age": 7},
    {"tag_prefix_list": ["prod"], "max_image_count": 5},
)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            [{**ANY, "rule_priority": 1}, {**PROD, "rule_priority": 2}],
            "must have the highest priority number",
        ),
        ([{**PROD, "rule_priority": 1}, {**UNTAGGED, "rule_priority": 1}], "2 rules have the priority 1"),
        ([UNTAGGED, {"tag_status": "untagged", "max_image_count": 1}], "only one rule can select untagged"),
        ([ANY, {"max_image_age": 1}], "only one rule can have the tag status 'any'"),
        ([PROD, {"tag_prefix_list": ["prod"], "max_image_age": 1}], "select the same tag prefixes, ['prod']"),
        ([{"tag_prefix_list": [f"p{n}"], "max_image_count": 1} for n in range(51)], "at most 50 rules"),
        ([{**ANY, "rule_priority": 1}, PROD], "give it none"),
        ([{**PROD, "description": "d" * 31_000}], "30,720 characters"),
    ],
)
def test_rules_that_do_not_go_together_are_refused(rules: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", lifecycle_rules=[LifecycleRule(**fields) for fields in rules])
    assert said in str(caught.value)


def test_a_policy_of_the_largest_size_is_accepted() -> None:
    rules = [LifecycleRule(tag_prefix_list=[f"p{n}"], max_image_count=1, description="d") for n in range(50)]
    from ecrops.lifecycle.policy.document import to_text

    spare = 30_720 - len(to_text(rendered(*rules)))
    largest = LifecycleRule(tag_prefix_list=["p0"], max_image_count=1, description="d" * (spare + 1))
    assert len(to_text(rendered(largest, *rules[1:]))) == 30_720
    assert RepositorySpec("ab", lifecycle_rules=[largest, *rules[1:]])


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"selection": {}, "action": None},
        {
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": None},
            "action": {},
        },
    ],
)
def test_a_raw_rule_without_its_parts_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        RepositorySpec("ab", lifecycle_rules=[wrong])


@pytest.mark.parametrize("rules", ["x", 7, {"rules": []}, [7], LifecycleRule(max_image_count=1)])
def test_rules_are_a_list_of_rules(rules: Any) -> None:
    with pytest.raises(SpecError, match="lifecycle_rules"):
        RepositorySpec("ab", lifecycle_rules=rules)


def test_a_document_is_told_where_its_rules_are() -> None:
    wrong: Any = {"rules": [LifecycleRule(max_image_count=1).to_ecr()]}
    with pytest.raises(SpecError, match=r"got a whole document: give document\['rules'\]"):
        RepositorySpec("ab", lifecycle_rules=wrong)


@pytest.mark.parametrize(
    ("part", "key", "wrong"),
    [("selection", "countType", "countTyp"), ("action", "type", "tpye"), (None, "selection", "selecton")],
)
def test_a_misspelled_key_of_a_raw_rule_is_told_beside_the_missing_one(part: str | None, key: str, wrong: str) -> None:
    rule = LifecycleRule(max_image_count=1).to_ecr()
    place = rule[part] if part else rule
    place[wrong] = place.pop(key)
    with pytest.raises(SpecError, match=f"{wrong}: unknown key; did you mean {key}?") as caught:
        RepositorySpec("ab", lifecycle_rules=[rule])
    assert len(caught.value.reasons) == 2


def test_a_string_for_a_list_of_tags_is_one_mistake() -> None:
    for name in ("tag_prefix_list", "tag_pattern_list"):
        assert refused(**{name: "prod", "max_image_count": 1}) == (
            f"{name}: expected a list of strings, got 'prod'; write ['prod']"
        )


def test_a_null_is_refused_with_the_way_out() -> None:
    rule = LifecycleRule(max_image_count=1).to_ecr()
    rule["action"]["targetStorageClass"] = None
    with pytest.raises(SpecError, match="targetStorageClass: is null: leave the key out"):
        RepositorySpec("ab", lifecycle_rules=[rule])


def test_everything_that_is_wrong_with_a_rule_is_said() -> None:
    said = refused(tag_prefix_list=["a"], tag_pattern_list=["*a*a*a*a*"], rule_priority=0, max_image_age="x")
    for part in ("not both", "has 5", "rule_priority", "max_image_age"):
        assert part in said


def test_what_is_no_json_is_refused() -> None:
    rule = LifecycleRule(max_image_count=1).to_ecr()
    for wrong in (float("nan"), {1, 2}, b"x"):
        with pytest.raises(SpecError, match="expected JSON"):
            RepositorySpec("ab", lifecycle_rules=[{**rule, "new": wrong}])


def test_bytes_are_no_empty_list_of_rules() -> None:
    wrong: Any = b""
    with pytest.raises(SpecError, match="expected a list of rules"):
        RepositorySpec("ab", lifecycle_rules=wrong)


def test_an_empty_list_of_tags_in_a_raw_rule_is_none() -> None:
    rule = LifecycleRule(tag_status="untagged", max_image_count=1).to_ecr()
    empty = {**rule, "selection": {**rule["selection"], "tagPrefixList": []}}
    assert rendered(empty) == rendered(rule)


def test_ages_in_days_and_as_timedelta_are_equal() -> None:
    assert LifecycleRule(max_image_age=2) == LifecycleRule(max_image_age=timedelta(hours=48))


def test_a_rule_shows_what_it_says_and_no_more() -> None:
    assert repr(LifecycleRule(max_image_count=3)) == "LifecycleRule(tag_status='any', max_image_count=3)"
