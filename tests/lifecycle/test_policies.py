"""Lifecycle policies on the service: compared by meaning, edited in place, spoken of in words."""

from __future__ import annotations

import inspect
import itertools
import json
from typing import Any

import pytest

from ecrops import LifecycleRule, Registry, Repository, RepositorySpec, SpecError
from ecrops.testing import Client, Cloud
from support import HERE, cases, lifecycle, registry_of

from .policy.test_rule import STRICTER, given_rules, rule_of

ANY = LifecycleRule(max_image_count=30)
UNTAGGED = LifecycleRule(tag_status="untagged", max_image_age=7)
PROD = LifecycleRule(tag_prefix_list=["prod"], max_image_count=5)
ONE_BY_ONE = [
    case
    for case in cases("cdk")
    if case["category"] == "lifecycle"
    and case["applicability"] == "direct"
    and case["id"] not in STRICTER
    and case["expect"].get("lifecycle_policy")
]


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    cloud.client("ecr").create_repository(repositoryName="ab")
    return cloud.client("ecr")


def stored(ecr: Client) -> list[tuple[int, str, Any]] | None:
    rules = lifecycle(ecr, "ab")
    return rules and [
        (rule["rulePriority"], rule["selection"]["tagStatus"], rule["selection"]["countNumber"]) for rule in rules
    ]


def test_a_policy_is_made_changed_and_removed(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    repo = registry.repository("ab")
    assert str(repo.set_lifecycle_rules(ANY)) == f"{HERE}+ ab lifecycle: keep last 30\n1 created"
    assert not repo.set_lifecycle_rules(ANY)
    assert str(repo.set_lifecycle_rules(UNTAGGED, ANY)).splitlines()[1] == (
        "~ ab lifecycle: keep last 30 -> expire untagged after 7 days; keep last 30"
    )
    assert stored(ecr) == [(1, "untagged", 7), (2, "any", 30)]
    assert str(repo.set_lifecycle_rules()).startswith(
        f"{HERE}- ab lifecycle: expire untagged after 7 days; keep last 30"
    )
    assert stored(ecr) is None
    assert not repo.set_lifecycle_rules()
    assert cloud.calls.writes() == ["PutLifecyclePolicy", "PutLifecyclePolicy", "DeleteLifecyclePolicy"]


def test_empty_rules_in_a_spec_remove_the_policy_and_none_leave_it(ecr: Client, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[ANY]))
    assert not registry.ensure(RepositorySpec("ab"))
    assert registry.ensure(RepositorySpec("ab", lifecycle_rules=[]))
    assert stored(ecr) is None


def raw(**changes: Any) -> dict[str, Any]:
    selection = {
        "tagStatus": "tagged",
        "tagPatternList": ["b*", "a*"],
        "countType": "imageCountMoreThan",
        "countNumber": 5,
    }
    return {"rulePriority": 1, "selection": {**selection, **changes}, "action": {"type": "expire"}}


@pytest.mark.parametrize("same", [raw(tagPatternList=["a*", "b*"]), raw(storageClass="standard"), raw()])
def test_the_same_policy_spelled_otherwise_is_no_change(ecr: Client, registry: Registry, same: dict[str, Any]) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[raw()]))
    assert not registry.ensure(RepositorySpec("ab", lifecycle_rules=[same]))


def test_rules_in_another_order_are_no_change(ecr: Client, registry: Registry) -> None:
    rules = [
        LifecycleRule(tag_prefix_list=[name], max_image_count=1, rule_priority=n + 1) for n, name in enumerate("abc")
    ]
    registry.ensure(RepositorySpec("ab", lifecycle_rules=rules))
    assert not registry.ensure(RepositorySpec("ab", lifecycle_rules=rules[::-1]))


@pytest.mark.parametrize(
    "other",
    [raw(tagPatternList=["a*"]), raw(countNumber=6), {**raw(), "rulePriority": 2}, {**raw(), "description": "d"}],
)
def test_a_different_policy_is_a_change_that_can_be_seen(
    ecr: Client, registry: Registry, other: dict[str, Any]
) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[raw()]))
    [change] = registry.ensure(RepositorySpec("ab", lifecycle_rules=[other]))
    assert change.before != change.after
    assert "{" not in str(change)


def test_a_diff_tells_the_difference_and_no_other(ecr: Client, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[raw()]))
    [change] = registry.plan(RepositorySpec("ab", lifecycle_rules=[{**raw(), "rulePriority": 2}]))
    assert str(change) == "~ ab lifecycle: #1 keep last 5 a*+b* -> #2 keep last 5 a*+b*"


