"""What others write while an apply goes on stays: each owner is read again right before it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Change, ConflictError, LifecycleRule, Registry, RepositorySpec, RetryPolicy, Role, pull
from ecrops.testing import Call, Cloud, Fault
from support import lifecycle, registry_of

ACCOUNT = "111122223333"
DENY = {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
NAMES = [f"app{n:03}" for n in range(64)]
SPECS = [RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in NAMES]


def deny(cloud: Cloud, name: str) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    cloud.client("ecr").set_repository_policy(repositoryName=name, policyText=text)


def sids(cloud: Cloud, name: str) -> set[str]:
    policy = json.loads(cloud.client("ecr").get_repository_policy(repositoryName=name)["policyText"])
    return {statement["Sid"] for statement in policy["Statement"]}


@pytest.mark.parametrize("approved", [True, False])
def test_a_deny_that_somebody_sets_during_an_apply_stays(memory_cloud: Cloud, approved: bool) -> None:
    registry = registry_of(memory_cloud, workers=4)
    registry.ensure(*(RepositorySpec(name) for name in NAMES))
    changed: list[Change] = []

    def interfere(change: Change) -> None:
        if not changed:
            deny(memory_cloud, NAMES[-1])
        changed.append(change)

    if approved:
        registry.apply(registry.plan(*SPECS), on_change=interfere)
    else:
        registry.ensure(*SPECS, on_change=interfere)
    assert sids(memory_cloud, NAMES[-1]) == {"Deny", "EcropsPull"}
    assert [change.kind for change in changed if change.owner == NAMES[-1]][-1] == "update"


def test_two_programs_that_grant_to_one_role_both_last(memory_cloud: Cloud) -> None:
    iam, registry = memory_cloud.client("iam"), registry_of(memory_cloud, workers=2)
    for number in range(20):
        iam.create_role(RoleName=f"role{number}", AssumeRolePolicyDocument="{}")
    registry.ensure(RepositorySpec("ab"), RepositorySpec("zz"))
    interfered: list[bool] = []

    def grant_elsewhere(change: Change) -> None:
        if not interfered:
            interfered.append(True)
            registry_of(memory_cloud).repository("zz").grant_pull(Role("role19"))

    grants = [pull(Role(f"role{number}")) for number in range(20)]
    registry.ensure(RepositorySpec("ab", grants=grants), on_change=grant_elsewhere)
    document = iam.get_role_policy(RoleName="role19", PolicyName="ecrops")["PolicyDocument"]
    resources = json.dumps(document)
    assert "repository/ab" in resources
    assert "repository/zz" in resources


def test_an_owner_among_others_costs_one_reading_more_and_one_alone_none(cloud: Cloud, registry: Registry) -> None:
    names = ("aa", "bb")
    registry.ensure(*(RepositorySpec(name) for name in names))
    cloud.calls.clear()
    registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in names))
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 3 * 2  # planned, right before the write, verified
    cloud.calls.clear()
    registry.repository("aa").grant_push(ACCOUNT)
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2
    cloud.calls.clear()
    assert not registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in names))
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2


def test_new_repositories_are_not_read_again_for_their_parts(cloud: Cloud, registry: Registry) -> None:
    rules: Any = [LifecycleRule(max_image_count=3)]
    registry.ensure(*(RepositorySpec(name, lifecycle_rules=rules, grants=[pull(ACCOUNT)]) for name in ("aa", "bb")))
    assert cloud.calls.operations().count("GetLifecyclePolicy") == 0
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2  # verified once, each


def rules(cloud: Cloud, name: str) -> list[int]:
    return [rule["selection"]["countNumber"] for rule in lifecycle(cloud.client("ecr"), name) or ()]


def test_what_comes_while_other_owners_are_read_stays_though_only_one_is_written(memory_cloud: Cloud) -> None:
    registry, came = registry_of(memory_cloud, workers=1), list[bool]()
    specs = [
        RepositorySpec("aa", grants=[pull(ACCOUNT)]),
        RepositorySpec("bb", lifecycle_rules=[LifecycleRule(max_image_count=3)]),
    ]
    registry.ensure(RepositorySpec("aa"), specs[1])

    def come(call: Any) -> bool:
        if call.operation == "GetLifecyclePolicy" and not came:  # the policy of the other one was read before
            came.append(call)
            deny(memory_cloud, "aa")
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    registry.ensure(*specs)
    assert came
    assert sids(memory_cloud, "aa") == {"Deny", "EcropsPull"}


def test_what_comes_while_the_grants_of_an_owner_are_read_is_not_overwritten_unseen(memory_cloud: Cloud) -> None:
    registry, ecr = registry_of(memory_cloud, workers=1), memory_cloud.client("ecr")
    memory_cloud.client("iam").create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    registry.ensure(RepositorySpec("ab"))
    spec = RepositorySpec("ab", image_tag_mutability="IMMUTABLE", tags={"a": "1"}, grants=[pull(Role("nodes"))])
    plan = registry.plan(spec)
    registry.repository("ab").grant_pull(Role("nodes"))  # one owner remains
    memory_cloud.calls.clear()

    def come(call: Call) -> bool:
        if call.operation == "GetRolePolicy" and not memory_cloud.calls.of("PutImageTagMutability"):
            filters: Any = [{"filterType": "WILDCARD", "filter": "dev-*"}]
            ecr.put_image_tag_mutability(
                repositoryName="ab",
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=filters,
            )
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    with pytest.raises(ConflictError, match=r"IMMUTABLE except dev-\* -> IMMUTABLE"):
        registry.apply(plan)


@pytest.mark.parametrize(("names", "skip"), [(["ab"], 0), (["ab", "cd"], 1)], ids=["alone", "among others"])
def test_what_comes_while_another_reading_of_the_owner_waits_is_named(
    memory_cloud: Cloud, names: list[str], skip: int
) -> None:
    """The readings before the wait are made again: they are as old as the wait was long."""
    registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in names))
    where = lambda call: call.params["repositoryName"] == "ab"  # noqa: E731
    memory_cloud.faults.on("throttle", operation="GetRepositoryPolicy", where=where, skip=skip)
    told = ensure_while_others_add_a_rule(memory_cloud, names)
    assert any("keep last 9" in str(change) for change in told)
    assert rules(memory_cloud, "ab") == [3]


@pytest.mark.parametrize("operation", ["PutImageTagMutability", "TagResource"])
@pytest.mark.parametrize("names", [["ab"], ["ab", "cd"]], ids=["alone", "among others"])
@pytest.mark.parametrize("fault", ["throttle", "reset_after"])
def test_what_comes_while_a_write_of_the_owner_waits_is_named(
    memory_cloud: Cloud, names: list[str], operation: str, fault: Fault
) -> None:
    registry_of(memory_cloud).ensure(*(RepositorySpec(name) for name in names))
    memory_cloud.faults.on(fault, operation=operation, where=lambda call: "ab" in str(call.params))
    told = ensure_while_others_add_a_rule(memory_cloud, names)
    assert any("keep last 9" in str(change) for change in told)
    assert rules(memory_cloud, "ab") == [3]


def ensure_while_others_add_a_rule(cloud: Cloud, names: list[str]) -> list[Change]:
    """Make the lifecycle rules of repositories exact; in the first wait somebody adds a rule to the first one."""
    rule = LifecycleRule(max_image_count=9).to_ecr() | {"rulePriority": 1}
    waits = list[float]()

    def sleep(seconds: float) -> None:
        if not waits:
            text = json.dumps({"rules": [rule]})
            cloud.client("ecr").put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=text)
        waits.append(seconds)

    specs = [
        RepositorySpec(
            name,
            image_tag_mutability="IMMUTABLE",
            tags={"a": "1"},
            lifecycle_rules=[LifecycleRule(max_image_count=3)],
            grants=[pull(ACCOUNT)],
        )
        for name in names
    ]
    return list(registry_of(cloud, workers=1, retry=RetryPolicy(sleep=sleep)).ensure(*specs))


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
@pytest.mark.parametrize("approved", [True, False])
def test_a_write_whose_answer_was_lost_is_made_again_in_a_repository_that_was_made_anew(
    memory_cloud: Cloud, fault: Fault, approved: bool
) -> None:
    """What it removes is gone there too, but what it adds is missing."""
    registry_of(memory_cloud).ensure(RepositorySpec("ab", resource_policy=document("Old")))
    waits, ecr = list[float](), memory_cloud.client("ecr")

    def sleep(seconds: float) -> None:
        if not waits:
            ecr.delete_repository(repositoryName="ab", force=True)
            ecr.create_repository(repositoryName="ab")
        waits.append(seconds)

    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep))
    spec = RepositorySpec("ab", resource_policy=document("Mine"))
    plan = registry.plan(spec) if approved else None
    memory_cloud.faults.on(fault, operation="SetRepositoryPolicy")
    assert registry.apply(plan) if plan else registry.ensure(spec)
    assert sids(memory_cloud, "ab") == {"Mine"}


def document(sid: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**DENY, "Sid": sid}]}


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "truncated"])
@pytest.mark.parametrize("approved", [True, False])
def test_what_comes_after_a_removal_whose_answer_was_lost_stays_and_a_note_says_so(
    memory_cloud: Cloud, fault: Fault, approved: bool
) -> None:
    """The rule of others comes first, so that ours, if it is there still, has another priority."""
    registry_of(memory_cloud).ensure(RepositorySpec("ab", lifecycle_rules=[LifecycleRule(max_image_count=3)]))
    waits, ecr = list[float](), memory_cloud.client("ecr")

    def sleep(seconds: float) -> None:
        if not waits:
            found = [rule | {"rulePriority": 2} for rule in lifecycle(ecr, "ab") or ()]
            theirs = LifecycleRule(tag_prefix_list=["v"], max_image_count=9).to_ecr() | {"rulePriority": 1}
            text = json.dumps({"rules": [theirs, *found]})
            ecr.put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=text)
        waits.append(seconds)

    registry = registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep))
    spec = RepositorySpec("ab", lifecycle_rules=[])
    plan = registry.plan(spec)
    memory_cloud.faults.on(fault, operation="DeleteLifecyclePolicy")
    done = registry.apply(plan) if approved else registry.ensure(spec)
    assert 9 in rules(memory_cloud, "ab")
    [note] = done.notes
    assert "ab lifecycle: the answer to our own DeleteLifecyclePolicy was lost, and another writer has changed" in note


def test_a_removal_whose_answer_was_lost_is_waited_for_once(memory_cloud: Cloud) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"))
    waits = list[float]()
    memory_cloud.faults.on("reset_after", operation="DeleteRepository")
    assert registry_of(memory_cloud, retry=RetryPolicy(sleep=waits.append)).remove("ab")
    assert len(waits) == 2, "before the call was repeated, and before the removal was verified"


def test_a_spec_alone_is_written_from_the_reading_of_its_plan(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("aa"))
    cloud.calls.clear()
    registry.ensure(RepositorySpec("aa", grants=[pull(ACCOUNT)]))
    assert len(cloud.calls.of("GetRepositoryPolicy")) == 2  # planned, verified
    registry.ensure(RepositorySpec("aa", tags={"a": "1"}), RepositorySpec("bb"))
    cloud.calls.clear()
    registry.ensure(*(RepositorySpec(name, tags={"a": "2"}) for name in ("aa", "bb")))
    assert len(cloud.calls.of("ListTagsForResource")) == 2, "a tag takes nothing from other tags: no second reading"


@pytest.mark.parametrize("operation", ["GetRepositoryPolicy", "GetLifecyclePolicy"])
def test_two_readings_with_a_wait_between_them_are_not_of_one_moment(memory_cloud: Cloud, operation: str) -> None:
    registry_of(memory_cloud).ensure(RepositorySpec("ab"), RepositorySpec("cd"))
    came = list[float]()

    def sleep(seconds: float) -> None:
        if not came:
            deny(memory_cloud, "ab")
            text = json.dumps({"rules": [LifecycleRule(max_image_count=9).to_ecr() | {"rulePriority": 1}]})
            memory_cloud.client("ecr").put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=text)
        came.append(seconds)

    where = lambda call: call.params["repositoryName"] == "ab"  # noqa: E731
    memory_cloud.faults.on("throttle", operation=operation, where=where, skip=1)
    registry = registry_of(memory_cloud, workers=1, retry=RetryPolicy(sleep=sleep))
    rules_ = [LifecycleRule(max_image_count=3)]
    told = registry.ensure(
        *(RepositorySpec(name, lifecycle_rules=rules_, grants=[pull(ACCOUNT)]) for name in ("ab", "cd"))
    )
    assert came
    assert any("keep last 9" in str(change) for change in told)
    assert sids(memory_cloud, "ab") == {"Deny", "EcropsPull"}


def test_notes_of_all_owners_that_were_read_again_are_told(memory_cloud: Cloud) -> None:
    names = ("aa", "bb", "cc")
    registry = registry_of(memory_cloud, workers=1)
    registry.ensure(*(RepositorySpec(name) for name in names))
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**DENY, "Action": "ecr:BatchGetImage"}]})
    came = list[bool]()

    def come(call: Call) -> bool:
        if call.operation == "SetRepositoryPolicy" and not came:
            came.append(True)
            for name in names[1:]:
                memory_cloud.client("ecr").set_repository_policy(repositoryName=name, policyText=text)
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    done = registry.ensure(*(RepositorySpec(name, grants=[pull(ACCOUNT)]) for name in names))
    assert any(note.startswith("bb, cc: ") for note in done.notes), done.notes
