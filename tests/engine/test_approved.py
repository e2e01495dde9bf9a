"""A plan that was approved and is applied later: what others wrote meanwhile stays, and nothing is undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import (
    ConflictError,
    LifecycleRule,
    Registry,
    RegistrySpec,
    ReplicationRule,
    RepositorySpec,
    RetryPolicy,
    Role,
    ScanningConfiguration,
    User,
    pull,
)
from ecrops.testing import Client, Cloud, Fault
from support import lifecycle, registry_of
from tests.access.world import inline, populate, repository_policy
from tests.registry_settings.registry_policies import MINE, THEIRS

ONE, OTHER = "111122223333", "444455556666"
DENY: dict[str, Any] = {"Sid": "Stop", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    populate(memory_cloud, "ab")
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return registry_of(cloud)


def sids(cloud: Cloud) -> list[str]:
    document = repository_policy(cloud.client("ecr"), "ab") or {"Statement": []}
    return [each["Sid"] for each in document["Statement"]]


def test_a_statement_that_came_since_stays_and_a_grant_that_went_since_stays_away(
    cloud: Cloud, registry: Registry
) -> None:
    repo = registry.repository("ab")
    repo.grant_pull(OTHER)
    plan = registry.plan(RepositorySpec("ab", grants=[pull(ONE)]))
    repo.revoke(OTHER)
    repo.add_to_resource_policy(DENY)
    registry.apply(plan)
    document = repository_policy(cloud.client("ecr"), "ab")
    assert document is not None
    assert sorted(sids(cloud)) == ["EcropsPull", "Stop"]
    assert OTHER not in str(document)


def test_a_policy_of_iam_keeps_what_was_revoked_since_away(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.grant_push(User("ci"))
    plan = registry.plan(RepositorySpec("ab", grants=[pull(User("ci"))]))
    repo.revoke(User("ci"))
    registry.apply(plan)
    assert "ecr:PutImage" not in inline(cloud, "user", "ci")["ab"]


def test_a_policy_that_would_have_been_empty_is_not_deleted_with_what_came_since(
    cloud: Cloud, registry: Registry
) -> None:
    registry.repository("ab").grant_pull(ONE)
    plan = registry_of(cloud, dry_run=True).repository("ab").revoke(ONE)
    registry.repository("ab").add_to_resource_policy(DENY)
    registry.apply(plan)
    assert sids(cloud) == ["Stop"]


def test_a_lifecycle_rule_that_came_since_stays(cloud: Cloud, registry: Registry) -> None:
    plan = registry_of(cloud, dry_run=True).repository("ab").add_lifecycle_rule(max_image_count=5)
    registry.repository("ab").add_lifecycle_rule(LifecycleRule(tag_prefix_list=["prod"], max_image_count=9))
    registry.apply(plan)
    assert [rule["selection"]["tagStatus"] for rule in lifecycle(cloud.client("ecr"), "ab")] == ["tagged", "any"]


def test_a_deletion_that_the_plan_did_not_say_is_refused(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.grant_pull(ONE)
    repo.grant_pull(OTHER)
    plan = registry_of(cloud, dry_run=True).repository("ab").revoke(ONE)
    repo.set_resource_policy({})
    repo.grant_pull(ONE)
    with pytest.raises(ConflictError, match="the plan did not say this: plan again"):
        registry.apply(plan)
    assert sids(cloud) == ["EcropsPull"]


def test_what_was_granted_since_is_not_revoked_with_the_rest(cloud: Cloud, registry: Registry) -> None:
    registry.repository("ab").grant_pull(User("ci"))
    plan = registry_of(cloud, dry_run=True).repository("ab").revoke(User("ci"))
    registry.repository("ab").grant_push(User("ci"))
    with pytest.raises(ConflictError, match="the plan did not say this: plan again"):
        registry.apply(plan)
    assert "ecr:PutImage" in inline(cloud, "user", "ci")["ab"]


def test_what_is_done_since_is_not_done_again(cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(RepositorySpec("ab", grants=[pull(Role("nodes"))]))
    registry.repository("ab").grant_pull(Role("nodes"))
    cloud.calls.clear()
    assert not registry.apply(plan)
    assert cloud.calls.writes() == []


@pytest.mark.parametrize("part", [{"tags": {"a": "1"}}, {"lifecycle_rules": [LifecycleRule(max_image_count=3)]}])
def test_a_part_of_a_repository_that_was_deleted_since_is_refused_and_not_a_service_error(
    cloud: Cloud, registry: Registry, part: dict[str, Any]
) -> None:
    plan = registry.plan(RepositorySpec("ab", **part))
    cloud.client("ecr").delete_repository(repositoryName="ab")
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry.apply(plan)
    assert not cloud.emulator.exists("ab")


def test_what_changed_since_of_a_repository_that_the_plan_does_not_change_is_not_its_subject(
    cloud: Cloud, registry: Registry
) -> None:
    registry.ensure(RepositorySpec("cd", tags={"a": "1"}))
    plan = registry.plan(*(RepositorySpec(name, tags={"a": "1"}, image_scan_on_push=False) for name in ("ab", "cd")))
    theirs = {"scanOnPush": True}
    cloud.client("ecr").put_image_scanning_configuration(repositoryName="cd", imageScanningConfiguration=theirs)
    assert {change.owner for change in registry.apply(plan)} == {"ab"}
    found = cloud.client("ecr").describe_repositories(repositoryNames=["cd"])["repositories"]
    assert found[0]["imageScanningConfiguration"] == theirs


def test_the_first_image_of_a_repository_that_was_approved_as_empty_is_not_deleted(
    cloud: Cloud, registry: Registry
) -> None:
    plan = registry_of(cloud, dry_run=True).remove("ab", empty_on_delete=True)
    cloud.client("ecr").put_image(
        repositoryName="ab",
        imageManifest='{"schemaVersion": 2}',
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
    )
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry.apply(plan)
    assert cloud.emulator.exists("ab")


def with_statement(ecr: Client) -> None:
    policy = json.loads(ecr.get_registry_policy()["policyText"])
    policy["Statement"].append(THEIRS)
    ecr.put_registry_policy(policyText=json.dumps(policy))


def with_filter(ecr: Client) -> None:
    rules = ecr.get_registry_scanning_configuration()["scanningConfiguration"]["rules"]
    rules[0]["repositoryFilters"].append({"filter": "theirs/*", "filterType": "WILDCARD"})
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)


def with_destination(ecr: Client) -> None:
    configuration = ecr.describe_registry()["replicationConfiguration"]
    theirs = {"filter": "theirs/", "filterType": "PREFIX_MATCH"}
    to = [{"region": "us-east-1", "registryId": Cloud.account}]
    configuration["rules"].append({"destinations": to, "repositoryFilters": [theirs]})
    ecr.put_replication_configuration(replicationConfiguration=configuration)


EXACT: dict[str, tuple[RegistrySpec, str, Callable[[Client], None]]] = {
    "policy": (RegistrySpec(registry_policy={"Statement": [MINE]}), "PutRegistryPolicy", with_statement),
    "scanning": (
        RegistrySpec(scanning=ScanningConfiguration("BASIC", scan_on_push=["mine/*"])),
        "PutRegistryScanningConfiguration",
        with_filter,
    ),
    "replication": (
        RegistrySpec(replication=[ReplicationRule(to=["us-east-1"], prefix="mine/")]),
        "PutReplicationConfiguration",
        with_destination,
    ),
}


@pytest.mark.parametrize(("spec", "operation", "add_theirs"), EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
@pytest.mark.parametrize("approved", [True, False])
def test_what_comes_after_an_exact_value_whose_answer_was_lost_is_planned_again(
    cloud: Cloud, spec: RegistrySpec, operation: str, add_theirs: Callable[[Client], None], fault: Fault, approved: bool
) -> None:
    """Our own value took effect, and is no longer alone: it is not taken as made."""
    waits = list[float]()

    def sleep(seconds: float) -> None:
        if not waits:
            add_theirs(cloud.client("ecr"))
        waits.append(seconds)

    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep))
    plan = registry.plan(spec)
    cloud.faults.on(fault, operation=operation)
    if approved:
        with pytest.raises(ConflictError, match=r"the plan did not say this: plan again:\n.*theirs/"):
            registry.apply(plan)
        assert "theirs/" in str(registry.plan(spec)), "it stays"
    else:
        assert "theirs/" in str(registry.ensure(spec)).partition("note")[0]
        assert not registry.plan(spec)
