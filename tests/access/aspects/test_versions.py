"""The versions of a managed policy: five at most, and one of them in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import ConflictError, Registry, Role
from ecrops.base.change import Kind
from ecrops.testing import Cloud, Fault
from support import AT_ONCE, registry_of

from ..world import populate
from .managed import MANAGED, attached

ARN = f"arn:aws:iam::123456789012:policy/{MANAGED}"
NAMES = [f"r{number}" for number in range(6)]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """A role with a managed policy of five versions: each grant made one, ``NAMES[5]`` is not granted yet."""
    populate(memory_cloud, *NAMES)
    for name in NAMES[:5]:
        registry_of(memory_cloud).repository(name).grant_pull(Role("nodes"), attach="managed")
    memory_cloud.calls.clear()
    return memory_cloud


def versions(cloud: Cloud) -> list[str]:
    found = cloud.client("iam").list_policy_versions(PolicyArn=ARN)["Versions"]
    return sorted(version["VersionId"] for version in found)


def meanwhile(cloud: Cloud, operation: str, act: Callable[[], object]) -> Registry:
    """A registry right before whose first call of an operation somebody else does something."""
    session, acts = cloud.session(own=True), iter([act])

    def do(**_: Any) -> None:
        for each in acts:
            each()

    session.events.register(f"before-call.iam.{operation}", do)
    return Registry(session, retry=AT_ONCE)


def roll_back(cloud: Cloud, version: str) -> None:
    cloud.client("iam").set_default_policy_version(PolicyArn=ARN, VersionId=version)


def test_the_oldest_version_makes_room_and_is_no_deletion(cloud: Cloud) -> None:
    plan = registry_of(cloud, dry_run=True).repository(NAMES[5]).grant_pull(Role("nodes"), attach="managed")
    assert [change.operation for change in plan] == ["DeletePolicyVersion", "CreatePolicyVersion"]
    assert plan.check(deletes=0) is plan
    assert registry_of(cloud).apply(plan)
    assert versions(cloud) == ["v2", "v3", "v4", "v5", "v6"]


def test_a_policy_that_goes_is_one_deletion_with_all_its_versions(cloud: Cloud) -> None:
    for name in NAMES[:4]:
        registry_of(cloud).repository(name).revoke(Role("nodes"), attach="managed")
    plan = registry_of(cloud, dry_run=True).repository(NAMES[4]).revoke(Role("nodes"), attach="managed")
    assert [change.what for change in plan if change.kind is Kind.DELETE] == [f"policy {MANAGED}"]
    with pytest.raises(ConflictError, match="at most 0 deletions"):
        plan.check(deletes=0)


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_default_that_is_rolled_back_in_between_stays_and_the_grant_is_added_to_it(
    cloud: Cloud, version: str
) -> None:
    registry = meanwhile(cloud, "DeletePolicyVersion", lambda: roll_back(cloud, version))
    registry.repository(NAMES[5]).grant_pull(Role("nodes"), attach="managed")
    there = attached(cloud.client("iam"))[MANAGED].keys()
    assert there >= {NAMES[5], NAMES[0], "*"}
    assert not registry.repository(NAMES[5]).grant_pull(Role("nodes"), attach="managed")


def test_a_version_that_is_rolled_back_to_while_the_policy_goes_goes_too(cloud: Cloud) -> None:
    for name in NAMES[:4]:
        registry_of(cloud).repository(name).revoke(Role("nodes"), attach="managed")
    oldest = versions(cloud)[0]
    registry = meanwhile(cloud, "DeletePolicyVersion", lambda: roll_back(cloud, oldest))
    registry.repository(NAMES[4]).revoke(Role("nodes"), attach="managed")
    assert NAMES[4] not in str(cloud.emulator.policies())


@pytest.mark.parametrize("fault", ["reset_after", "truncated", "reset_before"])
@pytest.mark.parametrize("operation", ["DeletePolicyVersion", "CreatePolicyVersion"])
def test_a_lost_answer_is_looked_at_before_the_call_is_repeated(cloud: Cloud, operation: str, fault: Fault) -> None:
    before = versions(cloud)
    cloud.faults.on(fault, operation=operation)
    registry_of(cloud).repository(NAMES[5]).grant_pull(Role("nodes"), attach="managed")
    assert versions(cloud) == [*before[1:], "v6"], "neither one version too many nor one too few"
    assert len(cloud.calls.of(operation)) == (2 if fault == "reset_before" else 1)
    assert attached(cloud.client("iam"))[MANAGED].keys() == {*NAMES, "*"}


def test_a_plan_names_each_policy_and_version_and_what_becomes_of_it(cloud: Cloud) -> None:
    who = f"role nodes attached policy {MANAGED}"
    plan = registry_of(cloud, dry_run=True).repository(NAMES[5]).grant_pull(Role("nodes"), attach="managed")
    assert str(plan).splitlines()[1:-1] == [f"~ {who} v1: oldest version -> nothing", f"~ {who}: pull r5"]
    for name in NAMES[:4]:
        registry_of(cloud).repository(name).revoke(Role("nodes"), attach="managed")
    plan = registry_of(cloud, dry_run=True).repository(NAMES[4]).revoke(Role("nodes"), attach="managed")
    assert str(plan).splitlines()[1:-2] == [
        f"~ {who}: attached -> nothing",
        *(f"~ {who} v{number}: old version -> nothing" for number in (5, 6, 7, 8)),
        f"- {who}: pull r4; log in",
    ]
    assert [(change.before, change.after) for change in plan][1:] == [("old version", "")] * 4 + [
        ("pull r4; log in", "")
    ]


@pytest.mark.parametrize("suffix", ["", ".a-1"])
def test_the_oldest_version_is_the_one_with_the_lowest_number(cloud: Cloud, suffix: str) -> None:
    """Ids are ``v9`` and ``v10``, and may have more behind a dot: so says the pattern of the API."""
    for name in NAMES:
        registry_of(cloud).repository(name).grant_push(Role("nodes"), attach="managed")
    session = cloud.session(own=True)

    def longer(parsed: dict[str, Any], **_: Any) -> None:
        for version in parsed.get("Versions", ()):
            version["VersionId"] += suffix

    def shorter(params: dict[str, Any], **_: Any) -> None:
        params["VersionId"] = params["VersionId"].removesuffix(suffix)

    session.events.register("after-call.iam.ListPolicyVersions", longer)
    session.events.register("provide-client-params.iam.GetPolicyVersion", shorter)
    registry = Registry(session, retry=AT_ONCE, dry_run=True)
    (removal, _) = registry.repository(NAMES[0]).grant_read(Role("nodes"), attach="managed")
    assert removal.params["VersionId"] == f"v7{suffix}", "before v10"
