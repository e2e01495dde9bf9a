"""A spec of every setting: made in one run, empty in the second, one read a setting, and back through JSON."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from ecrops import Registry, RegistrySpec, RepositorySpec, fleet_from_dict, fleet_to_dict
from ecrops.registry_settings.table import MODULES
from ecrops.testing import Cloud
from support import registry_of

from .full import FULL, picture, prepare

READ_BY = {
    "scanning": "GetRegistryScanningConfiguration",
    "account_settings": "GetAccountSetting",
    "signing": "GetSigningConfiguration",
    "pull_time_exclusions": "ListPullTimeUpdateExclusions",
    "replication": "DescribeRegistry",
    "registry_policy": "GetRegistryPolicy",
    "creation_templates": "DescribeRepositoryCreationTemplates",
    "pull_through_cache": "DescribePullThroughCacheRules",
}
EVERY = sorted(READ_BY.values())


def one_field(name: str) -> RegistrySpec:
    return RegistrySpec(**{name: getattr(FULL, name)})


def test_the_full_spec_manages_every_field() -> None:
    assert FULL.managed.keys() == MODULES.keys() == READ_BY.keys()
    assert all(getattr(FULL, field.name) for field in fields(RegistrySpec))


def test_a_second_ensure_of_the_full_spec_is_empty_and_reads_each_setting_once(cloud: Cloud) -> None:
    prepare(cloud)
    assert registry_of(cloud).ensure(FULL)
    made = picture(cloud)
    cloud.calls.clear()
    settings = replace(FULL, events=None)
    assert not registry_of(cloud).ensure(settings)
    assert sorted(cloud.calls.operations()) == EVERY
    cloud.calls.clear()
    assert not registry_of(cloud).ensure(FULL)
    assert sorted(call.operation for call in cloud.calls if call.service == "ecr") == EVERY
    assert not cloud.calls.writes()
    assert picture(cloud) == made


@pytest.mark.parametrize("name", READ_BY)
def test_one_setting_of_a_spec_reads_nothing_of_the_others(memory_cloud: Cloud, name: str) -> None:
    prepare(memory_cloud)
    registry_of(memory_cloud).ensure(FULL)
    memory_cloud.calls.clear()
    assert not registry_of(memory_cloud).ensure(one_field(name))
    assert memory_cloud.calls.operations() == [READ_BY[name]]


def test_what_is_described_goes_through_json_and_is_nothing_to_do(registry: Registry, cloud: Cloud) -> None:
    prepare(cloud)
    before = registry.describe_settings()
    registry.ensure(FULL)
    cloud.calls.clear()
    described = registry.describe_settings()
    reads = cloud.calls.operations()
    assert reads.count("GetAccountSetting") == 3  # all that this ecrops knows
    assert sorted(reads) == sorted([*EVERY, *["GetAccountSetting"] * 2])
    for spec in (described, before, FULL):
        text = json.dumps(spec.to_dict())
        assert RegistrySpec.from_dict(json.loads(text)) == spec
        assert fleet_from_dict(json.loads(json.dumps(fleet_to_dict([spec])))) == [spec]
    cloud.calls.clear()
    assert not registry.ensure(RegistrySpec.from_dict(json.loads(json.dumps(described.to_dict()))))
    assert not cloud.calls.writes()
    made = picture(cloud)[:2]
    assert registry.ensure(RegistrySpec.from_dict(json.loads(json.dumps(before.to_dict()))))
    assert registry.ensure(replace(FULL, events=None))
    assert picture(cloud)[:2] == made


def test_a_spec_of_empty_fields_removes_everything_and_then_nothing(registry: Registry, cloud: Cloud) -> None:
    registry.ensure(FULL)
    assert not registry.ensure(RegistrySpec())
    empty = RegistrySpec(
        scanning={"scan_type": "BASIC"},
        signing=(),
        pull_time_exclusions=(),
        replication=(),
        registry_policy={},
        creation_templates=(),
        pull_through_cache=(),
        events=(),
    )
    assert registry.ensure(empty)
    assert not registry.ensure(empty)
    described = registry.describe_settings()
    assert RegistrySpec.from_dict(json.loads(json.dumps(described.to_dict()))) == described
    assert [name for name, value in described.managed.items() if value] == ["scanning", "account_settings"]
    assert described.scanning == empty.scanning


def test_one_approval_is_for_all(registry: Registry, cloud: Cloud) -> None:
    prepare(cloud)
    plan = registry.plan(FULL, RepositorySpec("prod/api"))
    assert registry.plan(RepositorySpec("prod/api"), FULL).checksum == plan.checksum
    steps = [change.step for change in plan]
    assert steps == sorted(steps)
    assert plan.changes[0].step < next(change.step for change in plan if change.operation == "CreateRepository")
    registry.apply(plan)
    assert not registry.plan(FULL, RepositorySpec("prod/api"))


def test_the_plan_of_the_full_spec_says_all_that_its_apply_does(memory_cloud: Cloud) -> None:
    prepare(memory_cloud)
    plan = registry_of(memory_cloud).plan(FULL)
    assert not memory_cloud.calls.writes()
    made = registry_of(memory_cloud).apply(plan)
    assert sorted(map(str, made)) == sorted(map(str, plan))
    dry = registry_of(memory_cloud, dry_run=True)
    assert not dry.ensure(FULL)


def test_destinations_have_one_order_in_aws_and_in_files(registry: Registry) -> None:
    registry.replication.add(prefix="a/b", to=["us-east-1", "eu-central-1", "111122223333/us-east-1"])
    described = registry.describe_settings()
    assert fleet_from_dict(fleet_to_dict([described])) == [described]
