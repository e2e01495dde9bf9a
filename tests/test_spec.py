"""A spec that can never be valid is refused when it is built, with every reason and before any call."""

from __future__ import annotations

import inspect
import json
import re
from datetime import timedelta
from typing import Any

import pytest

import ecrops
from ecrops import (
    Grant,
    LifecycleRule,
    Registry,
    RepositorySpec,
    RetryPolicy,
    Role,
    SpecError,
    TagMutability,
    fleet_from_dict,
    fleet_to_dict,
    pull,
)
from ecrops.events import Target
from ecrops.lifecycle import Guard
from support import cases

NAMES = [case for case in cases("cdk") if case["category"] == "name" and case["applicability"] == "direct"]
FULL = RepositorySpec(
    "team/api",
    image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
    image_tag_mutability_exclusion_filters=["dev-*", "latest"],
    image_scan_on_push=False,
    encryption_key="alias/images",
    lifecycle_rules=[
        LifecycleRule(tag_prefix_list=["prod"], max_image_count=5, rule_priority=3, description="keep prod"),
        LifecycleRule(max_image_age=timedelta(days=30)),
    ],
    tags={"team": "web"},
)


def reasons(**fields: Any) -> str:
    with pytest.raises(SpecError) as caught:
        RepositorySpec(**{"name": "team/api", **fields})
    return "\n".join(caught.value.reasons)


@pytest.mark.parametrize("case", NAMES, ids=lambda case: case["id"])
def test_names_are_those_of_the_service_not_of_the_cdk(case: dict[str, Any]) -> None:
    name = case["input"]["repository"]["repository_name"]
    legal = case["expect"].get("current_api_pattern_accepts", True)
    if legal:
        assert RepositorySpec(name).name == name
    else:
        assert repr(name) in reasons(name=name)


@pytest.mark.parametrize("name", ["a--b", "a__b", "1/2", "a.b_c-d/e---f", "ab", "a" * 256])
def test_what_the_service_allows_is_allowed(name: str) -> None:
    assert RepositorySpec(name).name == name


@pytest.mark.parametrize("name", ["A", "a", "-x", "a" * 257, "ab\n", "a..b", "a___b", "a//b", "ab/", "", "aé", None, 7])
def test_what_the_service_refuses_is_refused_by_name(name: Any) -> None:
    assert repr(name) in reasons(name=name)


def test_a_name_of_another_type_is_refused_beside_a_grant_for_several_repositories() -> None:
    assert "name: expected the name of a repository, got 7" in reasons(name=7, grants=[pull(Role("x"), on="team/*")])


def test_a_name_says_the_way_out() -> None:
    assert "use 'team/api'" in reasons(name="Team/API")
    assert "its name is 'team/api'" in reasons(name="123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api")
    assert "Registry.repository takes both" in reasons(name="arn:aws:ecr:eu-west-1:123456789012:repository/ab")


def test_what_was_given_can_change_without_changing_the_spec() -> None:
    rule = LifecycleRule(max_image_count=1).to_ecr()
    tags = {"a": "1"}
    spec = RepositorySpec("ab", lifecycle_rules=[rule], tags=tags)
    rule["selection"]["countNumber"] = -7
    tags["b"] = "2"
    assert spec.to_dict()["lifecycle_rules"][0]["selection"]["countNumber"] == 1
    assert spec.tags == {"a": "1"}


def test_every_reason_is_said_at_once() -> None:
    said = reasons(name="A", image_scan_on_push="yes", encryption="ROT13", tags={"aws:x": "1"})
    for part in ("2 to 256", "lower-case", "image_scan_on_push", "ROT13", "aws:"):
        assert part in said


def test_a_spec_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="2 to 256"):
        RepositorySpec("a")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION"}, "needs 1 to 5"),
        ({"image_tag_mutability": "MUTABLE_WITH_EXCLUSION"}, "needs 1 to 5"),
        ({"image_tag_mutability_exclusion_filters": ["a"]}, "got None"),
        (
            {"image_tag_mutability": "IMMUTABLE", "image_tag_mutability_exclusion_filters": ["a"]},
            "got IMMUTABLE",
        ),
        (
            {"image_tag_mutability": "IMMUTABLE", "image_tag_mutability_exclusion_filters": []},
            "got IMMUTABLE",
        ),
        ({"image_tag_mutability": "SOMETIMES"}, "expected one of MUTABLE, IMMUTABLE"),
    ],
)
def test_filters_and_mode_go_together(fields: dict[str, Any], said: str) -> None:
    assert said in reasons(**fields)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (["a"] * 6, "1 to 5 filters, got 6"),
        ([], "1 to 5 filters, got 0"),
        (["a*b*c*"], "at most two '*'"),
        (["a" * 129], "129"),
        (["a\\b"], "letters, digits"),
        (["a\n"], "letters, digits"),
        ([""], "letters, digits"),
        ("dev-*", "write ['dev-*']"),
        ([7], "got 7 in it"),
    ],
)
def test_filters_are_checked_one_by_one(filters: Any, said: str) -> None:
    mode = "IMMUTABLE_WITH_EXCLUSION"
    assert said in reasons(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=filters)


