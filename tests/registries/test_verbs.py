"""What each verb returns of many registries: read to its end where the work runs, the same on threads and processes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import pytest

from ecrops import LifecycleRule, Registries, Registry, RegistryLocation, RepositorySpec, Role, prefix
from ecrops.access.reports.matrix import AccessMatrix
from ecrops.inventory import Inventory
from ecrops.registries.results.row import RowError
from ecrops.registries.results.simulations import Simulations
from ecrops.testing import AT_ONCE, Cloud, SeededImage, over_http
from ecrops.testing.isolation import as_default_session, environment

ACCOUNT = "222233334444"
NOW = datetime.now(UTC)
MB = 10**6
SPECS = [
    RepositorySpec("team/api", tags={"a": "1"}, lifecycle_rules=[LifecycleRule(max_image_count=1)]),
    RepositorySpec("team/web"),
]


def make(cloud: Cloud, **more: Any) -> Registries:
    """Three registries: one with three images, one with two, and one of another account that has none."""
    cloud.seed_role("ecrops", ACCOUNT)
    for region, number in (("eu-west-1", 3), ("eu-central-1", 2)):
        images = [SeededImage([f"v{days}"], age=timedelta(days=days), size=MB) for days in range(1, number + 1)]
        cloud.seed_images("team/api", images, region=region)
    cloud.client("iam").create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    places = [RegistryLocation(region=region, name=region, **more) for region in ("eu-west-1", "eu-central-1")]
    places.append(RegistryLocation(ACCOUNT, "eu-west-1", role_name="ecrops", name="other", **more))
    registries = Registries(places, retry=AT_ONCE)
    assert not registries.ensure(*SPECS).errors
    Registry(cloud.session()).repository("team/api").grant_pull_push(Role("nodes"))
    return registries


@pytest.fixture
def registries(memory_cloud: Cloud) -> Iterator[Registries]:
    with as_default_session(memory_cloud):
        yield make(memory_cloud)


def test_the_repositories_of_all_are_described(registries: Registries) -> None:
    found = registries.describe()
    assert {place.label: [spec.name for spec in value] for place, value in found.values.items()} == {
        name: ["team/api", "team/web"] for name in ("eu-west-1", "eu-central-1", "other")
    }
    assert [spec.tags for spec in registries.describe("team/api")["other"].value] == [{"a": "1"}]


def test_repositories_are_removed_in_all(registries: Registries) -> None:
    result = registries.remove("team/web")
    assert result.summary == "3 changes made in 3 of 3 registries"
    assert not registries.remove("team/web").applied
    refused = registries.remove("team/api")
    assert [row.location.label for row in refused.errors] == ["eu-west-1", "eu-central-1"]  # they have images
    assert [len(changes) for changes in registries.remove("team/api", empty_on_delete=True).applied.values()] == [1, 1]


def test_access_is_judged_where_the_work_runs(registries: Registries, memory_cloud: Cloud) -> None:
    result = registries.access(prefix("team/"))
    memory_cloud.calls.clear()
    own, other = result["eu-west-1"].value, result["other"].value
    assert isinstance(own, AccessMatrix)
    arrived = pickle.loads(pickle.dumps(own))
    assert str(arrived) == str(own)
    for matrix in (own, arrived):
        assert "nodes" in " ".join(matrix.who_can("pull", "team/api"))
        assert matrix.what_can(Role("nodes")).can("push") or matrix.what_can(Role("nodes")).depends("push")
    assert "nodes" not in " ".join(other.who_can("pull", "team/api"))
    assert not memory_cloud.calls.operations()


def test_an_inventory_of_all_is_a_line_a_registry_and_the_total(registries: Registries, memory_cloud: Cloud) -> None:
    result = registries.inventory(now=NOW)
    memory_cloud.calls.clear()
    whole = result.inventory
    assert whole is not None
    assert {row.repository: row.images for row in whole} == {"eu-west-1": 3, "eu-central-1": 2, "other": 0}
    assert (whole.total.images, whole.total.bytes) == (5, 5 * MB)
    assert [row.repository for row in whole.fastest_growing(1)] == ["eu-west-1"]
    head, *lines = str(result).splitlines()
    assert head.startswith("registry")
    assert [line.split("  ")[0] for line in lines[:4]] == ["eu-west-1", "eu-central-1", "other", "all registries"]
    assert lines[-1] == "3 of 3 registries done"
    assert [row["images"] for row in whole.to_dict()["registries"]] == [3, 2, 0]
    inventory = pickle.loads(pickle.dumps(result["eu-west-1"].value))
    assert isinstance(inventory, Inventory)
    assert {row.repository for row in inventory} == {"team/api", "team/web"}
    assert not memory_cloud.calls.operations()


def test_a_repository_that_cannot_be_read_is_said_of_its_registry(registries: Registries, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="DescribeImages", where=lambda call: call.region == "eu-central-1")
    result = registries.inventory("team/api", now=NOW)
    assert not result.errors
    assert "eu-central-1: 1 repository not read as a whole" in str(result)
    assert result.inventory is not None
    assert result.inventory.total.images == 3


def test_lifecycle_policies_are_simulated_in_all(registries: Registries, memory_cloud: Cloud) -> None:
    result = registries.simulate_lifecycles()
    memory_cloud.calls.clear()
    assert {place.label: value.expired for place, value in result.values.items()} == {
        "eu-west-1": 2,
        "eu-central-1": 1,
        "other": 0,
    }
    assert str(result).splitlines() == [
        "eu-west-1: expires 2 of 3 images in 2 repositories, 2.0 MB",
        "eu-central-1: expires 1 of 2 images in 2 repositories, 1.0 MB",
        "other: expires 0 of 0 images in 2 repositories, 0 B",
        "all registries: expires 3 of 5 images in 6 repositories, 3.0 MB",
        "3 of 3 registries done",
    ]
    simulations = pickle.loads(pickle.dumps(result["eu-west-1"].value))
    assert isinstance(simulations, Simulations)
    assert [verdict.image.name for verdict in simulations.simulations["team/api"].expired] == ["v3", "v2"]
    assert json.dumps(result.to_dict())
    assert not memory_cloud.calls.operations()


def test_one_that_cannot_be_simulated_stops_no_other(registries: Registries, memory_cloud: Cloud) -> None:
    memory_cloud.faults.on("denied", operation="DescribeImages", where=lambda call: call.region == "eu-central-1")
    found = registries.simulate_lifecycles("team/api", "team/web")["eu-central-1"].value
    [error] = found.errors.values()
    assert isinstance(error, RowError)
    assert error.code == "AccessDeniedException"
    assert any("while simulating" in note for note in error.notes)
    assert found.summary.endswith("; 1 could not be simulated")
    assert len(found.simulations) == 1


def test_what_no_spec_has_is_named_and_what_differs_too(registries: Registries) -> None:
    found = registries.unmanaged(SPECS[0], within=prefix("team/"))
    assert {place.label: [thing.name for thing in value] for place, value in found.values.items()} == {
        name: ["team/web"] for name in ("eu-west-1", "eu-central-1", "other")
    }
    text = str(registries.drift(RepositorySpec("team/web", image_scan_on_push=True)))
    assert text.startswith("in all 3 registries:\n  ~ team/web")


def test_on_processes_every_verb_returns_the_same(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with over_http(server) as cloud, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        registries = make(cloud, endpoint_url=server.url)
        for ask in (
            lambda executor: registries.describe(executor=executor),
            lambda executor: registries.access(executor=executor),
            lambda executor: registries.inventory(now=NOW, executor=executor),
            lambda executor: registries.simulate_lifecycles(now=NOW, executor=executor),
            lambda executor: registries.unmanaged(SPECS[0], everything=True, executor=executor),
            lambda executor: registries.drift(*SPECS, RepositorySpec("new"), executor=executor),
        ):
            here, there = ask(None).to_dict(), ask(pool).to_dict()
            assert "error" not in {row["error"] for row in here["registries"]}
            assert there == here
        assert len(registries.remove("team/web", executor=pool).applied) == 3
