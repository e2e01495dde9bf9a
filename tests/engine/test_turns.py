"""Callers of one process: edits of one owner take turns, so that none is lost and none has to be verified first."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ecrops import DeadlineError, LifecycleRule, Registry, RepositorySpec, RetryPolicy, Role, pull
from ecrops.testing import Cloud
from support import AT_ONCE, lifecycle, registry_of
from tests.access.world import inline

THREADS = 8


def at_once(count: int, do: Any) -> list[Any]:
    """Call a function in as many threads, which begin together."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> Any:
        barrier.wait()
        return do(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


@pytest.mark.parametrize("one_registry", [True, False])
def test_threads_that_add_lifecycle_rules_lose_none(memory_cloud: Cloud, one_registry: bool) -> None:
    shared = registry_of(memory_cloud)
    shared.ensure(RepositorySpec("ab"))
    registries = [shared if one_registry else registry_of(memory_cloud) for _ in range(THREADS)]

    def add(number: int) -> None:
        repo = registries[number].repository("ab")
        repo.add_lifecycle_rule(tag_prefix_list=[f"line{number}-"], max_image_count=number + 1)

    at_once(THREADS, add)
    rules = lifecycle(memory_cloud.client("ecr"), "ab")
    assert sorted(rule["selection"]["countNumber"] for rule in rules) == list(range(1, THREADS + 1))


def test_threads_that_grant_to_one_role_by_many_registries_lose_none(memory_cloud: Cloud) -> None:
    memory_cloud.client("iam").create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    registries = [registry_of(memory_cloud) for _ in range(THREADS)]
    at_once(THREADS, lambda number: registries[number].repository(f"app{number}").ensure(grants=[pull(Role("nodes"))]))
    text = str(inline(memory_cloud, "role", "nodes"))
    assert [name for name in (f"app{n}" for n in range(THREADS)) if name not in text] == []


def test_a_turn_costs_one_reading_only_if_somebody_wrote_in_between(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.ensure(RepositorySpec("ab"))
    cloud.calls.clear()
    registry.repository("ab").grant_pull("111122223333")
    registry.repository("ab").grant_pull("222233334444")
    assert cloud.calls.operations().count("GetRepositoryPolicy") == 2 * 2  # planned and verified


def test_owners_of_one_region_take_no_turns_with_each_other(cloud: Cloud) -> None:
    """The write of each waits for that of the other: they are in flight at once, or never."""
    specs = [RepositorySpec(name, lifecycle_rules=[LifecycleRule(max_image_count=3)]) for name in ("ab", "cd")]
    registry_of(cloud).ensure(*(RepositorySpec(spec.name) for spec in specs))
    session, together = cloud.session(own=True), threading.Barrier(2, timeout=20)
    session.events.register_first("before-send.ecr.PutLifecyclePolicy", lambda **_: [together.wait()].clear())
    made = Registry(session, workers=2, retry=AT_ONCE).ensure(*specs)
    assert sorted(change.owner for change in made) == ["ab", "cd"]


def test_an_edit_inside_of_a_wait_for_the_same_owner_does_not_wait_for_it(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    memory_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=1)
    nested: list[object] = []

    def sleep(seconds: float) -> None:
        if not nested:
            nested.append(registry_of(memory_cloud).repository("ab").add_lifecycle_rule(max_image_count=5))

    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep))
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
    assert len(lifecycle(memory_cloud.client("ecr"), "ab")) == 2


@pytest.mark.parametrize("workers", [1, 4])
def test_an_edit_inside_of_a_wait_for_a_reading_of_the_same_owner_does_not_wait_for_it(
    memory_cloud: Cloud, workers: int
) -> None:
    """The owner is read again in its turn, on threads of their own."""
    specs = [RepositorySpec(name, lifecycle_rules=[], grants=[pull("111122223333")]) for name in ("ab", "cd")]
    registry_of(memory_cloud).ensure(*(RepositorySpec(spec.name) for spec in specs))
    registry_of(memory_cloud).repository("ab").add_lifecycle_rule(max_image_count=4)
    memory_cloud.faults.on(
        "throttle", operation="GetRepositoryPolicy", where=lambda call: call.params["repositoryName"] == "ab", skip=1
    )
    nested: list[object] = []

    def sleep(seconds: float) -> None:
        if not nested:
            repo = registry_of(memory_cloud).within(5).repository("ab")
            nested.append(repo.add_lifecycle_rule(tag_prefix_list=["theirs"], max_image_count=5))

    registry_of(memory_cloud, workers=workers, retry=RetryPolicy(sleep=sleep)).ensure(*specs)
    assert nested
    assert not registry_of(memory_cloud).ensure(*specs)


def test_the_wait_for_a_turn_ends_with_the_deadline(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    waits, ends = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        ends.wait(30)

    memory_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=1)
    slow = Registry(memory_cloud.session(), retry=RetryPolicy(sleep=sleep))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow.repository("ab").add_lifecycle_rule, max_image_count=5)
        assert waits.wait(30)
        try:
            hurried = registry_of(memory_cloud).within(0.5)
            with pytest.raises(DeadlineError, match="another thread was done with ab"):
                hurried.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
        finally:
            ends.set()
        assert first.result(30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform forks no processes")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_that_is_forked_during_a_turn_does_not_wait_for_it(http_cloud: Cloud) -> None:
    registry_of(http_cloud).ensure(RepositorySpec("ab"))
    waits, ends = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        ends.wait(30)

    http_cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=1)
    slow = Registry(http_cloud.session(), retry=RetryPolicy(sleep=sleep))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow.repository("ab").add_lifecycle_rule, max_image_count=5)
        assert waits.wait(30)
        child = os.fork()
        if not child:
            registry = Registry(http_cloud.session(own=True), retry=AT_ONCE).within(20)
            try:
                registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
            except BaseException:
                os._exit(1)
            os._exit(0)
        deadline = time.monotonic() + 30
        ended = 0
        while not ended and time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            time.sleep(0.02)
        ends.set()
        assert first.result(30)
    assert ended
    assert os.waitstatus_to_exitcode(status) == 0
