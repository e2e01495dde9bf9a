"""What a simulation says of images that a policy removes though they run."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import LifecycleRule, SpecError
from ecrops.images import InUse
from ecrops.lifecycle import Simulation, simulate
from ecrops.testing import Cloud
from support import registry_of
from tests.lifecycle.simulation.support import NOW, an_image, digests
from tests.lifecycle.support import digest, pushed

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
WEB = "ECS service web in cluster prod"
EXPIRE = LifecycleRule(tag_pattern_list=["v*"], max_image_age=30)
ARCHIVE = LifecycleRule(tag_pattern_list=["w*"], since_image_pulled=30, transition_to="archive")


def simulated(never: Any, *rules: LifecycleRule, number: int = 40) -> Simulation:
    images = [an_image(digest(n), f"{'vw'[n % 2]}{n}", days=40 + n) for n in range(number)]
    return simulate(rules or [EXPIRE, ARCHIVE], images, now=NOW, never=never)


def test_a_simulation_says_how_many_images_that_it_removes_are_running() -> None:
    found = simulated(InUse({digest(2): [WEB], digest(4): [WEB], digest(6): [WEB], digest(3): ["Lambda function f"]}))
    assert digests(found.running) == [digest(n) for n in (2, 3, 4, 6)]
    assert not found.protected
    lines = str(found).split("\n")
    assert f"  3 of the 20 images that this policy expires are running: v6 (runs in {WEB}), v4 (" in "\n".join(lines)
    assert "  1 of the 20 images that this policy archives is running: w3 (runs in Lambda function f)" in lines
    assert "3 of the 20 images that this policy expires are running" in found._repr_html_()
    assert found.to_dict()["running"][digest(2)] == f"runs in {WEB}"


def test_what_is_protected_otherwise_is_said_apart() -> None:
    found = simulated(["v8", "v2", InUse({digest(2): [WEB]})])
    assert digests(found.running) == [digest(2)]
    assert digests(found.protected) == [digest(8)]
    assert "1 of the 20 images that this policy expires is protected: v8 (has the tag v8" in str(found)
    assert found.to_dict()["protected"] == {digest(8): "has the tag v8, which is protected"}


def test_only_some_of_many_are_named() -> None:
    found = simulated(InUse([digest(n) for n in range(0, 40, 2)]))
    assert "20 of the 20 images that this policy expires are running: " in str(found)
    assert "and 15 more" in str(found)


def test_nothing_is_said_if_nothing_that_stays_is_removed() -> None:
    for never in ((), "x*", InUse([digest(99)])):
        found = simulated(never)
        assert "running" not in str(found)
        assert "protected" not in str(found)
        assert not found.running


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(SpecError, match="which no tag fits"):
        simulated(["v 1"])


def test_the_images_of_a_repository_are_compared_with_what_runs(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.emulator.seed_images("app", [pushed(n, f"v{n}", days=n + 40) for n in (1, 2, 3)])
    app = registry_of(memory_cloud).repository("app")
    used = InUse({f"{HOST}/app:v1": [WEB], f"{HOST}/web:v2": [WEB], f"{HOST.replace('1234', '4321')}/app:v3": [WEB]})
    assert digests(app.simulate_lifecycle([EXPIRE], never=used).running) == [digest(1)]
    memory_cloud.calls.clear()
    with pytest.raises(SpecError):
        app.simulate_lifecycle([EXPIRE], never=[""])
    assert not memory_cloud.calls


def test_the_images_of_all_repositories_are_compared_with_what_runs(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app", "web"])
    for name in ("app", "web"):
        memory_cloud.emulator.seed_images(name, [pushed(n, f"v{n}", days=n + 40) for n in (1, 2)])
    used = InUse({f"{HOST}/app:v1": [WEB], f"{HOST}/web:v2": [WEB]})
    found = dict(registry_of(memory_cloud).simulate_lifecycles(rules=[EXPIRE], never=used))
    running = {name: digests(result.running) for name, result in found.items() if isinstance(result, Simulation)}
    assert running == {"app": [digest(1)], "web": [digest(2)]}
