"""The deadline, the stop and the breakers of a run hold in all accounts, and in the readings inside an apply."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    ApplyError,
    Change,
    DeadlineError,
    EcropsError,
    LifecycleRule,
    Plan,
    Registry,
    RepositorySpec,
    RetryPolicy,
    Role,
    pull,
)
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Call, Cloud
from support import AT_ONCE, registry_of
from tests.events.support import arn, make_places, make_queue, make_role

FAR, OTHER = "111122223333", "444455556666"
EXPIRED = "no longer valid"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in ("aa", "bb", "cc", "dd")))
    for n in range(4):
        memory_cloud.client("iam", account=FAR).create_role(RoleName=f"far{n}", AssumeRolePolicyDocument="{}")
    return memory_cloud


def far(cloud: Cloud, *numbers: int) -> RepositorySpec:
    """A grant to roles in the account of another session, which ``aa`` allows already."""
    session = cloud.session(account=FAR)
    roles = [Role(f"arn:aws:iam::{FAR}:role/far{n}") for n in numbers]
    return RepositorySpec("aa", grants=[pull(role, session=session) for role in roles])


def patient(cloud: Cloud, workers: int = 16) -> Registry:
    return Registry(cloud.session(), retry=RetryPolicy(attempts=100, budget=600), workers=workers)


def expire(monkeypatch: pytest.MonkeyPatch, expires: Callable[[str], bool]) -> list[str]:
    """Let calls say that their token has expired. Returns the operations that did."""
    expired: list[str] = []

    def check(answer: object, operation: str) -> None:
        if expires(operation):
            expired.append(operation)
            raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": EXPIRED}}, operation)

    monkeypatch.setattr("ecrops.aws.attempt.sending.check_entries", check)
    return expired


@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_a_deadline_is_of_the_registry_that_applies_not_of_the_one_that_planned(
    cloud: Cloud, attach: Literal["inline", "managed"]
) -> None:
    registry, session = registry_of(cloud), cloud.session(account=FAR)
    role = Role(f"arn:aws:iam::{FAR}:role/far0")
    plan = registry.within(5).plan(RepositorySpec("aa", grants=[pull(role, session=session, attach=attach)]))
    monotonic = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: monotonic() + 100)
        assert registry.apply(plan).applied


@pytest.mark.parametrize("act", ["apply", "ensure", "plan"])
def test_after_the_deadline_nothing_is_begun_in_the_account_of_another_session(cloud: Cloud, act: str) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(far(cloud, 0))
    elsewhere = [want for want in plan.wants if want.account]
    late = registry.within(-1)
    acts: dict[str, Callable[[], Plan]] = {
        "apply": lambda: late.apply(plan),
        "ensure": lambda: late.make(*elsewhere),
        "plan": lambda: late.plan_wants(elsewhere),
    }
    cloud.calls.clear()
    with pytest.raises(DeadlineError):
        acts[act]()
    assert cloud.calls.operations() == []


def test_readings_before_a_write_is_repeated_share_the_budget_of_their_owner(cloud: Cloud) -> None:
    cloud.faults.on("throttle", operation="SetRepositoryPolicy", times=None)

    def is_throttled(call: Call) -> bool:
        written, read = cloud.calls.of("SetRepositoryPolicy"), cloud.calls.of("GetRepositoryPolicy")
        return call.operation == "GetRepositoryPolicy" and bool(written) and len(read) % 4 != 0

    cloud.faults.on("throttle", where=is_throttled, times=None)
    with pytest.raises(ClientError, match="Rate exceeded"):
        registry_of(cloud).ensure(RepositorySpec("aa", grants=[pull(OTHER)]))
    # the shortest waits that there can be use 60 seconds up with eleven attempts
    assert len(cloud.calls.of("GetRepositoryPolicy")) <= 12
    assert len(cloud.calls.of("SetRepositoryPolicy")) <= 12


def test_ctrl_c_ends_the_waits_of_readings_inside_an_apply(cloud: Cloud) -> None:
    registry = patient(cloud, workers=4)
    plan = registry.plan(*(RepositorySpec(name, grants=[pull(OTHER)]) for name in ("aa", "bb", "cc", "dd")))
    writes_begun: list[Call] = []

    def throttled(call: Call) -> bool:  # from the second reading right before a write on
        if call.operation == "GetRepositoryPolicy":
            writes_begun.append(call)
        return call.operation == "GetRepositoryPolicy" and len(writes_begun) > 5

    def interrupt(change: Change) -> None:
        raise KeyboardInterrupt

    cloud.faults.on("throttle", where=throttled, times=None)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        registry.apply(plan, on_change=interrupt)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("throttled", "denied"), [("GetRolePolicy", "DescribeRepositories"), ("DescribeRepositories", "GetRolePolicy")]
)
def test_the_first_error_of_a_reading_ends_the_waits_in_all_accounts(cloud: Cloud, throttled: str, denied: str) -> None:
    cloud.faults.on("throttle", operation=throttled, times=None)
    cloud.faults.on("denied", operation=denied, times=None)
    began = time.monotonic()
    with pytest.raises(ClientError, match="AccessDenied"):
        patient(cloud).plan(far(cloud, 0, 1, 2, 3))
    assert time.monotonic() - began < 5


def test_the_first_error_ends_the_waits_for_repositories_that_are_asked_for_one_by_one(cloud: Cloud) -> None:
    registry, names = patient(cloud), ("xx", "yy", "zz")
    registry.ensure(*(RepositorySpec(name) for name in names))
    for name in names:
        cloud.client("ecr").delete_repository(repositoryName=name)
    cloud.faults.on("denied", where=lambda call: call.params.get("repositoryNames") == ["yy"], times=None)
    began = time.monotonic()
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.plan(*(RepositorySpec(name) for name in names))
    assert time.monotonic() - began < 5  # the other two are waited for: this process made them a moment ago


def test_a_token_that_expires_stops_its_account_and_no_other(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = registry_of(cloud, workers=1)
    specs = [far(cloud, 0, 1, 2, 3), *(RepositorySpec(name, grants=[pull(OTHER)]) for name in ("bb", "cc", "dd"))]
    plan = registry.plan(*specs)
    expired = expire(monkeypatch, lambda operation: operation == "PutRolePolicy")
    cloud.calls.clear()
    with pytest.raises(ApplyError) as caught:
        registry.apply(plan)
    assert expired == ["PutRolePolicy"]
    assert {change.owner for change in caught.value.applied} >= {"bb", "cc", "dd"}
    assert sum(EXPIRED in str(error) for error in caught.value.exceptions) == 1


def test_a_token_that_expires_during_a_reading_inside_an_apply_stops_the_run(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, names = registry_of(cloud, workers=1), ("aa", "bb", "cc", "dd")
    registry.ensure(*(RepositorySpec(name, grants=[pull(FAR)]) for name in names))
    plan = registry.plan(*(RepositorySpec(name, grants=[pull(OTHER)]) for name in names))
    readings: list[str] = []

    def expires(operation: str) -> bool:
        readings.extend([operation] * (operation == "GetRepositoryPolicy"))
        return len(readings) == 6  # four bring the plan up to date, the fifth is right before the first write

    expired = expire(monkeypatch, expires)
    with pytest.raises(ApplyError) as caught:
        registry.apply(plan)
    assert expired == ["GetRepositoryPolicy"]
    assert len(readings) == 6
    assert len(caught.value.applied) == 1


def test_a_denied_call_is_the_last_one_of_its_owner(cloud: Cloud) -> None:
    rules = [LifecycleRule(max_image_count=1)]
    specs = [RepositorySpec(name, lifecycle_rules=rules, grants=[pull(OTHER)]) for name in ("new", "aa")]
    cloud.faults.on("denied", where=lambda call: call.params.get("repositoryName") == "new", times=None)
    with pytest.raises(ApplyError):
        Registry(cloud.session(), retry=AT_ONCE).ensure(*specs)
    of_new = [call.operation for call in cloud.calls if call.params.get("repositoryName") == "new"]
    assert of_new == ["CreateRepository"]


def test_a_repository_that_comes_and_goes_is_described_ten_times_with_pauses(cloud: Cloud) -> None:
    session, slept = cloud.session(own=True), list[float]()

    def disappear(http_response: Any = None, parsed: Any = None, **_: object) -> None:
        parsed["Error"] = {"Code": "RepositoryNotFoundException", "Message": "not visible here"}
        http_response.status_code = 400

    session.events.register("after-call.ecr.GetLifecyclePolicy", disappear)
    registry = Registry(session, retry=RetryPolicy(sleep=slept.append))
    with pytest.raises(EcropsError, match="aa: it comes and goes, after 10 readings"):
        registry.describe("aa")
    assert slept == [1.0] * 10
    with pytest.raises(DeadlineError):
        registry.within(0.5).describe("aa")


def test_a_deadline_that_is_over_before_what_was_made_is_verified_is_told(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, monotonic = list[Change](), time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + (100 if len(made) == 2 else 0))
    with pytest.raises(DeadlineError, match="2 not finished") as caught:
        registry_of(cloud).within(50).ensure(
            *(RepositorySpec(name, grants=[pull(FAR)]) for name in ("aa", "bb")), on_change=made.append
        )
    assert caught.value.applied == tuple(made)


def events_to(*targets: Target | str) -> RepositorySpec:
    return RepositorySpec("aa", events=[on_image_pushed("pushes", targets=targets)])


def test_what_somebody_takes_away_between_two_steps_of_an_owner_is_made_again(cloud: Cloud) -> None:
    old, new = (make_queue(cloud, name) for name in ("old", "new"))
    registry, taken = registry_of(cloud), list[Change]()
    registry.ensure(events_to(old))

    def take(change: Change) -> None:
        if change.operation == "PutTargets" and not taken:
            taken.append(change)
            ids = [target["Id"] for target in registry.rule("pushes").targets() if target["Arn"] == new]
            cloud.client("events").remove_targets(Rule="pushes", Ids=ids)

    registry.ensure(events_to(new), on_change=take)
    assert taken
    assert [target["Arn"] for target in registry.rule("pushes").targets()] == [new]


def test_an_owner_alone_is_not_read_again_between_its_steps(cloud: Cloud) -> None:
    one, two = (Target(arn("kinesis", f"stream/s{number}"), role_arn=make_role(cloud, f"r{number}")) for number in "12")
    make_places(cloud, one.arn, two.arn)
    registry = registry_of(cloud)
    registry.ensure(events_to(one))
    cloud.calls.clear()
    registry.ensure(events_to(two))
    operations = cloud.calls.operations()
    assert operations[operations.index("PutTargets") :][:2] == ["PutTargets", "RemoveTargets"]


def test_exact_values_of_several_owners_are_read_right_before_they_are_written_and_not_verified(cloud: Cloud) -> None:
    rules = [LifecycleRule(max_image_count=3)]
    registry_of(cloud).ensure(*(RepositorySpec(name, lifecycle_rules=rules) for name in ("aa", "bb")))
    assert len(cloud.calls.of("GetLifecyclePolicy")) == 2 * 2


@pytest.mark.parametrize(
    "read",
    [
        Registry.describe,
        lambda registry: registry.report(images=False),
        lambda registry: list(registry.simulate_lifecycles()),
    ],
    ids=["describe", "report", "simulate_lifecycles"],
)
def test_a_reading_that_aws_throttles_to_the_end_is_not_the_fault_of_one_repository(
    cloud: Cloud, read: Callable[[Registry], object]
) -> None:
    of_bb = lambda call: call.params.get("repositoryName") == "bb"  # noqa: E731
    cloud.faults.on("throttle", operation="GetLifecyclePolicy", where=of_bb, times=None)
    with pytest.raises(ClientError, match="Rate exceeded"):
        read(registry_of(cloud))
    cloud.faults.clear()
    cloud.faults.on("denied", operation="GetLifecyclePolicy", where=of_bb, times=None)
    assert read(registry_of(cloud)), "this one is, and stops no other"
