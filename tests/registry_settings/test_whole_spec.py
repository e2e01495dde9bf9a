"""A full ``RegistrySpec``: a fault at any call, the second time is one read for each setting, and the way back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from ecrops import CatalogData, PullThroughCacheRule, Registry, SpecError
from ecrops.engine.turns import TURNS
from ecrops.registry_settings import (
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    ScanningConfiguration,
    SigningRule,
)
from emulator import FAULTS, Cloud, Fault, in_memory
from support import registry_of

ACCOUNT = Cloud.account
PROFILE = f"arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-profiles/ours"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ours"
STATEMENT = {
    "Sid": "Ours",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "ecr:ReplicateImage",
    "Resource": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/*",
}
SPEC = RegistrySpec(
    scanning=ScanningConfiguration("ENHANCED", continuous_scan=["prod/*"], scan_on_push=["dev"]),
    account_settings={"BLOB_MOUNTING": "ENABLED"},
    signing=[SigningRule(PROFILE, repositories=["prod/*"])],
    pull_time_exclusions=[ROLE],
    replication=[ReplicationRule(prefix="prod", to=["eu-central-1"])],
    registry_policy={"Version": "2012-10-17", "Statement": [STATEMENT]},
    creation_templates=[
        RepositoryCreationTemplate("ROOT", applied_for=["CREATE_ON_PUSH"]),
        RepositoryCreationTemplate("changed/", applied_for=["REPLICATION"], description="ours"),
    ],
    pull_through_cache=[PullThroughCacheRule("k8s/", "registry.k8s.io"), PullThroughCacheRule("ROOT", "quay.io")],
)
READS = [
    "DescribePullThroughCacheRules",
    "DescribeRegistry",
    "DescribeRepositoryCreationTemplates",
    "GetAccountSetting",
    "GetRegistryPolicy",
    "GetRegistryScanningConfiguration",
    "GetSigningConfiguration",
    "ListPullTimeUpdateExclusions",
]


def prepare(cloud: Cloud) -> None:
    """What is there before: rules of others, that a whole spec takes away."""
    TURNS.renew()
    ecr = cloud.client("ecr")
    ecr.create_repository_creation_template(prefix="changed", appliedFor=["REPLICATION"])
    ecr.create_repository_creation_template(prefix="gone", appliedFor=["REPLICATION"])
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="gone", upstreamRegistryUrl="quay.io")
    ecr.register_pull_time_update_exclusion(principalArn=ROLE + "/gone")
    cloud.calls.clear()


def picture(cloud: Cloud) -> Any:
    """All that is there, without the times."""
    found = {**cloud.emulator.settings.picture(), **cloud.emulator.caches.picture()}
    found["exclusions"] = sorted(found["exclusions"])
    return json.loads(json.dumps(found, default=lambda moment: "time"))


def registry_in(cloud: Cloud) -> Registry:
    return registry_of(cloud, workers=1)


def undisturbed() -> tuple[list[str], Any]:
    with in_memory() as cloud:
        prepare(cloud)
        registry_in(cloud).ensure(SPEC)
        return list(cloud.calls.operations()), picture(cloud)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_any_call_of_a_full_spec_changes_nothing_of_the_outcome(fault: Fault) -> None:
    calls, expected = undisturbed()
    assert len(calls) > len(READS) * 2
    for number, operation in enumerate(calls):
        with in_memory() as cloud:
            prepare(cloud)
            cloud.faults.at(number + 1, fault)
            with suppress(*([Exception] if fault == "denied" else [])):
                registry_in(cloud).ensure(SPEC)
                assert picture(cloud) == expected, (number, operation)
            assert cloud.faults.hits, (number, operation)
            cloud.faults.clear()
            registry_in(cloud).ensure(SPEC)
            assert picture(cloud) == expected, (number, operation)
            cloud.calls.clear()
            assert not registry_in(cloud).ensure(SPEC)
            assert sorted(cloud.calls.operations()) == READS, (number, operation)


def test_what_is_described_is_nothing_to_do_through_json_too(cloud: Cloud) -> None:
    registry = registry_in(cloud)
    registry.ensure(SPEC)
    described = registry.describe_settings()
    again = RegistrySpec.from_dict(json.loads(json.dumps(described.to_dict())))
    assert again.to_dict() == described.to_dict()
    assert not registry.ensure(described)
    assert not registry.ensure(again)
    assert not registry.ensure(SPEC)


MANY = [f"a{number}" for number in range(20_000)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: CatalogData(architectures=MANY),
        lambda: RegistrySpec(creation_templates=[{"prefix": each, "applied_for": ["REPLICATION"]} for each in MANY]),
        lambda: RegistrySpec(pull_through_cache=[{"prefix": each, "upstream": "quay.io"} for each in MANY]),
        lambda: ScanningConfiguration(other_frequencies={1: ["a"], "b": ["c"]}),  # type: ignore[dict-item]
    ],
    ids=["catalog", "templates", "caches", "mixed keys"],
)
def test_strange_input_is_answered_soon(make: Callable[[], object]) -> None:
    begun = time.process_time()
    with suppress(SpecError):
        make()
    assert time.process_time() - begun < 5


def test_half_a_character_is_refused_before_any_call() -> None:
    with pytest.raises(SpecError, match="description"):
        RepositoryCreationTemplate("a", applied_for=["REPLICATION"], description="\ud800")
