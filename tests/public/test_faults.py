"""For every call about public repositories and every fault: it succeeds or raises, and a clean run converges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import CatalogData, PublicRegistry, PublicRepositorySpec, User
from ecrops.testing import FAULTS, Cloud, Fault
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, first_of, sampled
from tests.test_faults import attempt, meet

from .support import DATA, POLICY, picture

FLEET = [
    PublicRepositorySpec("new", catalog_data=DATA, tags={"a": "1"}, resource_policy=POLICY),
    PublicRepositorySpec("old", catalog_data=CatalogData(description="d"), tags={"change": "2"}, resource_policy={}),
]


def edit(registry: PublicRegistry) -> None:
    repo = registry.repository("old")
    repo.grant_push(User("ci"))
    repo.grant_push("222233334444")
    repo.add_to_resource_policy({"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr-public:TagResource"})
    repo.set_logo(b"png")
    repo.remove_tags("go")


def remove(registry: PublicRegistry) -> None:
    registry.remove("gone", "old", empty_on_delete=True)


RUNS: dict[str, Callable[[PublicRegistry], object]] = {
    "ensure": lambda registry: registry.ensure(*FLEET),
    "edit": edit,
    "remove": remove,
    "describe": lambda registry: registry.describe(),
}


def prepare(cloud: Cloud) -> None:
    """The same beginning each time."""
    reset()
    cloud.emulator.make_principals(user="ci")
    ecr = cloud.client("ecr-public", "us-east-1")
    ecr.create_repository(repositoryName="gone")
    tags = [{"Key": "go", "Value": "1"}, {"Key": "change", "Value": "1"}]
    ecr.create_repository(repositoryName="old", tags=tags, catalogData={"aboutText": "theirs"})
    policy = '{"Version": "2012-10-17", "Statement": [{"Sid": "theirs", "Effect": "Allow", "Principal": "*", "Action": '
    ecr.set_repository_policy(repositoryName="old", policyText=f'{policy}"ecr-public:PutImage"}}]}}')


def fresh(cloud: Cloud) -> PublicRegistry:
    return PublicRegistry(cloud.session(), workers=1, retry=AT_ONCE)


def both(cloud: Cloud) -> Any:
    return picture(cloud), cloud.emulator.policies()


# In a run of the tests each fault meets every ninth call, beginning at another one; with ECROPS_EXAMPLES every call
STEP = sampled(9)
STRIKES = [*((fault, 1) for fault in FAULTS), *((fault, None) for fault in ("denied", "reset_after"))]


@pytest.mark.parametrize("fault, times", STRIKES)
@pytest.mark.parametrize("run", RUNS)
def test_after_a_fault_of_any_call_a_clean_run_converges(
    memory_cloud: Cloud, run: str, fault: Fault, times: int | None
) -> None:
    cloud = memory_cloud
    prepare(cloud)
    cloud.calls.clear()
    RUNS[run](fresh(cloud))
    calls, expected = cloud.calls.operations(), both(cloud)
    assert len(calls) >= 5
    first = first_of(STRIKES.index((fault, times)), len(STRIKES), STEP)
    for number, operation in list(enumerate(calls))[first::STEP]:
        prepare(cloud)
        meet(cloud, fault, number, times)
        outcome = attempt(RUNS[run], fresh(cloud))  # type: ignore[arg-type]
        assert cloud.faults.hits, (number, calls)
        if times == 1 and fault != "denied":
            assert outcome is None, (number, operation, outcome)
            assert both(cloud) == expected, (number, operation)
        cloud.faults.clear()
        RUNS[run](fresh(cloud))
        assert both(cloud) == expected, (number, operation)
