"""A removal is for the owner that was planned, never for a later one of the same name."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    ConflictError,
    EcropsError,
    LifecycleRule,
    Registry,
    RepositorySpec,
    RetryPolicy,
    Role,
    Wait,
)
from ecrops.testing import Call, Cloud
from support import registry_of
from tests.access.world import populate


def made_anew(cloud: Cloud, name: str) -> None:
    ecr = cloud.client("ecr")
    ecr.delete_repository(repositoryName=name, force=True) if exists(cloud, name) else None
    ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": True})


def exists(cloud: Cloud, name: str) -> bool:
    return name in {item["repositoryName"] for item in cloud.client("ecr").describe_repositories()["repositories"]}


def remaking(cloud: Cloud, name: str, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    """Somebody makes the repository anew as soon as the first attempt to delete it is over."""
    once = type(registry.aws).once

    def delete_and_remake(self: Any, service: str, operation: str, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return once(self, service, operation, *args, **options)
        finally:
            if operation == "DeleteRepository" and not exists(cloud, name):
                made_anew(cloud, name)

    monkeypatch.setattr(type(registry.aws), "once", delete_and_remake)


@pytest.mark.parametrize("fault", ["reset_after", None])
def test_a_repository_that_somebody_made_anew_meanwhile_stays(
    cloud: Cloud, registry: Registry, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    registry.ensure(RepositorySpec("ab"))
    if fault:
        cloud.faults.on(fault, operation="DeleteRepository")
    remaking(cloud, "ab", monkeypatch, registry)
    with pytest.raises(EcropsError, match="ab was deleted, and is there still or again"):
        registry.remove("ab", empty_on_delete=True)
    assert len(cloud.calls.of("DeleteRepository")) == 1
    [item] = cloud.client("ecr").describe_repositories()["repositories"]
    assert item["imageScanningConfiguration"] == {"scanOnPush": True}


def test_after_a_throttled_attempt_a_new_repository_is_not_deleted_in_place_of_the_old(
    cloud: Cloud, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.ensure(RepositorySpec("ab"))
    plan = registry_of(cloud, dry_run=True).remove("ab", empty_on_delete=True)
    cloud.faults.on("throttle", operation="DeleteRepository")
    once = type(registry.aws).once

    def remake_first(self: Any, service: str, operation: str, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return once(self, service, operation, *args, **options)
        except Exception:
            made_anew(cloud, "ab")
            raise

    monkeypatch.setattr(type(registry.aws), "once", remake_first)
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry.apply(plan)
    [item] = cloud.client("ecr").describe_repositories()["repositories"]
    assert item["imageScanningConfiguration"] == {"scanOnPush": True}


def test_an_approved_removal_is_not_one_of_a_repository_that_was_made_anew_since(cloud: Cloud) -> None:
    registry_of(cloud).ensure(RepositorySpec("ab"))
    plan = registry_of(cloud, dry_run=True).remove("ab", empty_on_delete=True)
    made_anew(cloud, "ab")
    again = registry_of(cloud, dry_run=True).remove("ab", empty_on_delete=True)
    assert plan.checksum != again.checksum
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry_of(cloud).apply(plan)
    assert exists(cloud, "ab")


def test_a_removal_whose_answer_was_lost_is_made_once(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.faults.on("reset_after", operation="DeleteRepository")
    assert [change.operation for change in registry.remove("ab")] == ["DeleteRepository"]
    assert len(cloud.calls.of("DeleteRepository")) == 1
    assert not registry.remove("ab")


def test_a_removal_whose_answer_was_lost_while_the_repository_is_still_visible_is_reported(
    cloud: Cloud, registry: Registry
) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.emulator.vanish_after = 3
    cloud.faults.on("reset_after", operation="DeleteRepository")
    plan = registry.remove("ab")
    assert [str(change) for change in plan.applied] == ["- ab repository"]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_checksum_of_a_removal_is_the_same_in_every_time_zone(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    registry_of(cloud).ensure(RepositorySpec("ab"))
    checksums = []
    for name in ("UTC", zone):
        monkeypatch.setenv("TZ", name)
        time.tzset()
        checksums.append(registry_of(cloud, dry_run=True).remove("ab").checksum)
    monkeypatch.undo()
    time.tzset()
    assert checksums[0] == checksums[1]


def remade(cloud: Cloud, operation: str, remake: Any, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    """The answer to a removal is lost, and somebody makes the thing anew before it is repeated."""
    cloud.faults.on("reset_after", operation=operation)
    once, remakes = type(registry.aws).once, [remake]

    def lose_and_remake(self: Any, service: str, called: str, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return once(self, service, called, *args, **options)
        finally:
            if called == operation and remakes:
                remakes.pop()()

    monkeypatch.setattr(type(registry.aws), "once", lose_and_remake)


STATEMENT = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "ecr:BatchGetImage"}
POLICY_TEXT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
RULES_TEXT = json.dumps({"rules": [LifecycleRule(max_image_count=900).to_ecr() | {"rulePriority": 1}]})
REMOVALS: dict[str, tuple[str, Any, Any, Any, Any]] = {
    "a lifecycle policy": (
        "DeleteLifecyclePolicy",
        lambda registry: registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=3)),
        lambda registry: registry.repository("ab").set_lifecycle_rules(),
        lambda cloud: cloud.client("ecr").put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=RULES_TEXT),
        lambda cloud: "900" in cloud.client("ecr").get_lifecycle_policy(repositoryName="ab")["lifecyclePolicyText"],
    ),
    "a repository policy": (
        "DeleteRepositoryPolicy",
        lambda registry: registry.repository("ab").grant_pull("111122223333"),
        lambda registry: registry.repository("ab").set_resource_policy({}),
        lambda cloud: cloud.client("ecr").set_repository_policy(repositoryName="ab", policyText=POLICY_TEXT),
        lambda cloud: "Theirs" in cloud.client("ecr").get_repository_policy(repositoryName="ab")["policyText"],
    ),
    "a policy of a role": (
        "DeleteRolePolicy",
        lambda registry: registry.repository("ab").grant_pull(Role("nodes")),
        lambda registry: registry.repository("ab").revoke(Role("nodes")),
        lambda cloud: cloud.client("iam").put_role_policy(
            RoleName="nodes",
            PolicyName="ecrops",
            PolicyDocument=POLICY_TEXT.replace('"Principal": {"AWS": "444455556666"}', '"Resource": "*"'),
        ),
        lambda cloud: (
            "Theirs"
            in str(cloud.client("iam").get_role_policy(RoleName="nodes", PolicyName="ecrops")["PolicyDocument"])
        ),
    ),
    "a rule": (
        "DeleteRule",
        lambda registry: registry.repository("ab").on_image_pushed("pushed"),
        lambda registry: registry.rule("pushed").remove(),
        lambda cloud: cloud.client("events").put_rule(Name="pushed", EventPattern='{"source": ["theirs"]}'),
        lambda cloud: "theirs" in cloud.client("events").describe_rule(Name="pushed")["EventPattern"],
    ),
}


@pytest.mark.parametrize(("operation", "make", "remove", "remake", "is_theirs"), REMOVALS.values(), ids=REMOVALS)
def test_a_removal_whose_answer_was_lost_takes_nothing_that_somebody_made_since(
    cloud: Cloud,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    make: Any,
    remove: Any,
    remake: Any,
    is_theirs: Any,
) -> None:
    populate(cloud, "ab")
    make(registry)
    remade(cloud, operation, lambda: remake(cloud), monkeypatch, registry)
    with contextlib.suppress(EcropsError):  # what is there again is said of a rule, which has no policy of its own
        remove(registry)
    assert is_theirs(cloud)
    assert len(cloud.calls.of(operation)) == 1


@pytest.mark.parametrize("settings", [{}, {"imageTagMutability": "IMMUTABLE"}])
def test_a_creation_that_was_lost_and_won_by_another_is_not_told_as_ours(
    cloud: Cloud, settings: dict[str, Any]
) -> None:
    cloud.faults.on("reset_before", operation="CreateRepository")
    others = [cloud.client("ecr")]

    def sleep(seconds: float) -> None:
        if others:
            time.sleep(0.01)
            others.pop().create_repository(repositoryName="ab", **settings)

    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep))
    done = registry.ensure(RepositorySpec("ab"))
    assert [str(change) for change in done.applied] == []
    [note] = done.notes
    assert "the answer to our own CreateRepository was lost: another caller made it" in note


def test_a_creation_whose_answer_was_lost_is_told_as_ours(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("reset_after", operation="CreateRepository")
    done = registry.ensure(RepositorySpec("ab"))
    assert [str(change) for change in done.applied] == ["+ ab repository"]
    assert done.notes == ()


def test_a_repository_that_somebody_made_anew_is_not_waited_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()
    registry = registry_of(cloud, retry=RetryPolicy(sleep=waits.append))
    registry.ensure(RepositorySpec("ab"))
    remaking(cloud, "ab", monkeypatch, registry)
    with pytest.raises(EcropsError, match="ab was deleted, and is there still or again"):
        registry.remove("ab", empty_on_delete=True)
    assert len(waits) == 1, "before the removal was verified"


def test_removals_that_cannot_be_verified_are_errors_of_their_owners(memory_cloud: Cloud) -> None:
    """They are read together first; then each for itself, since one of them may be the reason."""
    registry, names = registry_of(memory_cloud, workers=1), ("aa", "bb")
    registry.ensure(*(RepositorySpec(name) for name in names))
    deleted = memory_cloud.calls

    def is_verifying(call: Call) -> bool:
        return call.operation == "DescribeRepositories" and len(deleted.of("DeleteRepository")) == 2

    memory_cloud.faults.on("denied", where=is_verifying, times=None)
    with pytest.raises(ApplyError) as caught:
        registry.remove(*names)
    notes = [note for error in caught.value.exceptions for note in error.__notes__]
    assert {note for note in notes if note.startswith("while reading")} == {f"while reading {name}" for name in names}
    assert sorted(change.owner for change in caught.value.applied) == list(names)


@pytest.mark.parametrize("ours", [True, False], ids=["that we removed", "that another made"])
@pytest.mark.parametrize(
    ("operation", "spec"),
    [
        ("PutImageScanningConfiguration", RepositorySpec("ab", image_scan_on_push=True)),
        ("TagResource", RepositorySpec("ab", tags={"a": "1"})),
        ("PutLifecyclePolicy", RepositorySpec("ab", lifecycle_rules=[LifecycleRule(max_image_count=3)])),
    ],
    ids=["a setting", "a tag", "a lifecycle policy"],
)
def test_a_repository_that_somebody_removes_before_it_is_written_is_not_waited_for(
    cloud: Cloud, operation: str, spec: RepositorySpec, ours: bool
) -> None:
    """It is made again, after the pause between two rounds. Only what this process made may be not visible yet."""
    registry, waits, ecr = registry_of(cloud), list[Wait](), cloud.client("ecr")
    if ours:
        registry.ensure(RepositorySpec("ab"))
        registry.remove("ab")
    ecr.create_repository(repositoryName="ab")
    theirs = ["ab"]

    def remove(call: Call) -> bool:
        if call.operation == operation and theirs:
            ecr.delete_repository(repositoryName=theirs.pop())
        return False

    cloud.faults.on("throttle", where=remove, times=None)
    assert "CreateRepository" in [change.operation for change in registry.ensure(spec, on_wait=waits.append)]
    [reason] = [wait.reason for wait in waits]
    assert reason.startswith("ab is planned again: RepositoryNotFoundException")


@pytest.mark.parametrize(
    "read",
    [
        lambda registry: registry.repository("ab").describe(),
        lambda registry: registry.repository("ab").simulate_lifecycle(),
        lambda registry: list(registry.repository("ab").images()),
    ],
    ids=["describe", "simulate_lifecycle", "images"],
)
def test_a_repository_that_we_made_and_removed_is_not_waited_for(
    cloud: Cloud, read: Callable[[Registry], object]
) -> None:
    waits = list[Wait]()
    registry = registry_of(cloud, on_wait=waits.append)
    registry.ensure(RepositorySpec("ab"))
    registry.remove("ab")
    waits.clear()
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        read(registry)
    assert not registry.repository("ab").exists()
    assert not registry.repository("ab").delete()
    assert waits == []
