"""Lifecycle policies: which are refused with which reason, and how they are stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecrops.testing import Cloud

from .support import refused

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "lifecycle_validation.json").read_text()
)
RULE: dict[str, Any] = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
    "action": {"type": "expire"},
}


def policy(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": rules}, indent=4)


def a_rule(priority: int = 1, /, **selection: object) -> dict[str, Any]:
    return {**RULE, "rulePriority": priority, "selection": {**RULE["selection"], **selection}}


@pytest.fixture
def lifecycle(cloud: Cloud) -> Callable[[str], str]:
    """What puts a policy on a new repository and returns the text that ECR keeps."""
    return keep_policy(cloud)


def keep_policy(cloud: Cloud) -> Callable[[str], str]:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="app")

    def put(text: str) -> str:
        answer = ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=text)
        kept: str = ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
        assert answer["lifecyclePolicyText"] == kept
        return kept

    return put


REFUSAL = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_policies_get_the_verdict_of_the_sources(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    keep, text = keep_policy(memory_cloud), json.dumps(case["policy"], indent=2)
    if case["valid"]:
        assert json.loads(keep(text)) == case["policy"]
        return
    with refused("InvalidParameterException", REFUSAL + (case["error_contains"] or "")):
        keep(text)


TAGGED: dict[str, Any] = {"tagStatus": "tagged"}
TRANSITION = {"type": "transition", "targetStorageClass": "archive"}
TO_NULL = {"type": "expire", "targetStorageClass": None}
ARCHIVED = {"countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90}
MANY_RULES = [a_rule(number, tagPrefixList=[str(number)], **TAGGED) for number in range(1, 52)]
ONE_OF = "instance failed to match exactly one schema (matched 0 out of 2)"
UNKNOWN = "not allowed by the schema: "
REFUSED_POLICIES: dict[str, tuple[str, object]] = {
    "not an object": ("instance type (array)", ["rule"] * 20),
    "no rules": ('missing required properties (["rules"])', {"rule": [RULE]}),
    "empty rules": ("array must have", {"rules": []}),
    "51 rules": ("50 elements", {"rules": MANY_RULES}),
    "unknown key": (UNKNOWN + '["version"]', {"rules": [RULE], "version": 1}),
}
REFUSED_RULES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "unknown key of a rule": (UNKNOWN + '["name"]', [{**RULE, "name": "x"}]),
    "unknown key of a selection": (UNKNOWN + '["tagList"]', [a_rule(tagList=[])]),
    "null target": (ONE_OF, [{**RULE, "action": TO_NULL}]),
    "expire with target": (ONE_OF, [{**RULE, "action": {**TRANSITION, "type": "expire"}}]),
    "transition without target": (ONE_OF, [{**RULE, "action": {"type": "transition"}}]),
    "action as text": (ONE_OF, [{**RULE, "action": "expire"}]),
    "null description": ("instance type (null)", [{**RULE, "description": None}]),
    "null storage class": ("instance type (null)", [a_rule(storageClass=None)]),
    "null list": ("tagStatus=UNTAGGED", [a_rule(tagPrefixList=None)]),
    "priority 0": ("minimum: 1", [a_rule(0)]),
    "priority true": ("instance type (boolean)", [{**RULE, "rulePriority": True}]),
    "count as text": ("instance type (string)", [a_rule(countNumber="5")]),
    "count 1.5": ("instance type (number)", [a_rule(countNumber=1.5)]),
    "same priority": ("priorities must be unique", [a_rule(), a_rule(tagStatus="any")]),
    "tagged without list": ("Must specify tagPrefixList or tagPatternList when", [a_rule(**TAGGED)]),
    "tagged with empty list": ("Must specify tagPrefixList", [a_rule(tagPrefixList=[], **TAGGED)]),
    "list as text": ("instance type (string)", [a_rule(tagPrefixList="v", **TAGGED)]),
    "number in a list": ("instance type (integer)", [a_rule(tagPrefixList=[1], **TAGGED)]),
    "five wildcards": ("at most 4 wildcards", [a_rule(tagPatternList=["*a*b*c*d*"], **TAGGED)]),
    "unit for a count": ("countUnit must be omitted", [a_rule(countUnit="days")]),
    "no unit for an age": ("countUnit is required", [a_rule(countType="sinceImagePushed")]),
    "count in the archive": ("requires storageClass standard", [a_rule(storageClass="archive")]),
    "unknown storage class": ("not found in enum", [a_rule(storageClass="STANDARD")]),
    "unknown count type": ("not found in enum", [a_rule(countType="sinceForever")]),
    "unknown tag status": ("not found in enum", [a_rule(tagStatus="ANY")]),
    "transitioned from standard": ("requires storageClass archive", [a_rule(**ARCHIVED)]),
    "same prefixes": (
        "unique set of prefixes",
        [a_rule(1, tagPrefixList=["a", "b"], **TAGGED), a_rule(2, tagPrefixList=["b", "a"], **TAGGED)],
    ),
}
REFUSED_POLICIES |= {name: (reason, {"rules": rules}) for name, (reason, rules) in REFUSED_RULES.items()}


@pytest.mark.parametrize("name", REFUSED_POLICIES)
def test_policies_that_ecr_refuses(memory_cloud: Cloud, name: str) -> None:
    reason, document = REFUSED_POLICIES[name]
    with refused("InvalidParameterException", REFUSAL, reason):
        keep_policy(memory_cloud)(json.dumps(document).ljust(100))


def test_a_policy_has_100_to_30720_characters(lifecycle: Callable[[str], str]) -> None:
    with refused("InvalidParameterException", "lifecyclePolicyText"):
        lifecycle(policy(RULE).ljust(30_721))
    with refused("InvalidParameterException", "Could not map policyString into LifecyclePolicy."):
        lifecycle("{".ljust(100))
    assert json.loads(lifecycle(policy(RULE).ljust(30_720))) == {"rules": [RULE]}


def test_a_policy_comes_back_minified_sorted_and_reordered(lifecycle: Callable[[str], str]) -> None:
    second, first = a_rule(9), a_rule(3, tagPatternList=["a*", "b", "é*"], **TAGGED)
    text = lifecycle(policy(second, first))
    assert text.isprintable()
    assert ", " not in text
    rules = json.loads(text)["rules"]
    assert [rule["rulePriority"] for rule in rules] == [3, 9]
    assert rules[0]["selection"]["tagPatternList"] == ["é*", "b", "a*"]


def test_transition_is_allowed_for_count_and_age(lifecycle: Callable[[str], str]) -> None:
    for kind, unit in (("imageCountMoreThan", {}), ("sinceImagePushed", {"countUnit": "days"})):
        lifecycle(policy({**a_rule(countType=kind, **unit), "action": TRANSITION}))
    lifecycle(policy({**a_rule(countType="sinceImagePulled", countUnit="days"), "action": TRANSITION}))
