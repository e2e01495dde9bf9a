"""Being overtaken, waiting for what was made a moment ago, and not losing what others write."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

import racer
from ecrops import (
    ApplyError,
    ConflictError,
    EcropsError,
    LifecycleRule,
    Registry,
    RepositorySpec,
    RetryPolicy,
    SpecError,
    pull,
)
from ecrops.testing import Call, Cloud
from support import AT_ONCE, lifecycle, registry_of, state

IMPOSSIBLE = "another writer changed it in the meantime, and this change is now impossible"
APP = RepositorySpec(
    "ab", image_tag_mutability="IMMUTABLE", lifecycle_rules=[LifecycleRule(max_image_count=3)], tags={"a": "1"}
)


def test_a_create_that_loses_a_race_converges(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(APP)
    cloud.client("ecr").create_repository(repositoryName="ab")
    done = registry.apply(plan)
    assert [change.operation for change in done] == ["PutImageTagMutability", "TagResource", "PutLifecyclePolicy"]
    assert not registry.ensure(APP)


def test_a_create_whose_winner_encrypted_otherwise_is_a_conflict(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(RepositorySpec("ab", encryption="AES256"), RepositorySpec("cd"))
    cloud.client("ecr").create_repository(repositoryName="ab", encryptionConfiguration={"encryptionType": "KMS"})
    with pytest.raises(ApplyError) as caught:
        registry.apply(plan)
    assert [type(error) for error in caught.value.exceptions] == [ConflictError]
    assert str(caught.value.exceptions[0]).startswith(f"{IMPOSSIBLE}:\n  ! ab encryption")
    assert [change.owner for change in caught.value.applied] == ["cd"]


def made_anew(cloud: Cloud, name: str) -> None:
    ecr = cloud.client("ecr")
    ecr.delete_repository(repositoryName=name)
    ecr.create_repository(repositoryName=name, encryptionConfiguration={"encryptionType": "KMS"})


@pytest.mark.parametrize("during", [False, True], ids=["before the apply", "during the apply"])
def test_what_became_impossible_since_it_was_approved_is_said_as_that(cloud: Cloud, during: bool) -> None:
    registry = registry_of(cloud, workers=1)
    names = ("aa", "bb")
    registry.ensure(*(RepositorySpec(name) for name in names))
    plan = registry.plan(*(RepositorySpec(name, encryption="AES256", image_scan_on_push=True) for name in names))
    left = ["bb"]

    def meddle(call: Call) -> bool:
        if left and call.operation == "PutImageScanningConfiguration":
            made_anew(cloud, left.pop())
        return False

    if during:
        cloud.faults.on("throttle", where=meddle, times=None)
    else:
        made_anew(cloud, left.pop())
    with pytest.raises((ApplyError, ConflictError)) as caught:
        registry.apply(plan)
    error = caught.value.exceptions[0] if isinstance(caught.value, ApplyError) else caught.value
    assert str(error).startswith(f"{IMPOSSIBLE}:\n  ! bb encryption: KMS")
    assert [name for name in names if state(cloud)[name]["imageScanningConfiguration"]["scanOnPush"]] == (
        ["aa"] if during else []
    )


class Meddler:
    """Somebody else, who acts right after the n-th answer to an operation of the registry under test."""

    def __init__(self, cloud: Cloud, operation: str, act: Callable[[], object], after: int = 1) -> None:
        self.session = cloud.session(own=True)
        self._left, self._act = after, act
        self.session.events.register(f"after-call.ecr.{operation}", self._look)

    def _look(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            self._act()


def test_ensure_makes_a_repository_again_that_vanishes_before_it_is_changed(cloud: Cloud) -> None:
    registry_of(cloud).ensure(RepositorySpec("ab"))
    ecr = cloud.client("ecr")
    meddler = Meddler(cloud, "ListTagsForResource", lambda: ecr.delete_repository(repositoryName="ab"))
    registry = Registry(meddler.session, retry=AT_ONCE)
    registry.ensure(APP)
    assert not registry.ensure(APP)


@pytest.mark.parametrize(
    "part",
    [
        {"tags": {"a": "1"}},
        {"lifecycle_rules": [LifecycleRule(max_image_count=5)]},
        {"resource_policy": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}]}},
    ],
    ids=lambda part: next(iter(part)),
)
def test_a_repository_that_vanishes_between_two_readings_has_no_parts(
    memory_cloud: Cloud, part: dict[str, Any]
) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    ecr = memory_cloud.client("ecr")
    meddler = Meddler(memory_cloud, "DescribeRepositories", lambda: ecr.delete_repository(repositoryName="ab"))
    registry = Registry(meddler.session, retry=AT_ONCE)
    for _ in range(2):
        registry.ensure(RepositorySpec("ab", **part))
    assert not registry.ensure(RepositorySpec("ab", **part))


def test_a_plan_that_was_approved_makes_no_repository_that_it_does_not_name(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry_of(cloud).ensure(RepositorySpec("ab"))
    plan = registry.plan(APP)
    cloud.client("ecr").delete_repository(repositoryName="ab")
    with pytest.raises(ConflictError, match="the plan did not say this: plan again"):
        registry.apply(plan)
    assert state(cloud) == {}


def test_a_plan_that_was_approved_deletes_nothing_that_it_does_not_name(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    plan = registry.plan(RepositorySpec("ab", tags={"a": "1"}, lifecycle_rules=[])).check(deletes=0)
    registry_of(cloud).ensure(
        RepositorySpec("ab", tags={"theirs": "1"}, lifecycle_rules=[LifecycleRule(max_image_count=5)])
    )
    before = state(cloud)
    with pytest.raises(ConflictError, match="- ab tags: theirs=1"):
        registry.apply(plan)
    assert state(cloud) == before


def test_a_repository_that_somebody_makes_after_ours_is_gone_is_not_deleted(cloud: Cloud) -> None:
    ecr, pauses = cloud.client("ecr"), list[float]()

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:  # the first is that of the retry, the second that between rounds
            ecr.create_repository(repositoryName="ab")

    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep, propagation_budget=20))
    registry_of(cloud).ensure(RepositorySpec("ab"))
    cloud.faults.on("reset_after", operation="DeleteRepository")
    with pytest.raises(EcropsError, match="there still or again"):
        registry.remove("ab", empty_on_delete=True)
    assert cloud.emulator.exists("ab")


def test_a_plan_is_applied_once(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.ensure(RepositorySpec("ab"))
    done = registry.remove("ab")
    registry.ensure(RepositorySpec("ab"))
    with pytest.raises(SpecError, match="was applied before"):
        registry.apply(done)
    assert cloud.emulator.exists("ab")


@pytest.mark.parametrize("operation", ["CreateRepository", "DeleteRepository"])
def test_what_was_done_counts_even_if_its_answer_was_lost(cloud: Cloud, operation: str) -> None:
    registry = registry_of(cloud)
    cloud.faults.on("reset_after", operation=operation)
    assert [change.operation for change in registry.ensure(RepositorySpec("ab"))] == ["CreateRepository"]
    assert [change.operation for change in registry.repository("ab").delete()] == ["DeleteRepository"]


def test_an_edit_whose_write_has_to_wait_is_derived_anew(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="ab")
    theirs = LifecycleRule(tag_prefix_list=["theirs"], max_image_count=1)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        if not pauses:
            registry_of(cloud).repository("ab").set_lifecycle_rules(theirs)
        pauses.append(seconds)

    cloud.faults.on("throttle", operation="PutLifecyclePolicy", times=1)
    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep))
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
    assert [rule["selection"]["tagPrefixList"] for rule in lifecycle(ecr, "ab")] == [["theirs"], ["ours"]]


def test_one_owner_that_cannot_be_read_again_does_not_stop_the_others(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    fleet = [RepositorySpec(name, tags={"a": "1"}, image_scan_on_push=True) for name in ("s1", "s2")]
    plan = registry.plan(*fleet)
    for spec in fleet:
        cloud.client("ecr").create_repository(repositoryName=spec.name)
    cloud.faults.on(
        "denied",
        where=lambda call: call.params.get("resourceArn", "").endswith("/s1") and not call.is_write,
        times=None,
    )
    with pytest.raises(ApplyError, match="1 could not be finished"):
        registry.apply(plan)
    assert state(cloud)["s2"]["imageScanningConfiguration"] == {"scanOnPush": True}


def test_without_a_propagation_budget_what_was_done_is_not_a_failure(cloud: Cloud) -> None:
    policy = RetryPolicy(sleep=lambda seconds: None, propagation_budget=0)
    registry = registry_of(cloud, retry=policy)
    registry.ensure(RepositorySpec("ab"))
    assert registry.repository("ab").add_lifecycle_rule(max_image_count=2)
    assert registry.repository("ab").delete()


def test_a_registry_can_be_described_while_others_delete_from_it(cloud: Cloud) -> None:
    registry_of(cloud).ensure(*(RepositorySpec(name) for name in ("one", "two")))
    ecr = cloud.client("ecr")
    meddler = Meddler(cloud, "DescribeRepositories", lambda: ecr.delete_repository(repositoryName="one"))
    assert [spec.name for spec in Registry(meddler.session, retry=AT_ONCE).describe()] == ["two"]


def test_a_repository_that_appears_while_it_is_described_is_described(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    meddler = Meddler(cloud, "DescribeRepositories", lambda: ecr.create_repository(repositoryName="ab"))
    assert Registry(meddler.session, retry=AT_ONCE).describe("ab")[0].name == "ab"


@pytest.mark.parametrize("calls", [1, 2, 7])
def test_a_new_repository_that_is_not_visible_yet_is_waited_for(cloud: Cloud, calls: int) -> None:
    registry = registry_of(cloud)
    cloud.emulator.appear_after = calls
    assert registry.ensure(APP)
    assert registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["x"], max_image_count=1)
    assert cloud.calls.of("CreateRepository") == cloud.calls.of("CreateRepository")[:1]
    assert lifecycle(cloud.client("ecr"), "ab")


def test_the_next_ensure_waits_for_what_the_first_made(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    cloud.emulator.appear_after = 5
    registry.ensure(RepositorySpec("ab"))
    assert not registry.ensure(RepositorySpec("ab", image_scan_on_push=False))
    assert cloud.calls.writes() == ["CreateRepository"]


def test_a_fleet_waits_for_what_it_made_a_moment_ago(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    cloud.emulator.appear_after = 3
    fleet = [RepositorySpec(f"app{n}", tags={"n": "1"}) for n in range(5)]
    registry.ensure(*fleet)
    assert not registry.ensure(*fleet)


def test_a_repository_that_another_made_is_not_waited_for(cloud: Cloud) -> None:
    slept: list[float] = []
    registry = registry_of(cloud, retry=RetryPolicy(sleep=slept.append))
    assert not registry.repository("ab").exists()
    with pytest.raises(ClientError):
        registry.repository("ab").describe()
    assert slept == []


def test_deleting_what_was_made_a_moment_ago_does_not_believe_that_it_is_not_there(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    cloud.emulator.appear_after = 3
    registry.ensure(RepositorySpec("ab"))
    assert registry.repository("ab").delete()
    assert not cloud.emulator.exists("ab")


def test_a_deleted_repository_can_be_made_again_at_once(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    for _ in range(2):
        cloud.emulator.vanish_after = 2
        assert registry.repository("ab").ensure(tags={"a": "1"})
        assert registry.repository("ab").delete()
    assert not cloud.emulator.exists("ab")


def test_a_repository_that_stays_is_said_and_not_deleted_again(cloud: Cloud) -> None:
    registry = registry_of(cloud, retry=RetryPolicy(sleep=lambda seconds: None, propagation_budget=20))
    registry.ensure(RepositorySpec("ab"))
    cloud.emulator.vanish_after = 10_000
    with pytest.raises(EcropsError, match="ab was deleted, and is there still or again"):
        registry.repository("ab").delete()
    assert cloud.calls.of("DeleteRepository") == cloud.calls.of("DeleteRepository")[:1]


def test_two_scripts_that_add_rules_at_once_both_end_up_in_the_policy(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="ab")
    theirs = LifecycleRule(tag_prefix_list=["theirs"], max_image_count=1)

    def overwrite_late() -> None:
        # They had read before we wrote, and write after us: our rule is lost.
        text = {"rules": [{"rulePriority": 1, **theirs.to_ecr()}]}
        ecr.put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=json.dumps(text))

    slept: list[float] = []

    def sleep(seconds: float) -> None:
        if not slept:
            overwrite_late()
        slept.append(seconds)

    registry = registry_of(cloud, retry=RetryPolicy(sleep=sleep))
    registry.repository("ab").add_lifecycle_rule(tag_prefix_list=["ours"], max_image_count=2)
    prefixes = [rule["selection"]["tagPrefixList"] for rule in lifecycle(ecr, "ab")]
    assert prefixes == [["theirs"], ["ours"]]
    assert slept[0] >= 1, "late enough for a writer who had read before"


def test_somebody_who_changes_it_back_for_ever_is_said(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="ab")

    def undo(seconds: float) -> None:
        ecr.delete_lifecycle_policy(repositoryName="ab")

    registry = registry_of(cloud, retry=RetryPolicy(sleep=undo, propagation_budget=20))
    with pytest.raises(EcropsError, match="somebody else keeps changing it back"):
        registry.repository("ab").add_lifecycle_rule(max_image_count=2)


def test_an_exact_set_is_not_read_back(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.ensure(RepositorySpec("ab"))
    cloud.calls.clear()
    registry.repository("ab").set_lifecycle_rules(LifecycleRule(max_image_count=2))
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "PutLifecyclePolicy"]


def test_sixteen_threads_that_ensure_one_name_all_succeed_and_one_creates(cloud: Cloud) -> None:
    barrier = threading.Barrier(16)
    created: list[bool] = []

    def run() -> None:
        registry = registry_of(cloud)
        barrier.wait()
        plan = registry.ensure(APP)
        created.append(any(change.operation == "CreateRepository" for change in plan))

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created) == [False] * 15 + [True]


def test_sixteen_processes_that_ensure_one_name_all_succeed_and_one_creates(http_cloud: Cloud) -> None:
    assert http_cloud.endpoint_url
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["racer"])
    barrier, done = context.Barrier(16), context.SimpleQueue()
    environment = {"AWS_ENDPOINT_URL": http_cloud.endpoint_url}
    processes = [context.Process(target=racer.ensure, args=(environment, APP, barrier, done)) for _ in range(16)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 16
    operations = [done.get() for _ in processes]
    assert sum("CreateRepository" in each for each in operations) == 1
    assert state(http_cloud)["ab"]["tags"] == {"a": "1"}
    assert not registry_of(http_cloud, retry=AT_ONCE).ensure(APP)


def test_a_lifecycle_policy_that_somebody_deletes_first_is_gone_as_it_should_be(cloud: Cloud) -> None:
    registry, ecr = registry_of(cloud), cloud.client("ecr")
    registry.ensure(APP)
    left = [True]

    def come(call: Call) -> bool:
        if call.operation == "DeleteLifecyclePolicy" and left:
            left.clear()
            ecr.delete_lifecycle_policy(repositoryName="ab")
        return False

    cloud.faults.on("throttle", where=come, times=None)
    registry.repository("ab").set_lifecycle_rules()
    assert not left
    assert lifecycle(ecr, "ab") is None
    assert len(cloud.calls.of("DeleteLifecyclePolicy")) == 1


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ("TagResource", {"tags": {"a": "1"}}),
        ("PutImageTagMutability", {"image_tag_mutability": "IMMUTABLE"}),
        ("PutImageScanningConfiguration", {"image_scan_on_push": True}),
    ],
)
def test_a_part_of_a_repository_that_one_server_does_not_see_yet_is_put_again(
    memory_cloud: Cloud, operation: str, wanted: dict[str, Any]
) -> None:
    session, refused = memory_cloud.session(own=True), list[object]()

    def unseen(**_: object) -> Any:
        if refused:
            return None
        refused.append(True)
        error = {"Code": "RepositoryNotFoundException", "Message": "no"}
        body = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return AWSResponse("", 400, HTTPHeaders(), None), body

    session.events.register(f"before-call.ecr.{operation}", unseen)
    registry = Registry(session, retry=AT_ONCE)
    registry.ensure(RepositorySpec("ab"))
    assert registry.ensure(RepositorySpec("ab", **wanted))
    assert refused
    assert not registry.ensure(RepositorySpec("ab", **wanted))


def test_an_owner_that_cannot_be_decided_again_does_not_stop_what_another_one_lacks(cloud: Cloud) -> None:
    """Between the writes and the reading that verifies them, somebody undoes one and fills the policy of the other."""
    ecr, undone = cloud.client("ecr"), list[str]()
    registry_of(cloud).ensure(RepositorySpec("full"), RepositorySpec("ok"))
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}
    full = {"Version": "2012-10-17", "Statement": [{"Sid": f"S{number:03}", **deny} for number in range(128)]}
    text = json.dumps(full, separators=(",", ":"))
    assert 10_000 < len(text) <= 10_240

    def undo(seconds: float) -> None:
        if not undone:
            undone.append("ok")
            ecr.delete_repository_policy(repositoryName="ok")
            ecr.set_repository_policy(repositoryName="full", policyText=text)

    registry = registry_of(cloud, retry=RetryPolicy(sleep=undo))
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*(RepositorySpec(name, grants=[pull("111122223333")]) for name in ("full", "ok")))
    assert undone
    assert [str(error).partition(":")[0] for error in caught.value.exceptions] == ["full"]
    assert "111122223333" in ecr.get_repository_policy(repositoryName="ok")["policyText"]
