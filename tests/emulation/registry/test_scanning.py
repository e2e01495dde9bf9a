"""The scanning configuration of a registry, and what it comes to for repositories."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from ..support import refused, wildcards


def rule(frequency: str, *filters: str) -> dict[str, Any]:
    return {"scanFrequency": frequency, "repositoryFilters": wildcards(*filters)}


def effective(ecr: Client, *names: str) -> dict[str, tuple[str, list[str]]]:
    found = ecr.batch_get_repository_scanning_configuration(repositoryNames=list(names))["scanningConfigurations"]
    return {
        each["repositoryName"]: (each["scanFrequency"], [entry["filter"] for entry in each["appliedScanFilters"]])
        for each in found
    }


def make(ecr: Client, *names: str) -> None:
    for name in names:
        ecr.create_repository(repositoryName=name)


def test_there_always_is_a_configuration(cloud: Cloud, ecr: Client) -> None:
    answer = ecr.get_registry_scanning_configuration()
    assert answer["registryId"] == cloud.account
    assert answer["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}


def test_a_put_replaces_the_whole_and_what_is_left_out_is_a_default(ecr: Client) -> None:
    rules = [rule("CONTINUOUS_SCAN", "prod*"), rule("SCAN_ON_PUSH", "*")]
    answer = ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
    assert answer["registryScanningConfiguration"] == {"scanType": "ENHANCED", "rules": rules}
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"]["rules"] == rules
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules[1:])
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"]["rules"] == rules[1:]
    ecr.put_registry_scanning_configuration()
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}


@pytest.mark.parametrize(
    ("kind", "frequencies", "text"),
    [
        ("BASIC", ["CONTINUOUS_SCAN"], "not supported for scan type BASIC"),
        ("ENHANCED", ["MANUAL"], "not supported for scan type ENHANCED"),
        ("BASIC", ["SCAN_ON_PUSH", "SCAN_ON_PUSH"], "one rule"),
        ("ENHANCED", ["CONTINUOUS_SCAN", "SCAN_ON_PUSH", "CONTINUOUS_SCAN"], "less than or equal to 2"),
        ("ENHANCED", ["HOURLY"], "rules.1.member.scanFrequency"),
        ("DEEP", ["SCAN_ON_PUSH"], "scanType"),
    ],
)
def test_frequencies_fit_the_scan_type_and_come_once(ecr: Client, kind: str, frequencies: list[str], text: str) -> None:
    before = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    with refused("InvalidParameterException", text):
        ecr.put_registry_scanning_configuration(scanType=kind, rules=[rule(each, "*") for each in frequencies])
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == before


@pytest.mark.parametrize("pattern", ["Prod", "a b", "-a", "a" * 256])
def test_filters_have_the_pattern_of_the_model(ecr: Client, pattern: str) -> None:
    with refused("InvalidParameterException", "rules.1.member.repositoryFilters.1.member.filter"):
        ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", pattern)])


@pytest.mark.parametrize("pattern", ["a" * 254 + "!", "a" * 254 + "-", "a..b", "a/-b"])
def test_a_long_filter_that_is_none_is_refused_at_once(ecr: Client, pattern: str) -> None:
    with refused("InvalidParameterException", "regular expression"):
        ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", "a" * 255, "a.b/c-d_e*", pattern)])


def test_a_rule_has_at_most_a_hundred_filters(ecr: Client) -> None:
    ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", *(f"r{n}" for n in range(100)))])
    with refused("InvalidParameterException", "less than or equal to 100"):
        ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", *(f"r{n}" for n in range(101)))])


def test_a_filter_without_a_wildcard_is_contained(ecr: Client) -> None:
    make(ecr, "prod", "x-prod-y", "pro", "team/prod")
    ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", "prod")])
    found = effective(ecr, "prod", "x-prod-y", "pro", "team/prod")
    assert [name for name, (frequency, _) in found.items() if frequency == "SCAN_ON_PUSH"] == [
        "prod", "x-prod-y", "team/prod",
    ]  # fmt: skip
    assert found["pro"] == ("MANUAL", [])


def test_a_filter_with_a_wildcard_is_about_the_whole_name(ecr: Client) -> None:
    make(ecr, "prod-a", "x-prod", "a.b", "axb")
    ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", "prod*", "a.b*")])
    assert effective(ecr, "prod-a", "x-prod", "a.b", "axb") == {
        "prod-a": ("SCAN_ON_PUSH", ["prod*"]),
        "x-prod": ("MANUAL", []),
        "a.b": ("SCAN_ON_PUSH", ["a.b*"]),
        "axb": ("MANUAL", []),
    }


@pytest.mark.parametrize("turned", [False, True])
def test_continuous_scanning_wins(ecr: Client, turned: bool) -> None:
    make(ecr, "ab", "cd")
    rules = [rule("CONTINUOUS_SCAN", "ab*"), rule("SCAN_ON_PUSH", "*")]
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules[::-1] if turned else rules)
    assert effective(ecr, "ab", "cd") == {"ab": ("CONTINUOUS_SCAN", ["ab*"]), "cd": ("SCAN_ON_PUSH", ["*"])}


def test_what_applies_is_told_of_repositories_made_before_and_after(ecr: Client) -> None:
    make(ecr, "before")
    ecr.put_registry_scanning_configuration(rules=[rule("SCAN_ON_PUSH", "*")])
    make(ecr, "after")
    assert effective(ecr, "before", "after") == dict.fromkeys(("before", "after"), ("SCAN_ON_PUSH", ["*"]))
    ecr.put_registry_scanning_configuration(rules=[])
    assert effective(ecr, "before", "after") == dict.fromkeys(("before", "after"), ("MANUAL", []))


def test_the_own_setting_of_a_repository_counts_where_no_filter_does_in_basic_scanning(ecr: Client) -> None:
    ecr.create_repository(repositoryName="ab", imageScanningConfiguration={"scanOnPush": True})
    answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=["ab"])["scanningConfigurations"][0]
    assert (answer["scanOnPush"], answer["scanFrequency"]) == (True, "SCAN_ON_PUSH")
    assert answer["repositoryArn"].endswith(":repository/ab")
    ecr.put_registry_scanning_configuration(rules=[rule("MANUAL", "ab")])
    assert effective(ecr, "ab") == {"ab": ("MANUAL", ["ab"])}
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    assert effective(ecr, "ab") == {"ab": ("MANUAL", [])}


def test_repositories_that_are_not_there_are_failures_of_theirs(ecr: Client) -> None:
    make(ecr, "ab")
    answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=["no", "ab", "nor"])
    assert [each["repositoryName"] for each in answer["scanningConfigurations"]] == ["ab"]
    code = "REPOSITORY_NOT_FOUND"
    assert answer["failures"] == [
        {"repositoryName": name, "failureCode": code, "failureReason": code} for name in ("no", "nor")
    ]


def test_at_most_twenty_five_repositories_are_asked_for_at_once(ecr: Client) -> None:
    names = [f"r{n}" for n in range(26)]
    assert len(ecr.batch_get_repository_scanning_configuration(repositoryNames=names[:25])["failures"]) == 25
    with refused("InvalidParameterException", "less than or equal to 25"):
        ecr.batch_get_repository_scanning_configuration(repositoryNames=names)


def test_an_organization_can_forbid_to_change_it(cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.settings.scanning.is_blocked = True
    with refused("BlockedByOrganizationPolicyException", "organization policy"):
        ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"]["scanType"] == "BASIC"
