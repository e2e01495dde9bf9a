"""For every call about the settings of a registry and every fault: it succeeds or raises, and a clean run converges."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from ecrops import Registry, Role
from emulator import FAULTS, Cloud, Fault
from emulator.cloud import reset
from support import AT_ONCE
from tests.test_faults import attempt, meet

from .full import FULL, PROFILE, STATEMENT, picture, prepare


def add(registry: Registry) -> None:
    registry.scanning.add(scan_on_push=["team/*"])
    registry.replication.add(prefix="team/", to=["eu-central-1"])
    registry.registry_policy.add(STATEMENT)
    registry.pull_through_cache.add("quay", "quay.io")
    registry.creation_templates.add("quay", applied_for=["PULL_THROUGH_CACHE"])
    registry.signing.add(PROFILE)
    registry.pull_time_exclusions.add(Role("scanner"))


def remove(registry: Registry) -> None:
    registry.scanning.remove(scan_on_push=["old"])
    registry.replication.remove()
    registry.pull_through_cache.remove("old")
    registry.creation_templates.remove("old")
    registry.pull_time_exclusions.remove("arn:aws:iam::123456789012:user/old")


RUNS: dict[str, Callable[[Registry], object]] = {
    "ensure": lambda registry: registry.ensure(FULL),
    "add": add,
    "remove": remove,
    "describe": lambda registry: registry.describe_settings(),
}
# In a run of the tests each fault meets every fifth call, beginning at another one; with ECROPS_EXAMPLES every call
STEP = 1 if "ECROPS_EXAMPLES" in os.environ else 5
STRIKES = [*((fault, 1) for fault in FAULTS), *((fault, None) for fault in ("denied", "reset_after"))]


def begin(cloud: Cloud) -> Registry:
    """The same beginning each time."""
    reset()
    cloud.emulator.make_principals(role="scanner")
    prepare(cloud)
    return fresh(cloud)


def fresh(cloud: Cloud) -> Registry:
    return Registry(cloud.session(), workers=1, retry=AT_ONCE)


@pytest.mark.parametrize("fault, times", STRIKES)
@pytest.mark.parametrize("run", RUNS)
def test_after_a_fault_of_any_call_a_clean_run_converges(
    memory_cloud: Cloud, run: str, fault: Fault, times: int | None
) -> None:
    cloud = memory_cloud
    registry = begin(cloud)
    cloud.calls.clear()
    RUNS[run](registry)
    calls, expected = cloud.calls.operations(), picture(cloud)
    assert len(calls) >= 8
    first = STRIKES.index((fault, times)) % STEP
    for number, operation in list(enumerate(calls))[first::STEP]:
        registry = begin(cloud)
        meet(cloud, fault, number, times)
        outcome = attempt(RUNS[run], registry)
        assert cloud.faults.hits, (number, calls)
        if times == 1 and fault != "denied":
            assert outcome is None, (number, operation, outcome)
            assert picture(cloud) == expected, (number, operation)
        cloud.faults.clear()
        RUNS[run](fresh(cloud))
        assert picture(cloud) == expected, (number, operation)