def test_all_kinds_of_rules_round_trip(ecr: Client, registry: Registry) -> None:
    rules = [
        LifecycleRule(tag_pattern_list=["v*.*"], since_image_pulled=60, transition_to="archive"),
        LifecycleRule(tag_prefix_list=["tmp"], max_image_age=1),
        LifecycleRule(tag_status="untagged", max_image_age=14, transition_to="archive"),
        LifecycleRule(tag_status="untagged", since_image_transitioned=90),
        LifecycleRule(max_image_count=100, transition_to="archive"),
        LifecycleRule(since_image_transitioned=365),
    ]
    plan = registry.ensure(RepositorySpec("ab", lifecycle_rules=rules))
    assert str(plan).splitlines()[1] == (
        "+ ab lifecycle: archive v*.* not pulled for 60 days; expire tmp* after 1 day; archive untagged after 14 days; "
        "expire untagged archived for 90 days; archive all but the last 100; expire archived for 365 days"
    )
    assert not registry.ensure(RepositorySpec("ab", lifecycle_rules=rules))
    assert not registry.ensure(registry.repository("ab").describe())


def test_a_field_that_is_newer_than_ecrops_passes_through_with_a_note(registry: Registry) -> None:
    rule = {**raw(countType="sinceImageForgotten", countUnit="days"), "newKey": {"a": 1}}
    plan = registry.plan(RepositorySpec("ab", lifecycle_rules=[rule]))
    sent = json.loads(next(change.params["lifecyclePolicyText"] for change in plan if change.what == "lifecycle"))
    assert sent == {"rules": [rule]}
    assert "sinceImageForgotten" in plan.notes[0]


# Adding one rule


def test_the_same_rule_twice_is_no_change(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    assert registry.repository("ab").add_lifecycle_rule(PROD)
    cloud.calls.clear()
    assert not registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["prod"], max_image_count=5)
    assert cloud.calls.operations() == ["GetLifecyclePolicy"]


def test_a_new_rule_goes_before_the_any_rule(ecr: Client, registry: Registry) -> None:
    for rule in (ANY, PROD, UNTAGGED):
        registry.repository("ab").add_lifecycle_rule(rule)
    assert stored(ecr) == [(1, "tagged", 5), (2, "untagged", 7), (3, "any", 30)]


def test_an_any_rule_far_behind_keeps_its_number(ecr: Client, registry: Registry) -> None:
    registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=30, rule_priority=100))
    registry.repository("ab").add_lifecycle_rule(PROD)
    assert stored(ecr) == [(1, "tagged", 5), (100, "any", 30)]


def test_an_any_rule_that_is_in_the_way_moves_behind(ecr: Client, registry: Registry) -> None:
    registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=30, rule_priority=2))
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["prod"], max_image_count=5, rule_priority=2)
    assert stored(ecr) == [(2, "tagged", 5), (3, "any", 30)]


def test_there_is_one_any_rule_for_each_storage_class(ecr: Client, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.add_lifecycle_rule(max_image_age=30, transition_to="archive")
    repo.add_lifecycle_rule(since_image_transitioned=90)
    repo.add_lifecycle_rule(PROD)
    assert stored(ecr) == [(1, "tagged", 5), (2, "any", 30), (3, "any", 90)]
    with pytest.raises(SpecError, match="has an 'any' rule already, of priority 2"):
        repo.add_lifecycle_rule(max_image_count=9)
    repo.add_lifecycle_rule(UNTAGGED)
    with pytest.raises(SpecError, match="only one rule can select untagged"):
        repo.add_lifecycle_rule(tag_status="untagged", max_image_count=3)


def test_a_priority_that_is_taken_is_refused_before_anything_is_written(
    cloud: Cloud, ecr: Client, registry: Registry
) -> None:
    registry.repository("ab").set_lifecycle_rules(
        LifecycleRule(tag_prefix_list=["a"], max_image_count=1, rule_priority=4)
    )
    cloud.calls.clear()
    with pytest.raises(SpecError, match="2 rules have the priority 4"):
        registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["b"], max_image_count=1, rule_priority=4)
    assert cloud.calls.writes() == []


def test_a_rule_asked_for_at_another_priority_moves(ecr: Client, registry: Registry) -> None:
    registry.repository("ab").set_lifecycle_rules(PROD, UNTAGGED)
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["prod"], max_image_count=5, rule_priority=9)
    assert stored(ecr) == [(2, "untagged", 7), (9, "tagged", 5)]


def test_rules_of_others_keep_their_places(ecr: Client, registry: Registry) -> None:
    registry.repository("ab").set_lifecycle_rules(
        LifecycleRule(tag_prefix_list=["theirs"], max_image_count=1, rule_priority=7), ANY
    )
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
    assert stored(ecr) == [(7, "tagged", 1), (8, "tagged", 2), (9, "any", 30)]