def test_a_key_without_encryption_means_kms() -> None:
    assert RepositorySpec("ab", encryption_key="alias/x").encryption == "KMS"


def test_a_key_goes_with_dsse_and_not_with_aes256() -> None:
    assert RepositorySpec("ab", encryption="KMS_DSSE", encryption_key="alias/x").encryption == "KMS_DSSE"
    assert "AES256 has no key" in reasons(encryption="AES256", encryption_key="alias/x")


@pytest.mark.parametrize("key", ["", 7, "k" * 2049, "my-key", "my key", "arn:aws:s3:::bucket"])
def test_a_key_is_an_alias_an_id_or_an_arn(key: Any) -> None:
    assert "encryption_key" in reasons(encryption_key=key)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"AWS:team": "x"}, "AWS's own"),
        ({"": "x"}, "1 to 128"),
        ({"k" * 129: "x"}, "1 to 128"),
        ({"k": "v" * 257}, "at most 256"),
        ({"k": 1}, "got 1"),
        ({str(n): "" for n in range(51)}, "these are 51"),
        (["k"], "a mapping"),
    ],
)
def test_tags_are_checked(tags: Any, said: str) -> None:
    assert said in reasons(tags=tags)


def test_strings_become_members_of_their_enumeration() -> None:
    assert RepositorySpec("ab", image_tag_mutability="IMMUTABLE").image_tag_mutability is TagMutability.IMMUTABLE


def test_a_spec_goes_through_json_and_back() -> None:
    text = json.dumps(fleet_to_dict([FULL]))
    assert fleet_from_dict(json.loads(text)) == [FULL]
    assert "tagPrefixList" not in text


def test_what_is_not_managed_is_not_in_the_json() -> None:
    assert RepositorySpec("ab").to_dict() == {"name": "ab"}
    assert RepositorySpec("ab", lifecycle_rules=(), tags={}).to_dict() == {
        "name": "ab",
        "lifecycle_rules": [],
        "tags": {},
    }


def test_a_raw_rule_in_the_json_stays_as_it_is() -> None:
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "newest", "countNumber": 1},
        "action": {"type": "expire"},
    }
    spec = RepositorySpec.from_dict({"name": "ab", "lifecycle_rules": [rule]})
    assert spec.to_dict()["lifecycle_rules"] == [rule]


def unreadable(data: Any) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        fleet_from_dict(data)
    return caught.value.reasons


def test_an_unknown_key_is_refused_by_its_path() -> None:
    fine: list[dict[str, Any]] = [{"name": f"a{n}"} for n in range(3)]
    wrong = {"name": "ab", "lifecycle_rules": [{"max_image_cuont": 3, "max_image_age": 7}]}
    assert unreadable({"repositories": [*fine, wrong]}) == (
        "repositories[3].lifecycle_rules[0].max_image_cuont: unknown key; did you mean max_image_count?",
    )


def test_an_unknown_key_does_not_hide_what_else_is_wrong() -> None:
    rules = [{"max_image_cuont": 3, "max_image_age": "x"}, {"max_image_count": 1}]
    data = {"name": "ab", "lifecycle_rules": rules, "image_scan_on_push": "yes", "tgas": {}}
    assert [reason.split(": ")[0] for reason in unreadable({"repositories": [data]})] == [
        "repositories[0].tgas",
        "repositories[0].lifecycle_rules[0].max_image_cuont",
        "repositories[0].lifecycle_rules[0].max_image_age",
        "repositories[0].image_scan_on_push",
    ]


def test_two_repositories_of_one_name_are_refused_by_their_path() -> None:
    assert unreadable({"repositories": [{"name": "ab"}, {"name": "ab"}]}) == (
        "repositories[1].name: 'ab' is there twice: merge them",
    )


def test_a_fleet_is_a_list_of_specs() -> None:
    for wrong, said in (
        (RepositorySpec("ab"), r"got RepositorySpec\(name='ab'\); one of them goes in a list too"),
        ("ab", "got 'a' in it"),
        (None, "got None"),
    ):
        with pytest.raises(SpecError, match=said):
            fleet_to_dict(wrong)  # type: ignore[arg-type]


