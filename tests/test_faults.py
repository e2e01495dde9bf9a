"""For every call of a full run and every fault: it succeeds or it raises, and a clean run after it converges.

Proves how ecrops handles failures, on our reading of how AWS fails; see ``emulator``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ecrops import EcropsError, LifecycleRule, Registry, RepositorySpec
from ecrops.testing import FAULTS, Cloud, Fault
from support import AT_ONCE, sampled

KEEP_NINE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                "action": {"type": "expire"},
            }
        ]
    }
)
FLEET = [
    RepositorySpec(
        "new",
        image_tag_mutability="IMMUTABLE",
        image_scan_on_push=True,
        encryption="KMS",
        tags={"a": "1"},
        lifecycle_rules=[LifecycleRule(max_image_count=3)],
    ),
    RepositorySpec(
        "old",
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=["dev-*"],
        image_scan_on_push=True,
        tags={"change": "2", "new": "1"},
        lifecycle_rules=[],
    ),
]


def fresh(session: boto3.Session) -> Registry:
    """Another script's registry: it has made nothing a moment ago, and waits for nothing to appear."""
    return Registry(session, workers=1, retry=AT_ONCE)


def prepare(cloud: Cloud) -> None:
    """Whatever is there goes, and what the runs start from is there."""
    ecr = cloud.client("ecr")
    for name in cloud.emulator.picture():
        ecr.delete_repository(repositoryName=name, force=True)
    ecr.create_repository(repositoryName="gone")
    ecr.create_repository(repositoryName="old", tags=[{"Key": "go", "Value": "1"}, {"Key": "change", "Value": "1"}])
    ecr.put_lifecycle_policy(repositoryName="old", lifecyclePolicyText=KEEP_NINE)


RUNS: dict[str, Callable[[Registry], object]] = {
    "ensure": lambda registry: registry.ensure(*FLEET),
    "add_lifecycle_rule": lambda registry: registry.repository("old").add_lifecycle_rule(
        tag_prefix_list=["x"], max_image_count=1
    ),
    "remove_lifecycle_rule": lambda registry: registry.repository("old").remove_lifecycle_rule(max_image_count=9),
    "add_tags": lambda registry: registry.repository("old").add_tags(b="2"),
    "remove_tags": lambda registry: registry.repository("old").remove_tags("go"),
    "remove": lambda registry: registry.remove("gone", "old"),
    "describe": lambda registry: registry.describe("old"),
}
CALLS = {"ensure": 10, "remove": 4}
STEP = sampled(2)
"""Each fault meets every second call, beginning at another one."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for-ever"])
def test_after_a_fault_of_any_call_a_clean_run_converges(
    request: pytest.FixtureRequest, run: str, fault: Fault, times: int | None
) -> None:
    transport = "http_cloud" if fault in ("reset_after", "truncated") and times == 1 else "memory_cloud"
    cloud: Cloud = request.getfixturevalue(transport)
    session = cloud.session()
    prepare(cloud)
    cloud.calls.clear()
    RUNS[run](fresh(session))
    calls, expected = cloud.calls.operations(), cloud.emulator.picture()
    assert len(calls) >= CALLS.get(run, 3)
    for number, operation in list(enumerate(calls))[FAULTS.index(fault) % STEP :: STEP]:
        prepare(cloud)
        meet(cloud, fault, number, times)
        outcome = attempt(RUNS[run], fresh(session))
        assert cloud.faults.hits, (number, calls)
        if times == 1 and fault != "denied":
            assert outcome is None, (number, operation, outcome)
            assert cloud.emulator.picture() == expected, (number, operation)
        cloud.faults.clear()
        RUNS[run](fresh(session))
        assert cloud.emulator.picture() == expected, (number, operation)


def meet(cloud: Cloud, fault: Fault, number: int, times: int | None) -> None:
    """Let one call meet a fault, or that call and all attempts to repeat it."""
    cloud.faults.hits.clear()
    if times:
        cloud.faults.at(number + 1, fault)
        return
    struck: list[Any] = []

    def same(call: Any) -> bool:
        if not struck:
            struck.append((call.operation, call.params))
        return bool((call.operation, call.params) == struck[0])

    seen = iter(range(10**9))
    cloud.faults.on(fault, where=lambda call: (bool(struck) or next(seen) >= number) and same(call), times=None)


def attempt(run: Callable[[Registry], object], registry: Registry) -> Exception | None:
    try:
        run(registry)
    except (ClientError, BotoCoreError, ResponseParserError, EcropsError, ExceptionGroup) as error:
        return error
    return None