@pytest.mark.parametrize("case", ONE_BY_ONE, ids=lambda case: case["id"])
def test_rules_added_one_by_one_are_the_policy_that_the_cdk_renders_at_once(
    memory_cloud: Cloud, case: dict[str, Any]
) -> None:
    repo = registry_of(memory_cloud).repository("ab")
    repo.ensure()
    for fields in given_rules(case):
        repo.add_lifecycle_rule(rule_of(fields))
    expected = sorted(case["expect"]["lifecycle_policy"]["rules"], key=lambda rule: rule["rulePriority"])
    assert canonical(lifecycle(memory_cloud.client("ecr"), "ab")) == canonical(expected)


def canonical(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for rule in rules:
        for key in ("tagPrefixList", "tagPatternList"):
            if key in rule["selection"]:
                rule["selection"][key] = sorted(rule["selection"][key])
    return rules


def test_in_whatever_order_rules_are_added_the_policy_is_that_of_all_at_once(memory_cloud: Cloud) -> None:
    rules = [ANY, PROD, UNTAGGED, LifecycleRule(tag_prefix_list=["x"], max_image_count=1, rule_priority=10)]
    registry, ecr = registry_of(memory_cloud), memory_cloud.client("ecr")
    for order in itertools.permutations(rules):
        registry.repository("at-once").ensure(lifecycle_rules=order)
        repo = registry.repository("one-by-one")
        repo.ensure()
        for rule in order:
            repo.add_lifecycle_rule(rule)
        assert lifecycle(ecr, "one-by-one") == lifecycle(ecr, "at-once")
        again = registry.repository("one-by-one")
        assert not any(again.add_lifecycle_rule(rule) for rule in order)
        registry.remove("one-by-one")


def test_removing_a_rule_leaves_the_others_and_with_the_last_one_goes_the_policy(
    cloud: Cloud, ecr: Client, registry: Registry
) -> None:
    repo = registry.repository("ab")
    repo.set_lifecycle_rules(PROD, ANY)
    assert (
        str(repo.remove_lifecycle_rule(PROD))
        .removeprefix(HERE)
        .startswith("~ ab lifecycle: keep last 5 prod*; keep last 30 -> keep last 30")
    )
    assert not repo.remove_lifecycle_rule(PROD)
    assert str(repo.remove_lifecycle_rule(max_image_count=30)).startswith(f"{HERE}- ab lifecycle")
    assert stored(ecr) is None


@pytest.mark.parametrize("arguments", [((), {}), ((ANY,), {"max_image_count": 1})])
def test_a_verb_takes_one_rule_or_the_fields_of_one(registry: Registry, arguments: Any) -> None:
    with pytest.raises(SpecError, match="one rule, or the fields of one"):
        registry.repository("ab").add_lifecycle_rule(*arguments[0], **arguments[1])


@pytest.mark.parametrize("verb", [Repository.add_lifecycle_rule, Repository.remove_lifecycle_rule])
def test_a_verb_lists_the_fields_of_a_rule_with_their_types(verb: Any) -> None:
    shown = inspect.signature(verb).parameters
    fields = inspect.signature(LifecycleRule).parameters
    assert list(shown) == ["self", "rule", "guard", *fields, "misspelt"]
    assert {name: shown[name].annotation for name in fields} == {name: fields[name].annotation for name in fields}


def test_an_unknown_field_is_refused_with_a_hint(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError, match="max_image_cuont: unknown key; did you mean max_image_count"):
        registry.repository("ab").add_lifecycle_rule(max_image_cuont=3)  # type: ignore[arg-type]
    assert cloud.calls.operations() == []


def test_a_field_that_is_like_two_is_taken_for_the_likelier(registry: Registry) -> None:
    with pytest.raises(SpecError, match="max_images: unknown key; did you mean max_image_count"):
        registry.repository("ab").add_lifecycle_rule(max_images=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [((1,), {}), ((), {"tag_status": "untagged"})])
def test_who_removes_a_rule_is_told_to_say_all_of_it(registry: Registry, arguments: Any) -> None:
    with pytest.raises(SpecError, match="by saying the whole rule again, such as tag_status='untagged', max_image_age"):
        registry.repository("ab").remove_lifecycle_rule(*arguments[0], **arguments[1])


def test_a_list_of_rules_is_told_to_have_a_star(registry: Registry) -> None:
    wrong: Any = [ANY]
    with pytest.raises(SpecError, match=r"got a list: write set_lifecycle_rules\(\*rules\)"):
        registry.repository("ab").set_lifecycle_rules(wrong)
