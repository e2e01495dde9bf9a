"""What other tools learned, as cases: whether something changes, which writes are made, what is refused.

The cases come from the tests and issues of Terraform, Ansible, CloudFormation, ACK, Cloud Custodian and Pulumi.
Run are those whose expectation ecrops shares: where it differs on purpose, the case says how.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import EcropsError, Registry, RepositorySpec
from ecrops.testing import Client, Cloud
from support import registry_of

NAME = "tf-acc-test-1"
AREAS = {"repository", "tags", "mutability", "scanning", "encryption", "delete", "consistency", "lifecycle", "dry_run"}
AREAS |= {"call_budget"}
LEFT_OUT = {
    "tf-repo-iso-partition-tags": "what the isolated partitions answer to tags on create is not emulated",
    "tf-repo-dualstack-uri": "ecrops has no dual-stack URI",
    "tf-repo-read-after-create": "scripted answers: tests/test_races.py shows it with the emulator's late visibility",
    "repo-concurrent-create": "scripted answers: tests/test_races.py shows it with real races",
    "tf-repo-delete-nonempty": "scripted images: tests/test_repositories.py shows it",
}


def applicable(case: dict[str, Any]) -> bool:
    told = json.dumps(case)
    policies = '"repository_policy": {' in told or '"repository_policy": "' in told or "repository_policy_text" in told
    actions = {step["action"] for step in case["steps"]}
    return (
        case["area"] in AREAS
        and case["id"] not in LEFT_OUT
        and case.get("ecrops") == "same"
        and not policies
        and actions <= ACTIONS.keys()
    )


def spec_of(config: dict[str, Any]) -> RepositorySpec:
    fields: dict[str, Any] = {}
    for key, value in config.items():
        if key == "image_tag_mutability_exclusion_filters":
            fields[key] = [entry["filter"] for entry in value]
        elif key == "encryption":
            fields |= {"encryption": value["encryption_type"], "encryption_key": value.get("kms_key")}
        elif key == "lifecycle_policy":
            fields["lifecycle_rules"] = rules_of(value)
        elif key == "scan_on_push":
            fields["image_scan_on_push"] = value
        elif key in ("image_tag_mutability", "tags"):
            fields[key] = value
    return RepositorySpec(config["name"], **fields)


def rules_of(policy: Any) -> Any:
    return [] if policy == "REMOVE" else policy["rules"] if isinstance(policy, dict) else policy


ACTIONS: dict[str, Any] = {
    "ensure_repository": lambda registry, config: registry.ensure(spec_of(config)),
    "plan_repository": lambda registry, config: registry.plan(spec_of(config)),
    "delete_repository": lambda registry, config: registry.remove(config["name"]),
    "plan_delete_repository": lambda registry, config: Registry(registry.aws.session, dry_run=True).remove(
        config["name"]
    ),
    "ensure_lifecycle_policy": lambda registry, config: registry.repository(NAME).ensure(
        lifecycle_rules=rules_of(config)
    ),
    "remove_lifecycle_policy": lambda registry, config: registry.repository(NAME).set_lifecycle_rules(),
    "validate_lifecycle_policy": lambda registry, config: RepositorySpec("ab", lifecycle_rules=config["rules"]),
}
LOADED = json.loads((Path(__file__).parent / "cases" / "peers.json").read_text())["cases"]
CASES = [case for case in LOADED if applicable(case)]


def given(ecr: Client, there: dict[str, Any]) -> None:
    params: dict[str, Any] = {"repositoryName": there["name"], "imageTagMutability": there["image_tag_mutability"]}
    params["imageScanningConfiguration"] = {"scanOnPush": there["scan_on_push"]}
    params["tags"] = [{"Key": key, "Value": value} for key, value in there["tags"].items()]
    if filters := there["image_tag_mutability_exclusion_filters"]:
        params["imageTagMutabilityExclusionFilters"] = [
            {"filterType": entry["filter_type"], "filter": entry["filter"]} for entry in filters
        ]
    if (kind := there["encryption"]["encryption_type"]) != "AES256":
        params["encryptionConfiguration"] = {"encryptionType": kind}
    ecr.create_repository(**params)
    if policy := there["lifecycle_policy"]:
        ecr.put_lifecycle_policy(repositoryName=there["name"], lifecyclePolicyText=json.dumps(policy))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_that_ecrops_shares_with_its_peers(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    key = memory_cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    text = json.dumps(case).replace("{partition}", "aws").replace("{region}", "eu-west-1")
    text = text.replace("arn:aws:kms:eu-west-1:{account}:key/{custom}", key).replace("{custom_key_arn}", key)
    case = json.loads(text.replace("{account}", "123456789012"))
    if there := (case.get("given") or {}).get("repository"):
        given(memory_cloud.client("ecr"), there)
    for step in case["steps"]:
        memory_cloud.calls.clear()
        check(memory_cloud, step)


def check(cloud: Cloud, step: dict[str, Any]) -> None:
    expected = step["expect"]
    if "error" in expected or expected.get("valid") is False:
        with pytest.raises((EcropsError, ClientError)):
            ACTIONS[step["action"]](registry_of(cloud), step.get("config"))
        assert cloud.calls.writes() == []
        return
    done = ACTIONS[step["action"]](registry_of(cloud), step.get("config"))
    if "changed" in expected:
        assert bool(done) == expected["changed"]
    if "writes" in expected:
        assert cloud.calls.writes() == expected["writes"]
    assert len(cloud.calls) <= expected.get("max_calls", 1_000)


def test_most_cases_of_these_areas_are_run() -> None:
    assert len(CASES) >= 38
