"""The account settings of a registry: names and values, each read and written alone, and never removed."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, SpecError
from ecrops.aws import ClientError
from ecrops.registry_settings import RegistrySpec
from ecrops.testing import FAULTS, Cloud, Fault
from support import registry_of

GET, PUT = "GetAccountSetting", "PutAccountSetting"


def test_a_setting_is_one_read_and_one_write(registry: Registry, cloud: Cloud) -> None:
    made = registry.account_settings.set("BLOB_MOUNTING", "ENABLED")
    assert str(made).splitlines()[1:] == ["~ account setting BLOB_MOUNTING: DISABLED -> ENABLED", "1 updated"]
    assert made.permissions == ("ecr:PutAccountSetting",)
    assert cloud.calls.operations() == [GET, PUT]
    assert registry.account_settings.get("BLOB_MOUNTING") == "ENABLED"
    cloud.calls.clear()
    assert not registry.account_settings.set({"BLOB_MOUNTING": "ENABLED", "REGISTRY_POLICY_SCOPE": "V2"})
    assert cloud.calls.operations() == [GET, GET]


def test_a_spec_manages_the_names_that_it_gives(registry: Registry, cloud: Cloud) -> None:
    made = registry.ensure(RegistrySpec(account_settings={"BLOB_MOUNTING": "ENABLED"}))
    assert [change.params for change in made] == [{"name": "BLOB_MOUNTING", "value": "ENABLED"}]
    cloud.calls.clear()
    assert not registry.ensure(RegistrySpec(account_settings={}))
    assert not cloud.calls
    assert registry.account_settings.describe() == {
        "BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE",
        "REGISTRY_POLICY_SCOPE": "V2",
        "BLOB_MOUNTING": "ENABLED",
    }


def test_the_settings_that_are_described_need_no_write(registry: Registry, cloud: Cloud) -> None:
    registry.account_settings.set("BLOB_MOUNTING", "ENABLED")
    spec = RegistrySpec(account_settings=registry.describe_settings().account_settings)
    assert RegistrySpec.from_dict(spec.to_dict()) == spec
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert cloud.calls.operations() == [GET, GET, GET]


def test_a_name_that_is_newer_than_ecrops_is_checked_by_aws(registry: Registry, cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="BRAND_NEW"):
        registry.account_settings.set("BRAND_NEW", "ON")
    assert cloud.calls.operations() == [GET]
    cloud.emulator.settings.account_settings.add("BRAND_NEW", ["OFF", "ON"])
    assert registry.account_settings.set("BRAND_NEW", "ON")
    assert registry.account_settings.get("BRAND_NEW") == "ON"
    with pytest.raises(ClientError, match="BRAND_NEW"):
        registry.account_settings.set("BRAND_NEW", "PERHAPS")


def test_a_region_without_a_setting_is_described_without_it(registry: Registry, cloud: Cloud) -> None:
    del cloud.emulator.settings.account_settings.values["BLOB_MOUNTING"]
    described = {"BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE", "REGISTRY_POLICY_SCOPE": "V2"}
    assert registry.account_settings.describe() == described
    assert registry.describe_settings().account_settings == described
    with pytest.raises(ClientError, match="BLOB_MOUNTING"):
        registry.account_settings.set("BLOB_MOUNTING", "ENABLED")


def test_a_setting_that_may_not_be_read_is_no_missing_one(memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation=GET)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry_of(memory_cloud).account_settings.describe()


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"BLOB_MOUNTING": "enabled"}, "documented values are ENABLED, DISABLED; did you mean ENABLED"),
        ({"BLOB_MOUNTING": True}, "expected a string, got True; the documented values are ENABLED, DISABLED"),
        ({"blob-mounting": "ENABLED"}, "did you mean BLOB_MOUNTING"),
        ({"REGISTRY_POLICY_SCOPE": "V3"}, "the documented value is V2"),
        ({"BASIC_SCAN_TYPE_VERSION": ""}, "AWS_NATIVE"),
        ({"": "ENABLED"}, "expected the name of an account setting"),
        ({"A" * 65: "ENABLED"}, "expected the name of an account setting"),
        (["BLOB_MOUNTING"], "expected a mapping"),
        ("BLOB_MOUNTING", "expected a mapping"),
    ],
)
def test_what_can_never_be_right_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, wanted: Any, reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        RegistrySpec.from_dict({"account_settings": wanted})
    if isinstance(wanted, dict):
        with pytest.raises(SpecError, match=reason):
            registry.account_settings.set(wanted)
    assert not cloud.calls


def test_all_reasons_come_at_once(registry: Registry) -> None:
    with pytest.raises(SpecError, match=r"(?s)REGISTRY_POLICY_SCOPE.*BLOB_MOUNTING"):
        registry.account_settings.set({"REGISTRY_POLICY_SCOPE": "V1", "BLOB_MOUNTING": "ON"})
    with pytest.raises(SpecError, match="leave the other argument out"):
        registry.account_settings.set({"BLOB_MOUNTING": "ENABLED"}, "ENABLED")
    with pytest.raises(SpecError, match="got none"):
        registry.account_settings.set({})
    with pytest.raises(SpecError, match="expected a string, got None"):
        registry.account_settings.set("BLOB_MOUNTING")


def test_a_value_that_aws_takes_no_more_can_be_described_and_kept_and_not_written(
    registry: Registry, cloud: Cloud
) -> None:
    cloud.emulator.settings.account_settings.values["BASIC_SCAN_TYPE_VERSION"] = "CLAIR"
    spec = RegistrySpec.from_dict(registry.describe_settings().to_dict())
    assert not registry.ensure(spec)
    cloud.emulator.settings.account_settings.values["BASIC_SCAN_TYPE_VERSION"] = "AWS_NATIVE"
    with pytest.raises(ConflictError, match="AWS takes CLAIR no more; the documented value is AWS_NATIVE"):
        registry.ensure(spec)
    assert cloud.calls.writes() == []


def test_a_value_that_is_newer_than_ecrops_is_described_as_it_is(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.settings.account_settings.values["BLOB_MOUNTING"] = "ACROSS_ACCOUNTS"
    assert not registry.ensure(registry.describe_settings())


def test_an_approved_plan_overwrites_no_value_that_nobody_saw(registry: Registry, cloud: Cloud) -> None:
    cloud.emulator.settings.account_settings.add("MODE", ["A", "B", "C"])
    plan = registry.plan(RegistrySpec(account_settings={"MODE": "B"}))
    cloud.emulator.settings.account_settings.put("MODE", "C")
    with pytest.raises(ConflictError, match="C -> B"):
        registry.apply(plan)
    assert registry.account_settings.get("MODE") == "C"


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"denied"}))
@pytest.mark.parametrize("operation", [GET, PUT])
def test_a_call_that_goes_wrong_is_made_again(memory_cloud: Cloud, operation: str, fault: Fault) -> None:
    memory_cloud.faults.on(fault, operation=operation, times=1)
    made = registry_of(memory_cloud).account_settings.set("BLOB_MOUNTING", "ENABLED")
    assert memory_cloud.emulator.settings.account_settings.values["BLOB_MOUNTING"] == "ENABLED"
    assert len(memory_cloud.faults.hits) == 1
    assert [change.operation for change in made] == [PUT]


def test_a_dry_run_remembers_what_it_would_have_set(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    assert registry.account_settings.set("BLOB_MOUNTING", "ENABLED")
    assert not registry.account_settings.set("BLOB_MOUNTING", "ENABLED")
    assert memory_cloud.calls.writes() == []
