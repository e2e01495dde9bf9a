"""A registry with every setting: one file, one approval, one read for each setting when there is nothing to do."""

from __future__ import annotations

import json

import pytest

from ecrops import Registry, RegistrySpec, RepositorySpec, fleet_from_dict, fleet_to_dict
from emulator import Cloud
from support import registry_of

from .full import EVENTS, FULL, READS, SETTINGS, picture, prepare


def test_nothing_to_do_costs_one_read_for_each_setting(registry: Registry, cloud: Cloud) -> None:
    prepare(cloud)
    assert registry.ensure(FULL)
    cloud.calls.clear()
    assert not registry.ensure(FULL)
    assert sorted(cloud.calls.operations()) == sorted(READS.values())


@pytest.mark.parametrize("field", READS)
def test_a_field_alone_reads_its_setting_alone(memory_cloud: Cloud, field: str) -> None:
    prepare(memory_cloud)
    assert registry_of(memory_cloud).plan(RegistrySpec(**{field: SETTINGS[field]}))
    assert {call.operation for call in memory_cloud.calls if call.service == "ecr"} == {READS[field]}


def test_what_is_described_goes_through_a_file(registry: Registry, cloud: Cloud) -> None:
    prepare(cloud)
    specs: list[RepositorySpec | RegistrySpec] = [EVENTS, RepositorySpec("prod/api")]
    assert fleet_from_dict(json.loads(json.dumps(fleet_to_dict(specs)))) == specs
    assert registry.ensure(*specs)
    described = registry.describe_settings()
    (read_back,) = fleet_from_dict(json.loads(json.dumps(fleet_to_dict([described]))))
    assert read_back == described
    known = described.managed["account_settings"]
    assert known["BLOB_MOUNTING"] == "ENABLED"
    assert described.managed == {**FULL.managed, "account_settings": known}
    before = picture(cloud)
    assert not registry.ensure(described, *specs[1:])
    assert picture(cloud) == before


def test_one_approval_is_for_all(registry: Registry, cloud: Cloud) -> None:
    prepare(cloud)
    plan = registry.plan(EVENTS, RepositorySpec("prod/api"))
    assert registry.plan(RepositorySpec("prod/api"), EVENTS).checksum == plan.checksum
    steps = [change.step for change in plan]
    assert steps == sorted(steps)
    assert plan.changes[0].step < next(change.step for change in plan if change.operation == "CreateRepository")
    registry.apply(plan)
    assert not registry.plan(EVENTS, RepositorySpec("prod/api"))


def test_an_empty_field_removes_and_a_missing_one_does_nothing(registry: Registry, cloud: Cloud) -> None:
    registry.ensure(FULL)
    assert not registry.ensure(RegistrySpec())
    empty = RegistrySpec(
        replication=(), registry_policy={}, pull_through_cache=(), creation_templates=(), signing=(),
        pull_time_exclusions=(),
    )  # fmt: skip
    assert registry.ensure(empty)
    described = registry.describe_settings()
    assert {name: getattr(described, name) for name in empty.managed} == empty.managed
    assert described.scanning == FULL.scanning
    assert not registry.ensure(empty)


def test_destinations_have_one_order_in_aws_and_in_files(registry: Registry) -> None:
    registry.replication.add(prefix="a/b", to=["us-east-1", "eu-central-1", "111122223333/us-east-1"])
    described = registry.describe_settings()
    assert fleet_from_dict(fleet_to_dict([described])) == [described]
