"""For every call of granting and revoking and every fault: it succeeds or raises, and a clean run converges.

Proves how ecrops handles failures, on our reading of how AWS fails; see ``emulator``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ecrops import Group, Registry, RepositorySpec, Role, User, pull, push
from ecrops.iam.statements import canonical
from ecrops.testing import FAULTS, Call, Cloud, Fault
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, first_of, sampled
from tests.test_faults import attempt, meet

from .world import FOREIGN, OTHER, populate, put_policy


def grant(registry: Registry) -> None:
    registry.ensure(RepositorySpec("new", grants=[pull(Role("nodes")), push(OTHER)]))
    repo = registry.repository("old")
    repo.grant_pull(Group("devs"), attach="managed")
    repo.add_to_resource_policy({"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"})


def revoke(registry: Registry) -> None:
    repo = registry.repository("granted")
    repo.revoke(User("ci"))
    repo.revoke(OTHER)
    repo.revoke(Role("nodes"), attach="managed")


RUNS: dict[str, Callable[[Registry], None]] = {"grant": grant, "revoke": revoke}


def grants(cloud: Cloud, calm: Registry, run: str) -> list[Call]:
    """The writes of what a run begins with, made once to be made again each time."""
    prepare(cloud, ())
    cloud.calls.clear()
    if run == "revoke":
        granted = calm.repository("granted")
        granted.grant_pull(User("ci"))
        granted.grant_pull(OTHER)
        granted.grant_pull(Role("nodes"), attach="managed")
    return [call for call in cloud.calls if call.is_write]


def prepare(cloud: Cloud, writes: Sequence[Call]) -> None:
    """The same beginning each time."""
    reset()
    populate(cloud, "old", "granted")
    put_policy(cloud, "old", FOREIGN)
    for call in writes:
        cloud.client(call.service)._make_api_call(call.operation, call.params)


def picture(cloud: Cloud) -> Any:
    repositories = cloud.emulator.picture()
    return {name: canonical(each["policy"] or {}) for name, each in repositories.items()}, meanings(cloud)


def meanings(cloud: Cloud) -> Any:
    """The policies of IAM by what they mean."""
    found = cloud.emulator.policies()
    inline = {who: {name: canonical(each) for name, each in of.items()} for who, of in found["inline"].items()}
    return inline, found["attached"], {arn: canonical(each) for arn, each in found["managed"].items()}


# In a run of the tests each fault meets every eleventh call, beginning at another one; with ECROPS_EXAMPLES every call
STEP = sampled(11)
LOST: tuple[Fault, ...] = ("denied", "reset_after")
STRIKES = [*((fault, 1) for fault in FAULTS), *((fault, None) for fault in LOST)]


@pytest.mark.parametrize("fault, times", STRIKES)
@pytest.mark.parametrize("run", RUNS)
def test_after_a_fault_of_any_call_a_clean_run_converges(
    memory_cloud: Cloud, run: str, fault: Fault, times: int | None
) -> None:
    cloud, session = memory_cloud, memory_cloud.session()
    calm = Registry(session, workers=1, retry=AT_ONCE)
    writes = grants(cloud, calm, run)
    prepare(cloud, writes)
    cloud.calls.clear()
    RUNS[run](Registry(session, workers=1, retry=AT_ONCE))
    calls, expected = cloud.calls.operations(), picture(cloud)
    assert len(calls) >= 10
    for number, operation in list(enumerate(calls))[
        first_of(STRIKES.index((fault, times)), len(STRIKES), STEP) :: STEP
    ]:
        prepare(cloud, writes)
        meet(cloud, fault, number, times)
        outcome = attempt(RUNS[run], Registry(session, workers=1, retry=AT_ONCE))
        assert cloud.faults.hits, (number, calls)
        cloud.faults.clear()
        if outcome is not None:
            assert times is None or fault == "denied", (number, operation, outcome)
            RUNS[run](calm)
        assert picture(cloud) == expected, (number, operation)
