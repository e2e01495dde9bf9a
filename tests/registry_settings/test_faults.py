"""For every call about settings of the registry and every fault: it succeeds or raises, and a clean run converges."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecrops import Registry, RegistrySpec, SigningRule
from ecrops.testing import FAULTS, Cloud, Fault
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, sampled
from tests.test_faults import attempt, meet

from .full import FULL, picture, prepare, profile, role, statement


def edit(registry: Registry) -> None:
    registry.scanning.add(scan_on_push=["mine/*"])
    registry.scanning.remove(scan_on_push=["old/*"])
    registry.replication.add(prefix="mine/", to=["eu-central-1"])
    registry.replication.remove(prefix="gone/")
    registry.registry_policy.add(statement("Mine"))
    registry.registry_policy.remove("Gone")
    registry.registry_policy.allow_replication("111122223333", "mine/")


def edit_each(registry: Registry) -> None:
    registry.signing.add(SigningRule(profile("mine")))
    registry.signing.remove(profile("gone"))
    registry.pull_time_exclusions.add(role("mine"), role("mine2"))
    registry.pull_time_exclusions.remove(role("gone"))
    registry.creation_templates.add("mine", applied_for=["REPLICATION"])
    registry.creation_templates.add("kept", applied_for=["CREATE_ON_PUSH"])
    registry.creation_templates.remove("gone")
    registry.pull_through_cache.add("mine", "registry-1.docker.io", username="ci", access_token="never shown")
    registry.pull_through_cache.remove("gone")
    registry.account_settings.set("BLOB_MOUNTING", "ENABLED")


def empty(registry: Registry) -> None:
    registry.ensure(
        RegistrySpec(
            scanning={"scan_type": "BASIC"},
            signing=(),
            pull_time_exclusions=(),
            replication=(),
            registry_policy={},
            creation_templates=(),
            pull_through_cache=(),
        )
    )


RUNS: dict[str, Callable[[Registry], object]] = {
    "ensure": lambda registry: registry.ensure(FULL),
    "approved": lambda registry: registry.apply(registry.plan(FULL)),
    "edit": edit,
    "edit_each": edit_each,
    "empty": empty,
    "describe": lambda registry: registry.describe_settings(),
}


def start(cloud: Cloud) -> None:
    """The same beginning each time."""
    reset()
    prepare(cloud)


def fresh(cloud: Cloud) -> Registry:
    return Registry(cloud.session(), workers=1, retry=AT_ONCE)


# In a run of the tests each fault meets every 29th call, beginning at another one; with ECROPS_EXAMPLES every call
STEP = sampled(29)
STRIKES = [*((fault, 1) for fault in FAULTS), *((fault, None) for fault in ("denied", "reset_after"))]


@pytest.mark.parametrize("fault, times", STRIKES)
@pytest.mark.parametrize("run", RUNS)
def test_after_a_fault_of_any_call_a_clean_run_converges(
    memory_cloud: Cloud, run: str, fault: Fault, times: int | None
) -> None:
    cloud = memory_cloud
    start(cloud)
    cloud.calls.clear()
    RUNS[run](fresh(cloud))
    calls, expected = cloud.calls.operations(), picture(cloud)
    assert len(calls) >= 9
    first = (5 * STRIKES.index((fault, times)) + list(RUNS).index(run)) % STEP
    for number, operation in list(enumerate(calls))[first::STEP]:
        start(cloud)
        meet(cloud, fault, number, times)
        outcome = attempt(RUNS[run], fresh(cloud))
        assert cloud.faults.hits, (number, calls)
        if times == 1 and fault != "denied":
            assert outcome is None, (number, operation, outcome)
            assert picture(cloud) == expected, (number, operation)
        cloud.faults.clear()
        RUNS[run](fresh(cloud))
        assert picture(cloud) == expected, (number, operation)
