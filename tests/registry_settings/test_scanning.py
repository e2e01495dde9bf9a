"""The scanning configuration of a registry: one whole value in AWS, and filters that each edit owns."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, RepositorySpec, RetryPolicy, SpecError, fleet_from_dict, fleet_to_dict
from ecrops.registry_settings import RegistrySpec, ScanningConfiguration
from ecrops.testing import Call, Client, Cloud
from support import HERE, registry_of

GET, PUT = "GetRegistryScanningConfiguration", "PutRegistryScanningConfiguration"


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


def put(ecr: Client, scan_type: str, **filters: list[str]) -> None:
    """What somebody else makes of the configuration."""
    rules = [
        {
            "scanFrequency": frequency,
            "repositoryFilters": [{"filter": name, "filterType": "WILDCARD"} for name in names],
        }
        for frequency, names in filters.items()
    ]
    ecr.put_registry_scanning_configuration(scanType=scan_type, rules=rules)


def filters(ecr: Client) -> dict[str, list[str]]:
    rules = ecr.get_registry_scanning_configuration()["scanningConfiguration"].get("rules", [])
    return {rule["scanFrequency"]: sorted(each["filter"] for each in rule["repositoryFilters"]) for rule in rules}


def test_the_first_filters_turn_inspector_on(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    made = registry.scanning.set("ENHANCED", continuous_scan=["prod/*"], scan_on_push=["*"])
    assert str(made).startswith(
        HERE + "~ scanning configuration: BASIC -> ENHANCED, CONTINUOUS_SCAN prod/*, SCAN_ON_PUSH *\n1 updated\n"
        "note: scanning configuration: Amazon Inspector scans from now on"
    )
    assert set(made.permissions) == {
        f"ecr:{PUT}",
        "inspector2:Enable",
        "inspector2:ListAccountPermissions",
        "iam:CreateServiceLinkedRole",
    }
    assert filters(ecr) == {"CONTINUOUS_SCAN": ["prod/*"], "SCAN_ON_PUSH": ["*"]}
    cloud.calls.clear()
    assert not registry.scanning.set("ENHANCED", continuous_scan=["prod/*"], scan_on_push=["*"])
    assert cloud.calls.operations() == [GET]


def test_an_added_filter_leaves_those_of_others(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, "ENHANCED", CONTINUOUS_SCAN=["theirs"], SCAN_ON_PUSH=["other/*"])
    assert registry.scanning.add(scan_on_push=["team/*", "other/*"])
    assert filters(ecr) == {"CONTINUOUS_SCAN": ["theirs"], "SCAN_ON_PUSH": ["other/*", "team/*"]}
    assert cloud.calls.operations() == [GET, PUT, GET]  # the last reading verifies


def test_a_removal_never_switches_inspector_off(registry: Registry, ecr: Client) -> None:
    put(ecr, "ENHANCED", SCAN_ON_PUSH=["team/*"])
    assert registry.scanning.remove(scan_on_push=["team/*", "never/there"])
    assert filters(ecr) == {}
    assert registry.scanning.describe() == ScanningConfiguration("ENHANCED")
    assert not registry.scanning.remove(scan_on_push=["team/*"])


def test_a_filter_that_comes_while_a_write_waits_stays(memory_cloud: Cloud) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)

    def meddle(call: Call) -> bool:
        if call.operation == PUT:
            put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])
        return call.operation == PUT

    memory_cloud.faults.on("throttle", where=meddle)
    assert registry.scanning.add(scan_on_push=["ours"])
    assert filters(ecr) == {"SCAN_ON_PUSH": ["ours", "theirs"]}


def test_a_filter_that_a_slower_writer_overwrites_is_put_again(memory_cloud: Cloud) -> None:
    ecr = memory_cloud.client("ecr")
    overwritten: list[float] = []

    def sleep(seconds: float) -> None:
        if not overwritten:
            put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])
        overwritten.append(seconds)

    assert registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep)).scanning.add(scan_on_push=["ours"])
    assert filters(ecr) == {"SCAN_ON_PUSH": ["ours", "theirs"]}


def test_filters_of_others_survive_an_approved_plan(registry: Registry, ecr: Client) -> None:
    plan = registry.plan(RegistrySpec(scanning=ScanningConfiguration("BASIC", scan_on_push=["team/*"])))
    put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])
    with pytest.raises(ConflictError, match="theirs"):
        registry.apply(plan)
    assert filters(ecr) == {"SCAN_ON_PUSH": ["theirs"]}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"scan_type": "BASIC", "continuous_scan": ["a*"]}, "continuous_scan: BASIC scanning scans on push only"),
        ({"scan_type": "BASIK"}, "did you mean BASIC"),
        ({"scan_on_push": "team/*"}, r"write \['team/\*'\]"),
        ({"scan_on_push": ["Team"]}, "got 'Team'"),
        ({"scan_on_push": [f"a{n}" for n in range(101)]}, "100 filters at most, got 101"),
        ({"scan_frequency": "MANUAL"}, "write continuous_scan"),
        ({"other_frequencies": {"SCAN_ON_PUSH": ["a"]}}, "write scan_on_push"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"scanning": wanted})
    assert not cloud.calls


def test_a_continuous_filter_needs_enhanced_scanning(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    with pytest.raises(SpecError, match=r"turn Amazon Inspector"):
        registry.scanning.add(continuous_scan=["prod/*"])
    with pytest.raises(SpecError, match="expected filters"):
        registry.scanning.add()
    assert cloud.calls.writes() == []


def test_effective_scanning_asks_for_25_repositories_a_call(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    cloud.emulator.seed([f"team/{number:02}" for number in range(30)])
    registry.scanning.set("BASIC", scan_on_push=["team/0*"])
    cloud.calls.clear()
    scannings = registry.scanning.effective(*(f"team/{number:02}" for number in range(30)), "not/there")
    assert sorted(len(call.params["repositoryNames"]) for call in cloud.calls) == [6, 25]  # in parallel
    assert len(scannings) == 30
    assert scannings["team/01"].frequency == "SCAN_ON_PUSH"
    assert scannings["team/01"].filters == ("team/0*",)
    assert scannings["team/29"].frequency == "MANUAL"
    assert "REPOSITORY_NOT_FOUND" in scannings.failures["not/there"]


def test_one_file_has_the_registry_and_its_repositories(registry: Registry, cloud: Cloud) -> None:
    specs = fleet_from_dict(
        {"registry": {"scanning": {"scan_on_push": ["team/*"]}}, "repositories": [{"name": "team/api"}]}
    )
    made = registry.ensure(*specs)
    assert [change.operation for change in made] == [PUT, "CreateRepository"]
    assert not registry.ensure(*specs)
    described: list[RepositorySpec | RegistrySpec] = [registry.describe_settings(), *registry.describe()]
    assert fleet_from_dict(fleet_to_dict(described)) == described
    cloud.calls.clear()
    assert not registry.ensure(registry.describe_settings())
    assert cloud.calls.writes() == []


def test_two_specs_of_the_registry_are_refused(registry: Registry) -> None:
    with pytest.raises(SpecError, match="merge them into one RegistrySpec"):
        registry.ensure(RegistrySpec(), RegistrySpec(), RepositorySpec("team/api"))


def test_a_filter_of_another_type_is_not_made_a_wildcard(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])
    at = "scanningConfiguration.rules.0.repositoryFilters.0.filterType"
    cloud.emulator.add_unknown_member(GET, at, "REGEX")
    with pytest.raises(ConflictError, match="AWS has filterType=REGEX, which this ecrops does not know"):
        registry.scanning.add(scan_on_push=["ours"])
    assert cloud.calls.writes() == []
    assert registry.scanning.describe().scan_on_push == ("theirs",)


@pytest.mark.parametrize("moment", ["before apply", "while it waits"])
def test_a_member_that_comes_after_the_plan_stops_the_write(memory_cloud: Cloud, moment: str) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)
    put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])

    def add_member() -> None:
        memory_cloud.emulator.add_unknown_member(GET, "scanningConfiguration.rules.0.brandNew", {"a": 1})

    def meddle(call: Call) -> bool:
        if call.operation == PUT:
            add_member()
        return call.operation == PUT

    spec = RegistrySpec(scanning=ScanningConfiguration("BASIC", scan_on_push=["ours", "theirs"]))
    plan = registry.plan(spec)
    if moment == "before apply":
        add_member()
    else:
        memory_cloud.faults.on("throttle", where=meddle, times=1)
    with pytest.raises(ConflictError, match="brandNew"):
        registry.apply(plan)
    assert filters(ecr) == {"SCAN_ON_PUSH": ["theirs"]}
    assert memory_cloud.emulator.unknown_members(GET)


def test_the_scan_type_changes_without_the_filters_of_others(registry: Registry, ecr: Client) -> None:
    put(ecr, "BASIC", SCAN_ON_PUSH=["theirs"])
    with pytest.raises(SpecError, match=r"scanning.add\(scan_type='ENHANCED'"):
        registry.scanning.add(continuous_scan=["prod/*"])
    assert registry.scanning.add(scan_type="ENHANCED", continuous_scan=["prod/*"])
    assert filters(ecr) == {"CONTINUOUS_SCAN": ["prod/*"], "SCAN_ON_PUSH": ["theirs"]}
    with pytest.raises(SpecError, match="BASIC scanning scans on push only"):
        registry.scanning.add(scan_type="BASIC")
    assert not registry.scanning.add(scan_type="ENHANCED")
