"""For every call about replication and the registry policy, and every fault: a clean run converges afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry
from ecrops.registry_settings import RegistrySpec, ReplicationRule
from ecrops.testing import FAULTS, Cloud, Fault
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, sampled
from tests.test_faults import attempt, meet

OTHER = "111122223333"
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Action": "ecr:ReplicateImage",
    "Resource": "*",
}


def edit(registry: Registry, cloud: Cloud) -> None:
    session = cloud.session(account=OTHER)
    registry.replication.add(prefix="prod/", to=["us-east-1", f"{OTHER}/us-east-1"], session=session)
    registry.replication.remove(prefix="old/", to=["us-east-1"])
    registry.registry_policy.allow_replication(OTHER, prefix="prod/")
    registry.registry_policy.revoke_replication("222233334444")


def ensure(registry: Registry, cloud: Cloud) -> None:
    registry.ensure(RegistrySpec(replication=[ReplicationRule(to=["us-west-2"])], registry_policy={}))


def backfill(registry: Registry, cloud: Cloud) -> None:
    registry.replication.backfill("us-east-1")


RUNS = {"edit": edit, "ensure": ensure, "backfill": backfill}


def prepare(cloud: Cloud) -> None:
    """The same beginning each time."""
    reset()
    ecr = cloud.client("ecr")
    rule = {
        "destinations": [{"region": region, "registryId": "123456789012"} for region in ("us-east-1", "us-west-1")],
        "repositoryFilters": [{"filter": "old/", "filterType": "PREFIX_MATCH"}],
    }
    ecr.put_replication_configuration(replicationConfiguration={"rules": [rule]})
    for client in (ecr, cloud.client("ecr", "us-east-1", account=OTHER)):
        client.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]}))
    fresh(cloud).registry_policy.allow_replication("222233334444")
    cloud.emulator.settings.backfills.running_for = 1
    cloud.calls.clear()


def fresh(cloud: Cloud) -> Registry:
    return Registry(cloud.session(), workers=1, retry=AT_ONCE)


def picture(cloud: Cloud) -> Any:
    there = cloud.emulator.at(region="us-east-1", account=OTHER).settings.picture()
    return cloud.emulator.settings.picture(), there, len(cloud.emulator.settings.backfills.newest_first())


STEP = sampled(3)
"""Each fault meets every third call, beginning at another one."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("run", RUNS)
def test_after_a_fault_of_any_call_a_clean_run_converges(memory_cloud: Cloud, run: str, fault: Fault) -> None:
    cloud = memory_cloud
    prepare(cloud)
    RUNS[run](fresh(cloud), cloud)
    calls, expected = cloud.calls.operations(), picture(cloud)
    for number, operation in list(enumerate(calls))[FAULTS.index(fault) % STEP :: STEP]:
        prepare(cloud)
        meet(cloud, fault, number, 1)
        outcome = attempt(lambda registry: RUNS[run](registry, cloud), fresh(cloud))
        assert cloud.faults.hits, (number, calls)
        assert outcome is None or fault == "denied", (number, operation, outcome)
        cloud.faults.clear()
        if fault == "denied":
            cloud.emulator.settings.backfills.finish()
            RUNS[run](fresh(cloud), cloud)
        if run == "backfill" and fault == "denied":
            continue  # a second call, after the first one has ended, is a second backfill
        assert picture(cloud) == expected, (number, operation)