# A keyword that there is not


@pytest.mark.parametrize(
    ("made", "keyword", "said"),
    [
        (RepositorySpec, "image_scan_onpush", "did you mean image_scan_on_push?"),
        (LifecycleRule, "max_image_cuont", "did you mean max_image_count?"),
        (LifecycleRule, "max_images", "did you mean max_image_count?"),
        (RetryPolicy, "attempt", "did you mean attempts?"),
        (Guard, "max_expird", "did you mean max_expired?"),
        (Target, "roel_arn", "did you mean role_arn?"),
        (Grant, "polcy_name", "did you mean policy_name?"),
        (Registry, "worker", "did you mean workers?"),
        (Registry, "region", "give it a session: Registry(boto3.Session(region_name="),
    ],
)
def test_a_keyword_that_there_is_not_is_a_type_error_with_a_suggestion(made: type, keyword: str, said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"{made.__name__}() got an unexpected keyword")) as caught:
        made(**{keyword: 1})
    assert f"'{keyword}'; {said}" in str(caught.value)


def test_suggestions_leave_the_signature_as_it_is() -> None:
    for made, first in ((RepositorySpec, "name"), (LifecycleRule, "rule_priority"), (Registry, "session")):
        assert next(iter(inspect.signature(made).parameters)) == first
        assert "given" not in inspect.signature(made).parameters


@pytest.mark.parametrize(("name", "room"), [("Guard", "ecrops.lifecycle"), ("on_image_pushed", "ecrops.events")])
def test_a_name_that_is_in_another_module_is_told_with_it(name: str, room: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}': write from {room} import {name}$"):
        getattr(ecrops, name)
    assert not hasattr(ecrops, name)
    with pytest.raises(AttributeError, match=r"no attribute 'Gurad'$"):
        ecrops.Gurad  # type: ignore[attr-defined]  # noqa: B018


def test_the_json_holds_nothing_but_plain_strings() -> None:
    data = FULL.to_dict()
    assert type(data["image_tag_mutability"]) is type(data["lifecycle_rules"][0]["tag_status"]) is str


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (
            {"repositories": [{"name": "ab", "image_scan_on_push": "yes"}]},
            "repositories[0].image_scan_on_push: ",
        ),
        ({"repositories": [{"name": "ab", "imageScanOnPush": True}]}, "repositories[0].imageScanOnPush: "),
        ({"repositories": [{"tags": {}}]}, "repositories[0].name: "),
        ({"repositories": ["ab"]}, "repositories[0]: "),
        ({"repositories": "ab"}, "repositories: "),
        ({"repositorys": []}, "repositorys: "),
        ({"repositories": [{"name": "ab", "lifecycle_rules": "x"}]}, "repositories[0].lifecycle_rules: "),
        ({"repositories": [{"name": "ab", "lifecycle_rules": [3]}]}, "repositories[0].lifecycle_rules[0]: "),
        (
            {"repositories": [{"name": "ab", "lifecycle_rules": [{"max_image_count": "3"}]}]},
            "repositories[0].lifecycle_rules[0].max_image_count: ",
        ),
        (
            {"repositories": [{"name": "ab", "lifecycle_rules": [{"selection": {"tagStatus": "any"}, "action": {}}]}]},
            "repositories[0].lifecycle_rules[0].selection.countType: ",
        ),
        ({"repositories": [{"name": "ab", "tags": {"a": 1}}]}, "repositories[0].tags: "),
        ({"repositories": [{"name": "A"}]}, "repositories[0].name: "),
    ],
)
def test_a_wrong_type_is_refused_by_its_path(data: Any, path: str) -> None:
    assert unreadable(data)[0].startswith(path)


def test_every_wrong_repository_is_named() -> None:
    said = unreadable({"repositories": [{"nam": "ab"}, {"name": "a"}, {"name": "ok"}]})
    assert [reason.split(":")[0] for reason in said] == [
        "repositories[0].nam",
        "repositories[0].name",
        "repositories[1].name",
    ]


def test_what_a_spec_is_written_as_can_be_changed_without_changing_the_spec() -> None:
    statement = {"Effect": "Deny", "Principal": {"AWS": ["111122223333"]}, "Action": ["ecr:PutImage"]}
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"},
    }
    spec = RepositorySpec("ab", resource_policy={"Statement": [statement]}, lifecycle_rules=[rule])
    before = json.dumps(spec.to_dict())
    written = spec.to_dict()
    written["resource_policy"]["Statement"][0]["Principal"]["AWS"].append("*")
    written["lifecycle_rules"][0]["selection"]["countNumber"] = 99
    assert json.dumps(spec.to_dict()) == before
