"""What ecrops says that a policy would do to the images that are there."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import LifecycleRule, Registry, SpecError
from ecrops.lifecycle import Image, Simulation, simulate
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .support import INDEX, KEEP_TWO, names, pushed, versions


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    cloud.emulator.seed(["app"])
    return registry_of(cloud)


def test_the_stored_policy_is_simulated_and_nothing_is_written(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(5))
    repo = registry.repository("app")
    repo.set_lifecycle_rules(KEEP_TWO)
    cloud.calls.clear()
    assert names(repo.simulate_lifecycle().expired) == ["v5", "v4", "v3"]
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "DescribeImages"]


def test_a_policy_that_is_only_proposed_is_simulated(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed_images("app", versions(3))
    repo = registry.repository("app")
    assert names(repo.simulate_lifecycle([KEEP_TWO]).expired) == ["v3"]
    assert not repo.simulate_lifecycle().expired, "none is stored"
    with pytest.raises(SpecError):
        repo.simulate_lifecycle("{}")


def test_a_registry_is_simulated_one_repository_after_the_other(cloud: Cloud) -> None:
    repositories = cloud.emulator.seed(30)
    for name in repositories:
        cloud.emulator.seed_images(name, versions(3))
    registry = registry_of(cloud, workers=4)
    found = registry.simulate_lifecycles(rules=[KEEP_TWO])
    name, simulation = next(found)
    assert isinstance(simulation, Simulation)
    assert names(simulation.expired) == ["v3"]
    assert cloud.calls.operations().count("DescribeImages") <= 6, "a few are read ahead, not all"
    assert sorted([name, *(name for name, _ in found)]) == repositories
    ((name, simulation),) = registry.simulate_lifecycles(repositories[3])
    assert name == repositories[3]
    assert isinstance(simulation, Simulation)
    assert not simulation.expired, "its own policy: none"


def test_a_repository_that_is_deleted_after_the_listing_is_left_out_of_a_stream(cloud: Cloud) -> None:
    first, second, third = cloud.emulator.seed(3)
    session, once = cloud.session(own=True), iter([second])

    def meanwhile(**_: Any) -> None:
        for name in once:
            cloud.client("ecr").delete_repository(repositoryName=name, force=True)

    session.events.register("after-call.ecr.DescribeRepositories", meanwhile)
    registry = Registry(session, retry=AT_ONCE)
    assert sorted(name for name, _ in registry.simulate_lifecycles(rules=[KEEP_TWO])) == [first, third]
    with pytest.raises(ClientError, match="RepositoryNotFoundException") as caught:
        list(registry.simulate_lifecycles(first, second))
    assert f"while simulating {second}" in caught.value.__notes__


def test_an_image_that_two_pages_show_is_one_image(cloud: Cloud) -> None:
    cloud.emulator.seed(["app"])
    cloud.emulator.seed_images("app", versions(3))
    session = cloud.session(own=True)

    def moved(parsed: dict[str, Any], **_: Any) -> None:
        parsed["imageDetails"].append(dict(parsed["imageDetails"][0]))

    session.events.register("after-call.ecr.DescribeImages", moved)
    repo = Registry(session, retry=AT_ONCE).repository("app")
    assert len(list(repo.images())) == 3
    assert names(repo.simulate_lifecycle([KEEP_TWO]).expired) == ["v3"]


def test_an_index_of_nothing_has_no_parts(cloud: Cloud, registry: Registry) -> None:
    manifest = {"schemaVersion": 2, "manifests": None}
    cloud.emulator.seed_images("app", [pushed(1, imageManifestMediaType=INDEX, manifest=manifest)])
    assert [image.referenced_by for image in registry.repository("app").images(references=True)] == [()]


def test_a_stream_that_is_not_read_to_its_end_leaves_nothing_running(cloud: Cloud) -> None:
    cloud.emulator.seed(30)
    found: Iterator[Any] = registry_of(cloud, workers=2).simulate_lifecycles(rules=[KEEP_TWO])
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert cloud.calls.operations().count("DescribeImages") <= 5


def test_one_rule_in_place_of_a_policy_is_told_to_be_a_list(registry: Registry) -> None:
    wrong: Any = LifecycleRule(max_image_count=1)
    with pytest.raises(SpecError, match=r"expected lifecycle rules, .* got LifecycleRule\(.*\); write \[rule\]$"):
        registry.repository("app").simulate_lifecycle(wrong)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"selection.countType": "sinceImageSigned"}, id="an unknown count type"),
        pytest.param({"selection.repositoryTag": "x"}, id="an unknown key"),
        pytest.param({"action.type": "quarantine"}, id="an unknown action"),
        pytest.param({"action.type": "transition", "action.targetStorageClass": "glacier"}, id="an unknown class"),
        pytest.param({"selection.countNumber": "many"}, id="a number in words"),
    ],
)
def test_one_odd_repository_stops_no_other(cloud: Cloud, odd: dict[str, str]) -> None:
    """Source: public.json, one-repository-stops-registry-simulation."""
    repositories = cloud.emulator.seed(3)
    for name in repositories:
        cloud.emulator.seed_images(name, versions(3))
    rule: dict[str, Any] = {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                            "countNumber": 2}, "action": {"type": "expire"}}  # fmt: skip
    cloud.emulator.keep_lifecycle_policy(repositories[0], {"rules": [rule]})
    for path, value in odd.items():
        part, _, key = path.partition(".")
        rule = {**rule, part: {**rule[part], key: value}}
    cloud.emulator.keep_lifecycle_policy(repositories[1], {"rules": [rule]})
    found = dict(registry_of(cloud).simulate_lifecycles())
    assert sorted(found) == repositories
    first, error, third = (found[name] for name in repositories)
    assert isinstance(first, Simulation)
    assert names(first.expired) == ["v3"]
    assert isinstance(third, Simulation)
    assert isinstance(error, SpecError)
    assert "which ecrops does not know: only ECR can tell what it does" in str(error)
    with pytest.raises(SpecError):
        registry_of(cloud).repository(repositories[1]).simulate_lifecycle()


def test_a_repository_that_may_not_be_read_stops_no_other(cloud: Cloud) -> None:
    first, second, third = cloud.emulator.seed(3)
    cloud.faults.on(
        "denied", operation="GetLifecyclePolicy", where=lambda call: call.params["repositoryName"] == second
    )
    found = dict(registry_of(cloud).simulate_lifecycles())
    assert isinstance(found[second], ClientError)
    assert isinstance(found[first], Simulation)
    assert isinstance(found[third], Simulation)


def test_credentials_that_are_not_valid_any_more_end_the_stream(cloud: Cloud) -> None:
    cloud.emulator.seed(3)
    session = cloud.session(own=True)

    def expired(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "it is over"}}, "GetLifecyclePolicy")

    session.events.register("before-call.ecr.GetLifecyclePolicy", expired)
    with pytest.raises(ClientError, match="ExpiredToken"):
        list(Registry(session, retry=AT_ONCE).simulate_lifecycles())


def test_verdicts_are_a_sequence_of_values() -> None:
    pushed = datetime(2026, 1, 1, tzinfo=UTC)
    images = [Image(f"sha256:{n}", [f"v{n}"], pushed + timedelta(days=n)) for n in range(4)]
    result = simulate([LifecycleRule(max_image_count=2)], images, now=pushed + timedelta(days=9))
    names = [verdict.image.name for verdict in result.verdicts]
    assert names == ["v0", "v1", "v2", "v3"], "the oldest first"
    assert len(result.verdicts) == 4
    assert result.verdicts[-1] == result.verdicts[3] == tuple(result.verdicts)[3]
    assert [verdict.image.name for verdict in result.verdicts[1:3]] == ["v1", "v2"]
    assert [str(verdict.action) for verdict in result.verdicts] == ["expire", "expire", "keep", "keep"]
    assert result.verdicts == simulate([LifecycleRule(max_image_count=2)], images[::-1], now=result.now).verdicts
    assert result.verdicts != simulate([LifecycleRule(max_image_count=3)], images, now=result.now).verdicts
    assert pickle.loads(pickle.dumps(result)).verdicts == result.verdicts
    with pytest.raises(IndexError):
        result.verdicts[4]
