"""An approved plan does what its difference says: what it would take away or overwrite besides is a conflict."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import ConflictError, LifecycleRule, Plan, Registry, RepositorySpec, RetryPolicy, User, pull, push
from ecrops.lifecycle import Guard
from ecrops.testing import Cloud
from support import lifecycle, registry_of
from tests.access.world import inline, populate, repository_policy

ONE, OTHER = "111122223333", "444455556666"
LAST = LifecycleRule(max_image_count=5)
PROD = LifecycleRule(tag_prefix_list=["prod"], max_image_count=900)
DENY: dict[str, Any] = {"Sid": "Stop", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchDeleteImage"}
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Mine", "Effect": "Allow", "Principal": {"AWS": ONE}, "Action": "ecr:BatchGetImage"}],
}
BEYOND = "the plan did not say this: plan again"


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    populate(memory_cloud, "ab", "cd")
    return registry_of(memory_cloud)


def dry(cloud: Cloud) -> Registry:
    return registry_of(cloud, dry_run=True)


def is_refused(cloud: Cloud, registry: Registry, plan: Plan) -> None:
    """Applying the plan is refused, and changes nothing."""
    cloud.calls.clear()
    with pytest.raises(ConflictError, match=BEYOND):
        registry.apply(plan)
    assert cloud.calls.writes() == []


Since = Callable[[Registry], object]
TAKEN: dict[str, tuple[Since, Callable[[Registry], Plan], Since]] = {
    "a grant of an identity that came to one that is revoked": (
        lambda registry: registry.repository("ab").grant_pull(User("ci")),
        lambda registry: registry.repository("ab").revoke(User("ci")),
        lambda registry: registry.repository("ab").grant_push(User("ci")),
    ),
    "a grant on the repository that came to one that is revoked": (
        lambda registry: [registry.repository("ab").grant_pull(OTHER), registry.repository("ab").grant_pull(ONE)],
        lambda registry: registry.repository("ab").revoke(ONE),
        lambda registry: registry.repository("ab").grant_push(ONE),
    ),
    "a lifecycle rule that came to rules that are all removed": (
        lambda registry: registry.repository("ab").set_lifecycle_rules(LAST),
        lambda registry: registry.plan(RepositorySpec("ab", lifecycle_rules=[])),
        lambda registry: registry.repository("ab").add_lifecycle_rule(PROD),
    ),
    "a lifecycle rule where there was none": (
        lambda registry: None,
        lambda registry: registry.plan(RepositorySpec("ab", lifecycle_rules=[LAST])),
        lambda registry: registry.repository("ab").set_lifecycle_rules(PROD),
    ),
    "a statement that came to a policy that is removed": (
        lambda registry: registry.repository("ab").set_resource_policy(POLICY),
        lambda registry: registry.plan(RepositorySpec("ab", resource_policy={})),
        lambda registry: registry.repository("ab").add_to_resource_policy(DENY),
    ),
    "a statement where there was no policy": (
        lambda registry: None,
        lambda registry: registry.plan(RepositorySpec("ab", resource_policy=POLICY)),
        lambda registry: registry.repository("ab").add_to_resource_policy(DENY),
    ),
    "a tag that came to tags that are exact": (
        lambda registry: registry.repository("ab").ensure(tags={"team": "a"}),
        lambda registry: registry.plan(RepositorySpec("ab", tags={"team": "b"})),
        lambda registry: registry.repository("ab").ensure(tags={"team": "a", "cost": "7"}),
    ),
    "another value of a tag": (
        lambda registry: registry.repository("ab").ensure(tags={"team": "a"}),
        lambda registry: registry.plan(RepositorySpec("ab", tags={"team": "b"})),
        lambda registry: registry.repository("ab").ensure(tags={"team": "c"}),
    ),
    "another mutability": (
        lambda registry: registry.repository("ab").ensure(image_tag_mutability="IMMUTABLE"),
        lambda registry: registry.plan(RepositorySpec("ab", image_tag_mutability="MUTABLE")),
        lambda registry: registry.repository("ab").ensure(
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION", image_tag_mutability_exclusion_filters=["latest"]
        ),
    ),
}


@pytest.mark.parametrize("before, planned, since", TAKEN.values(), ids=TAKEN)
def test_what_came_since_and_would_go_is_a_conflict(
    memory_cloud: Cloud, registry: Registry, before: Since, planned: Callable[[Registry], Plan], since: Since
) -> None:
    before(registry)
    plan = planned(dry(memory_cloud))
    assert plan
    since(registry)
    is_refused(memory_cloud, registry, plan)


def test_what_came_since_on_one_owner_refuses_the_whole_plan_before_the_first_write(
    memory_cloud: Cloud, registry: Registry
) -> None:
    plan = registry.plan(*(RepositorySpec(name, resource_policy=POLICY) for name in ("ab", "cd")))
    registry.repository("cd").add_to_resource_policy(DENY)
    is_refused(memory_cloud, registry, plan)


def test_what_comes_during_the_apply_stops_its_owner_only(memory_cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(*(RepositorySpec(name, resource_policy=POLICY) for name in ("ab", "cd")))
    done: list[str] = []
    ecr = memory_cloud.client("ecr")
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    one_by_one = registry_of(memory_cloud, workers=1)

    def come(call: Any) -> bool:
        if call.operation == "SetRepositoryPolicy" and not done:
            done.append(call.params["repositoryName"])
            other = {"ab": "cd", "cd": "ab"}[done[0]]
            ecr.set_repository_policy(repositoryName=other, policyText=theirs)
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    with pytest.raises(ExceptionGroup) as caught:
        one_by_one.apply(plan)
    [error] = caught.value.exceptions
    assert isinstance(error, ConflictError)
    other = {"ab": "cd", "cd": "ab"}[done[0]]
    assert [change.owner for change in error.conflicts] == [other]
    assert repository_policy(ecr, other) == json.loads(theirs)
    assert repository_policy(ecr, done[0]) is not None


def test_an_owner_of_exact_values_is_read_again_right_before_it_is_written(
    memory_cloud: Cloud, registry: Registry
) -> None:
    ecr, meddled = memory_cloud.client("ecr"), list[str]()
    text = json.dumps({"rules": [PROD.to_ecr() | {"rulePriority": 1}]})

    def come(call: Any) -> bool:
        if call.operation == "PutLifecyclePolicy" and not meddled:
            meddled.append({"ab": "cd", "cd": "ab"}[call.params["repositoryName"]])
            ecr.put_lifecycle_policy(repositoryName=meddled[0], lifecyclePolicyText=text)
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    done = registry_of(memory_cloud, workers=1).ensure(
        *(RepositorySpec(name, lifecycle_rules=[LAST]) for name in ("ab", "cd"))
    )
    [told] = [str(change) for change in done if change.owner == meddled[0]]
    assert "prod" in told, "an exact value replaces what came, and says so"
    assert len(lifecycle(ecr, meddled[0])) == 1


def test_a_repository_that_was_made_meanwhile_with_a_policy_of_its_own_keeps_it(
    memory_cloud: Cloud, registry: Registry
) -> None:
    plan = registry.plan(RepositorySpec("new", lifecycle_rules=[LifecycleRule(max_image_count=1)]))
    registry.ensure(RepositorySpec("new", lifecycle_rules=[LifecycleRule(max_image_count=900)]))
    with pytest.raises(ConflictError, match="keep last 900"):
        registry.apply(plan)
    [rule] = lifecycle(memory_cloud.client("ecr"), "new")
    assert rule["selection"]["countNumber"] == 900


def test_a_repository_that_was_made_meanwhile_with_defaults_gets_what_was_approved(
    memory_cloud: Cloud, registry: Registry
) -> None:
    spec = RepositorySpec("new", image_tag_mutability="IMMUTABLE", image_scan_on_push=True, tags={"a": "1"})
    plan = registry.plan(spec)
    memory_cloud.client("ecr").create_repository(repositoryName="new")
    registry.apply(plan)
    assert not registry.ensure(spec)


def test_what_the_plan_had_nothing_to_do_for_is_not_read_and_not_changed(
    memory_cloud: Cloud, registry: Registry
) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[LAST]))
    plan = registry.plan(RepositorySpec("ab", lifecycle_rules=[LAST], tags={"a": "1"}))
    registry.repository("ab").add_lifecycle_rule(PROD)
    memory_cloud.calls.clear()
    registry.apply(plan)
    assert memory_cloud.calls.of("GetLifecyclePolicy") == []
    assert len(lifecycle(memory_cloud.client("ecr"), "ab")) == 2


def test_a_grant_that_others_took_away_since_is_not_given_back_untold(memory_cloud: Cloud, registry: Registry) -> None:
    registry.repository("ab").grant_push(User("ci"))
    plan = registry.plan(RepositorySpec("ab", grants=[push(User("ci")), pull(User("ci"))]))
    registry.repository("ab").revoke(User("ci"))
    is_refused(memory_cloud, registry, plan)
    assert inline(memory_cloud, "user", "ci") == {}


def push_images(cloud: Cloud, numbers: range) -> None:
    for number in numbers:
        cloud.client("ecr").put_image(
            repositoryName="ab",
            imageManifest=json.dumps({"schemaVersion": 2, "n": number}),
            imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
            imageTag=f"v{number}",
        )


def test_more_images_than_approved_are_not_deleted(memory_cloud: Cloud, registry: Registry) -> None:
    push_images(memory_cloud, range(3))
    plan = dry(memory_cloud).remove("ab", empty_on_delete=True)
    assert "with all its images, 3 now" in str(plan)
    checksum = plan.checksum
    push_images(memory_cloud, range(3, 5))
    assert dry(memory_cloud).remove("ab", empty_on_delete=True).checksum == checksum, "each push changes the number"
    is_refused(memory_cloud, registry, plan)
    registry.apply(dry(memory_cloud).remove("ab", empty_on_delete=True))
    assert not memory_cloud.emulator.exists("ab")


def test_fewer_images_than_approved_are_deleted(memory_cloud: Cloud, registry: Registry) -> None:
    push_images(memory_cloud, range(3))
    plan = dry(memory_cloud).remove("ab", empty_on_delete=True)
    memory_cloud.client("ecr").batch_delete_image(repositoryName="ab", imageIds=[{"imageTag": "v0"}])
    assert registry.apply(plan)
    assert not memory_cloud.emulator.exists("ab")


ARN = "arn:aws:ecr:eu-west-1:123456789012:repository/"


@pytest.mark.parametrize(
    ("before", "planned", "operation", "since"),
    [
        (
            {"tags": {"team": "a"}},
            {"tags": {"team": "b"}},
            "TagResource",
            lambda ecr, name: ecr.tag_resource(resourceArn=ARN + name, tags=[{"Key": "team", "Value": "c"}]),
        ),
        (
            {"image_scan_on_push": False},
            {"image_scan_on_push": True, "tags": {"a": "1"}},
            "TagResource",
            lambda ecr, name: ecr.tag_resource(resourceArn=ARN + name, tags=[{"Key": "cost", "Value": "c"}]),
        ),
        (
            {"image_tag_mutability": "IMMUTABLE"},
            {"image_tag_mutability": "MUTABLE"},
            "PutImageTagMutability",
            lambda ecr, name: ecr.put_image_tag_mutability(
                repositoryName=name,
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "latest"}],
            ),
        ),
    ],
)
def test_single_values_that_were_approved_are_read_again_right_before_they_are_written(
    memory_cloud: Cloud,
    registry: Registry,
    before: dict[str, Any],
    planned: dict[str, Any],
    operation: str,
    since: Callable[[Any, str], object],
) -> None:
    names = ("ab", "cd")
    registry.ensure(*(RepositorySpec(name, **before) for name in names))
    plan = registry.plan(*(RepositorySpec(name, **planned) for name in names))
    ecr, meddled = memory_cloud.client("ecr"), list[str]()

    def come(call: Any) -> bool:
        if call.operation == operation and not meddled:
            first = call.params.get("repositoryName") or call.params["resourceArn"].rpartition("/")[2]
            meddled.append({"ab": "cd", "cd": "ab"}[first])
            since(ecr, meddled[0])
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    with pytest.raises(ExceptionGroup) as caught:
        registry_of(memory_cloud, workers=1).apply(plan)
    [error] = caught.value.exceptions
    assert isinstance(error, ConflictError)
    assert {change.owner for change in error.conflicts} == {meddled[0]}


def test_a_guard_judges_when_the_plan_is_made_and_lists_no_images_when_it_is_applied(
    memory_cloud: Cloud, registry: Registry
) -> None:
    push_images(memory_cloud, range(3))
    spec = RepositorySpec("ab", lifecycle_rules=[LAST], lifecycle_guard=Guard(max_expired=0))
    plan = registry.plan(spec, RepositorySpec("cd", lifecycle_rules=[LAST]))
    assert len(memory_cloud.calls.of("DescribeImages")) == 1
    registry.apply(plan)
    assert len(memory_cloud.calls.of("DescribeImages")) == 1


def test_a_guard_of_ensure_judges_again_what_another_writer_changed(memory_cloud: Cloud, registry: Registry) -> None:
    push_images(memory_cloud, range(3))
    ecr, meddled = memory_cloud.client("ecr"), list[bool]()
    rule = LifecycleRule(tag_prefix_list=["v"], max_image_count=1).to_ecr() | {"rulePriority": 1}

    def come(call: Any) -> bool:
        if call.operation == "PutLifecyclePolicy" and call.params["repositoryName"] == "cd" and not meddled:
            meddled.append(True)
            ecr.put_lifecycle_policy(repositoryName="ab", lifecyclePolicyText=json.dumps({"rules": [rule]}))
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    specs = [
        RepositorySpec("cd", lifecycle_rules=[LAST]),
        RepositorySpec("ab", lifecycle_rules=[LAST], lifecycle_guard=Guard(max_expired=0)),
    ]
    done = registry_of(memory_cloud, workers=1).ensure(*specs)
    assert len(memory_cloud.calls.of("DescribeImages")) == 2
    assert [change.owner for change in done] == ["cd", "ab"]


def test_what_comes_between_an_exact_policy_and_its_grants_does_not_stay(
    memory_cloud: Cloud, registry: Registry
) -> None:
    spec = RepositorySpec("ab", resource_policy=POLICY, grants=[pull(OTHER)])
    everyone = {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    ecr, pauses = memory_cloud.client("ecr"), list[float]()

    def sleep(seconds: float) -> None:
        if not pauses:
            text = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
            ecr.set_repository_policy(repositoryName="ab", policyText=text)
        pauses.append(seconds)

    registry_of(memory_cloud, retry=RetryPolicy(sleep=sleep)).ensure(spec)
    policy = repository_policy(ecr, "ab")
    assert policy is not None
    assert sorted(statement["Sid"] for statement in policy["Statement"]) == ["EcropsPull", "Mine"]
    assert not registry.ensure(spec)
