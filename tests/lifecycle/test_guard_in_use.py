"""What a guard protects because it runs, and what it says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import ConflictError, LifecycleRule, Registry, RepositorySpec, SpecError
from ecrops.images import InUse
from ecrops.lifecycle import Guard, RegistryGuard, simulate
from ecrops.lifecycle.guard import impact_of
from ecrops.testing import Cloud
from support import registry_of
from tests.lifecycle.simulation.support import NOW, an_image
from tests.lifecycle.support import digest, pushed

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
WEB = "ECS service web in cluster prod"
EXPIRE_ALL = LifecycleRule(max_image_age=1)


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.emulator.seed_images("app", [pushed(n, f"v{n}", days=n + 20) for n in (1, 2, 3)])
    return registry_of(memory_cloud)


def refusal(registry: Registry, guard: Guard) -> str:
    with pytest.raises(ConflictError) as caught:
        registry.repository("app").set_lifecycle_rules(EXPIRE_ALL, guard=guard)
    return str(caught.value.conflicts[0])


@pytest.mark.parametrize("image", [f"{HOST}/app:v2", f"{HOST}/app@{digest(2)}", f"app@{digest(2)}", digest(2)])
def test_a_conflict_says_what_runs_an_image(registry: Registry, image: str) -> None:
    said = refusal(registry, Guard(never=InUse({image: [WEB]})))
    assert "images in use must stay, 1 of them goes; such as v2 (runs in ECS service web in cluster prod, " in said


@pytest.mark.parametrize("image", [f"{HOST}/app:v2", f"{HOST}/app@{digest(2)}", f"app@{digest(2)}"])
def test_a_guard_protects_an_image_by_its_uri(registry: Registry, image: str) -> None:
    said = refusal(registry, Guard(never=image))
    assert f"images such as {image} must stay, 1 of them goes; such as v2 (pushed" in said
    said = refusal(registry, Guard(never=["v1", digest(3), image, InUse([f"{HOST}/app:v1"])]))
    assert (
        f"images with tags like v1 or with the digest {digest(3)[:19]} or such as {image} or in use must stay" in said
    )
    assert "3 of them go" in said


@pytest.mark.parametrize("other", [f"{HOST}/web", f"{HOST.replace('eu-west-1', 'us-east-1')}/app"])
@pytest.mark.parametrize("image", ["{}:v2", "{}@" + digest(2)])
def test_an_image_of_another_repository_or_registry_protects_nothing(
    registry: Registry, memory_cloud: Cloud, other: str, image: str
) -> None:
    uri = image.format(other)
    guard = Guard(never=[uri, InUse([uri])])
    memory_cloud.calls.clear()
    assert registry.repository("app").set_lifecycle_rules(EXPIRE_ALL, guard=guard)
    assert memory_cloud.calls.operations().count("DescribeImages") == 1


def test_the_registry_is_asked_for_only_if_an_image_names_one(registry: Registry, memory_cloud: Cloud) -> None:
    assert registry.repository("app").set_lifecycle_rules(EXPIRE_ALL, guard=Guard(never=[digest(9), "prod*"]))
    assert "GetCallerIdentity" not in memory_cloud.calls.operations()


def test_the_guard_of_a_registry_protects_what_runs_of_each_repository(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app", "web"])
    for name in ("app", "web"):
        memory_cloud.emulator.seed_images(name, [pushed(n, f"v{n}", days=n + 20) for n in (1, 2)])
    used = InUse({f"{HOST}/web:v2": [WEB]})
    for guard in (Guard(never=used), RegistryGuard({"*": Guard(never=used)})):
        registry = registry_of(memory_cloud, guard=guard, dry_run=True)
        assert not registry.repository("app").set_lifecycle_rules(EXPIRE_ALL).conflicts
        assert registry.repository("web").set_lifecycle_rules(EXPIRE_ALL).conflicts
    assert Guard(never=used).of("app") == Guard()
    assert Guard(never=["prod*", used]).of("web") == Guard(never=["prod*", used])


def test_what_runs_protects_its_index_and_its_artifacts() -> None:
    images = [
        an_image(digest(1), "index", days=40),
        an_image(digest(2), days=40, referenced_by=[digest(1)]),
        an_image(digest(3), days=40, subject=digest(1)),
        an_image(digest(4), "other", days=40),
    ]
    evaluation = simulate([EXPIRE_ALL], images, now=NOW)
    guard = Guard(never=InUse({digest(2): [WEB]}))
    protected = {verdict.image.digest for verdict in guard.protected(evaluation)}
    assert protected == {verdict.image.digest for verdict in evaluation.expired} - {digest(4)}
    assert {digest(1), digest(3)} <= protected
    said = str(impact_of(evaluation, [guard]))
    assert f"index (has the part {digest(2)[:19]}; {digest(2)[:19]} stays: runs in {WEB}, pushed " in said


def test_a_guard_of_what_runs_is_a_value() -> None:
    guard = Guard(max_expired=3, never=["prod*", InUse({digest(2): [WEB]}, ["ECS"])])
    assert repr(guard) == "Guard(max_expired=3, never=('prod*', <InUse: 1 image>))"
    data = json.loads(json.dumps(guard.to_dict()))
    assert data == {"max_expired": 3, "never": ["prod*", {"images": {digest(2): [WEB]}, "read": ["ECS"]}]}
    assert Guard.from_dict(data) == guard
    assert hash(Guard.from_dict(data)) == hash(guard)
    assert guard != Guard(max_expired=3, never="prod*")
    assert Guard(never="prod*") == Guard(never=["prod*"])
    spec = RepositorySpec("app", lifecycle_rules=[EXPIRE_ALL], lifecycle_guard=guard)
    assert RepositorySpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert "1 image" in guard._repr_html_()


def test_a_wrong_document_of_a_guard_says_where() -> None:
    wrong: Any = {"never": ["prod*", {"image": []}]}
    with pytest.raises(SpecError, match=r"never\[1\]"):
        Guard.from_dict(wrong)
