"""What somebody writes who knows another tool is answered with what to write here, before any call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import LifecycleRule, Registry, RepositorySpec, SpecError, fleet_from_dict
from ecrops.testing import Cloud
from support import AT_ONCE, lifecycle
from tests.lifecycle.answers import refuse

PULLED = LifecycleRule(tag_prefix_list=["prod"], since_image_pulled=90, transition_to="archive")
NAMES = {
    "removal_policy": "Repository.delete and Registry.remove delete a repository",
    "removalPolicy": "Repository.delete and Registry.remove delete a repository",
    "encryption_type": "did you mean encryption?",
    "encryptionType": "did you mean encryption?",
    "force_delete": "Repository.delete(empty_on_delete=True)",
    "empty_on_delete": "Repository.delete(empty_on_delete=True)",
    "autoDeleteImages": "Repository.delete(empty_on_delete=True)",
    "kms_key": "did you mean encryption_key?",
    "kmsKey": "did you mean encryption_key?",
    "policy": "write resource_policy for who may use the repository",
    "repositoryPolicyText": "did you mean resource_policy?",
    "repository_name": "did you mean name?",
    "repositoryName": "did you mean name?",
    "scan_on_push": "write image_scan_on_push=True",
    "imageScanningConfiguration": "write image_scan_on_push=True",
    "imageScanOnPush": "did you mean image_scan_on_push?",
    "imageTagMutability": "did you mean image_tag_mutability?",
    "imageTagMutabilityExclusionFilters": "did you mean image_tag_mutability_exclusion_filters?",
    "lifecycleRules": "did you mean lifecycle_rules?",
    "lifecyclePolicyText": "write lifecycle_rules, a list of rules",
    "encryptionKey": "did you mean encryption_key?",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_another_tool_is_answered_in_all_places(cloud: Cloud, registry: Registry, name: str) -> None:
    made: Any = RepositorySpec
    with pytest.raises(TypeError, match=re.escape(NAMES[name])):
        made(**{"name": "ab", name: "x"})
    with pytest.raises(SpecError, match=re.escape(NAMES[name])):
        fleet_from_dict({"repositories": [{"name": "ab", name: "x"}]})
    with pytest.raises(SpecError, match=re.escape(NAMES[name])):
        registry.repository("ab").ensure(**{name: "x"})  # type: ignore[arg-type]
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"image_tag_mutability": "immutable"}, "did you mean IMMUTABLE?"),
        ({"image_tag_mutability": "Mutable"}, "did you mean MUTABLE?"),
        ({"image_tag_mutability": True}, "'IMMUTABLE' for tags that cannot, got True"),
        ({"image_tag_mutability": False}, "'IMMUTABLE' for tags that cannot, got False"),
        ({"encryption": "kms"}, "did you mean KMS?"),
        ({"image_scan_on_push": "true"}, "expected True or False, without quotes, got 'true'"),
        ({"lifecycle_rules": PULLED}, "write [rule]"),
        ({"lifecycle_rules": PULLED.to_dict()}, "write [rule]"),
        ({"tags": {"public": False}}, "write 'no' in quotes"),
        ({"grants": [{"allow": "pull", "principal": 11122223333}]}, "write it in quotes, '011122223333'"),
        ({"grants": [{"allow": "pull", "principal": {"account": 11122223333}}]}, "write it in quotes, '011122223333'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_answered_with_the_right_one(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec.from_dict({"name": "ab", **fields})
    assert len(caught.value.reasons) == 1
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ("eu-west-1", r"write boto3\.Session\(region_name='eu-west-1'\)"),
        ("us-gov-east-1", r"region_name='us-gov-east-1'"),
        ("production", r"write boto3\.Session\(profile_name='production'\)"),
        (7, r"expected a boto3\.Session, got 7"),
    ],
)
def test_a_string_in_the_place_of_a_session_is_answered(session: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        Registry(session)


def test_what_is_given_in_another_form_is_answered(cloud: Cloud, registry: Registry) -> None:
    wrong: Any = {"name": "ab"}
    with pytest.raises(SpecError, match=r"write ensure\(RepositorySpec\.from_dict\(\{\.\.\.\}\)\)"):
        registry.ensure(wrong)
    with pytest.raises(SpecError, match=r"write ensure\(\*fleet_from_dict\(\{\.\.\.\}\)\)"):
        registry.plan({"repositories": []})  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"write fleet_from_dict\(\{'repositories': \[\.\.\.\]\}\)"):
        fleet_from_dict([wrong])
    with pytest.raises(
        SpecError, match=r"the options of ensure are keywords, got dict; write ensure\(\*\*\{\.\.\.\}\)"
    ):
        registry.repository("ab").ensure(wrong)
    with pytest.raises(SpecError, match=r"Registry\.ensure takes specs"):
        registry.repository("ab").ensure(RepositorySpec("ab"))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"write describe\(\*names\)"):
        registry.describe(["ab"])  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"write simulate_lifecycles\(\*names\)"):
        list(registry.simulate_lifecycles(["ab"]))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"expected one rule, got .* set_lifecycle_rules takes several"):
        registry.repository("ab").add_lifecycle_rule([PULLED])  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"set_lifecycle_rules\(\*document\['rules'\]\)"):
        registry.repository("ab").set_lifecycle_rules({"rules": [PULLED.to_ecr()]})
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("option", ["force", "force_delete", "forceDelete", "autoDeleteImages"])
def test_the_option_of_another_tool_deletes_nothing(cloud: Cloud, registry: Registry, option: str) -> None:
    verbs: list[Any] = [registry.repository("ab").delete, lambda **options: registry.remove("ab", **options)]
    for verb in verbs:
        with pytest.raises(SpecError, match="write empty_on_delete=True to delete the repository with its images"):
            verb(**{option: True})
    assert cloud.calls.operations() == []
    with pytest.raises(SpecError, match=r"did you mean empty_on_delete\?"):
        registry.remove("ab", emptyOnDelet=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"])
def test_an_expired_token_says_what_to_do(cloud: Cloud, code: str) -> None:
    session = cloud.session(own=True)
    refuse(session, "DescribeRepositories", code, times=9)
    with pytest.raises(ClientError) as caught:
        Registry(session, retry=AT_ONCE).plan(RepositorySpec("ab"))
    assert any("log in again" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("form", [PULLED, PULLED.to_dict(), PULLED.to_ecr()], ids=["value", "fields", "ECR"])
def test_a_rule_is_taken_in_each_form_by_each_verb(cloud: Cloud, registry: Registry, form: Any) -> None:
    repo = registry.repository("ab")
    written = [{"rulePriority": 1, **PULLED.to_ecr()}]
    repo.ensure(lifecycle_rules=[form])
    assert lifecycle(cloud.client("ecr"), "ab") == written
    assert not registry.ensure(RepositorySpec("ab", lifecycle_rules=[form]))
    assert not registry.ensure(*fleet_from_dict({"repositories": [{"name": "ab", "lifecycle_rules": [form]}]}))
    assert not repo.set_lifecycle_rules(form)
    assert not repo.add_lifecycle_rule(form)
    assert repo.simulate_lifecycle([form]).rules == tuple(written)
    assert repo.remove_lifecycle_rule(form)
    assert repo.add_lifecycle_rule(form)
    assert repo.add_lifecycle_rule(max_image_count=5)
    assert [rule["rulePriority"] for rule in lifecycle(cloud.client("ecr"), "ab")] == [1, 2]


def test_a_rule_of_fields_without_a_priority_moves_behind_one_with_a_priority(cloud: Cloud, registry: Registry) -> None:
    for set_first in (True, False):
        repo = registry.repository(f"ab{set_first}".lower())
        repo.ensure()
        add: Any = repo.set_lifecycle_rules if set_first else repo.add_lifecycle_rule
        add({"tag_prefix_list": ["a"], "max_image_count": 5})
        repo.add_lifecycle_rule({"tag_prefix_list": ["b"], "max_image_count": 5, "rule_priority": 1})
        rules = lifecycle(cloud.client("ecr"), repo.name)
        assert [rule["selection"]["tagPrefixList"] for rule in rules] == [["b"], ["a"]]


def test_the_fields_of_ecrs_form_are_answered_in_a_rule() -> None:
    for name in ("countNumber", "count_type"):
        made: Any = LifecycleRule
        with pytest.raises(TypeError, match="write max_image_count for a number of images"):
            made(**{name: 5})
    with pytest.raises(SpecError, match=r"tagPrefixList: unknown key; did you mean tag_prefix_list\?"):
        RepositorySpec("ab", lifecycle_rules=[{"tagPrefixList": ["a"], "max_image_count": 5}])
