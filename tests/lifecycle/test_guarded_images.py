"""Which images a guard protects, and which it names when it refuses a policy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecrops import (
    ApplyError,
    ConflictError,
    LifecycleRule,
    Registry,
    RepositorySpec,
    RetryPolicy,
    SpecError,
)
from ecrops.lifecycle import Guard, simulate
from ecrops.testing import Call, Cloud
from support import lifecycle, registry_of
from tests.lifecycle.simulation.support import NOW, an_image
from tests.lifecycle.support import KEEP_TWO, digest, pushed, versions

EXPIRE_ALL = LifecycleRule(max_image_age=1)
ARCHIVE = LifecycleRule(since_image_pulled=14, transition_to="archive")


def refusal(registry: Registry, guard: Guard, rule: LifecycleRule = EXPIRE_ALL) -> str:
    with pytest.raises(ConflictError) as caught:
        registry.repository("app").set_lifecycle_rules(rule, guard=guard)
    return str(caught.value.conflicts[0])


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    cloud.emulator.seed(["app"])
    return registry_of(cloud)


def seed(cloud: Cloud, *tags: tuple[str, ...]) -> None:
    cloud.emulator.seed_images("app", [pushed(n, *each, days=n + 20) for n, each in enumerate(tags, 1)])


def test_a_digest_in_never_protects_its_image(cloud: Cloud, registry: Registry) -> None:
    """Case guard-never-digest: awslabs/ecr-cleanup-lambda#44."""
    seed(cloud, ("v1",), (), ("v3",))
    said = refusal(registry, Guard(never=[digest(2)]))
    assert f"images with the digest {digest(2)[:19]} must stay, 1 of them goes; such as {digest(2)[:19]} (" in said
    assert "v1" not in said
    said = refusal(registry, Guard(never=["v1", digest(2)]))
    assert f"images with tags like v1 or with the digest {digest(2)[:19]} must stay, 2 of them go" in said
    assert registry.repository("app").set_lifecycle_rules(EXPIRE_ALL, guard=Guard(never=[digest(9)]))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^prod.*", "a pattern is no regular expression"),
        ("prod|dev", "a pattern is no regular expression"),
        ("prod?", "a pattern is no regular expression"),
        ("repo:prod", "give the part behind the ':' alone"),
        ("release/1.*", "no tag has '/' in it"),
        ("pro d", "no tag has ' ' in it"),
        ("feature/", "no tag has '/' in it"),
        ("sha256:abc", "this is no tag but a digest, or a part of one"),
        ("sha256:" + "A" * 64, "this is no tag but a digest, or a part of one"),
        ("sha256:*", "this is no tag but a digest, or a part of one"),
        (".*", "no tag starts with '.'"),
        ("", "no tag is empty"),
    ],
)
def test_a_guard_that_would_protect_nothing_is_refused(pattern: str, said: str) -> None:
    """Case guard-never-digest, its variants."""
    with pytest.raises(SpecError) as caught:
        Guard(never=["prod*", pattern])
    (reason,) = caught.value.reasons
    assert reason.startswith("never: expected patterns of tags, digests, images (HOST/NAME:TAG, ")
    assert f", got {pattern!r}, which no tag fits: " in reason
    assert said in reason


def test_a_refusal_names_the_protected_image_by_its_protected_tag(cloud: Cloud, registry: Registry) -> None:
    """Case guard-names-the-wrong-images: awslabs/ecr-cleanup-lambda#34, #28."""
    seed(cloud, ("github-sha-1", "prod-live"), *((f"github-sha-{n}",) for n in range(2, 11)))
    said = refusal(registry, Guard(never=["prod*"]))
    assert "must stay, 1 of them goes; such as prod-live (pushed" in said
    assert "github" not in said.partition("such as ")[2]


def test_a_refusal_names_only_images_that_exceed_a_limit() -> None:
    from ecrops.lifecycle.guard import impact_of

    images = [an_image(f"sha256:{n}", f"v{n}", days=n) for n in range(1, 5)]
    rules = [
        LifecycleRule(tag_pattern_list=["v1"], max_image_age=20),
        LifecycleRule(tag_pattern_list=["v2"], max_image_age=1, transition_to="archive"),
        LifecycleRule(tag_pattern_list=["v*"], max_image_age=2),
    ]
    result = simulate(rules, images, now=NOW)

    def named(**limits: Any) -> list[str]:
        return [example.partition(" ")[0] for example in impact_of(result, [Guard(**limits)]).examples]

    assert named(max_archived=0) == ["v2"]
    assert named(max_expired=1) == ["v3", "v4"]
    assert named(max_fraction=0.1, never=["v2"]) == ["v2", "v3", "v4"], "the protected one first"
    assert named(max_expired=1, never=["v4"]) == ["v4", "v3"]
    assert named(max_archived=1, max_expired=2, never=["v1"]) == []


def test_archiving_has_a_limit_of_its_own(cloud: Cloud, registry: Registry) -> None:
    """Case guard-does-not-limit-archiving: public files."""
    seed(cloud, *((f"v{n}",) for n in range(1, 6)))
    said = refusal(registry, Guard(max_expired=0, max_fraction=0, max_archived=4), ARCHIVE)
    assert "the guard refuses it: at most 4 images may be archived; such as v1 (" in said
    assert registry.plan(RepositorySpec("app", lifecycle_rules=[ARCHIVE], lifecycle_guard=Guard(max_archived=5)))
    plan = registry.plan(RepositorySpec("app", lifecycle_rules=[EXPIRE_ALL], lifecycle_guard=Guard(max_archived=0)))
    assert not plan.conflicts, "deletions are limited by max_expired"


def test_a_limit_of_archived_images_is_a_number_and_stands_in_a_fleet_file() -> None:
    with pytest.raises(SpecError, match="max_archived: expected a number of images, 0 or more, got -1"):
        Guard(max_archived=-1)
    guard = Guard(max_archived=3, never=[digest(1)])
    assert guard.to_dict() == {"max_archived": 3, "never": [digest(1)]}
    assert Guard.from_dict(guard.to_dict()) == guard


def test_the_image_that_was_used_last_is_named_first() -> None:
    from ecrops.lifecycle.guard import impact_of

    day = datetime(2026, 1, 10, tzinfo=UTC)
    images = [an_image(f"{n}", f"v{n}", days=n, last_pulled_at=day + timedelta(days=n)) for n in range(2, 5)]
    result = simulate([LifecycleRule(max_image_age=1)], images, now=NOW)
    assert [text[:2] for text in impact_of(result, [Guard(max_expired=0)]).examples] == ["v4", "v3", "v2"]


def test_a_guard_judges_again_what_another_writer_changed_since_the_plan(memory_cloud: Cloud) -> None:
    names, came = ("aa", "bb"), list[Call]()
    memory_cloud.emulator.seed(names)
    for name in names:
        memory_cloud.emulator.seed_images(name, versions(5))
    theirs = json.dumps({"rules": [LifecycleRule(max_image_count=900).to_ecr() | {"rulePriority": 1}]})

    def come(call: Call) -> bool:
        if call.operation == "PutLifecyclePolicy" and not came:
            came.append(call)
            memory_cloud.emulator.seed_images("bb", versions(9)[5:])
            memory_cloud.client("ecr").put_lifecycle_policy(repositoryName="bb", lifecyclePolicyText=theirs)
        return False

    memory_cloud.faults.on("throttle", where=come, times=None)
    registry, guard = registry_of(memory_cloud, workers=1), Guard(max_expired=3)
    specs = [RepositorySpec(name, lifecycle_rules=[KEEP_TWO], lifecycle_guard=guard) for name in names]
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*specs)
    (error,) = caught.value.exceptions
    assert "! bb lifecycle: keep last 900 -> keep last 2 v* (expires 7 of 9 images" in str(error)
    assert "the guard refuses it: at most 3 images may expire" in str(error)
    assert [change.owner for change in caught.value.applied] == ["aa"]
    [rule] = lifecycle(memory_cloud.client("ecr"), "bb")
    assert rule["selection"]["countNumber"] == 900


def test_policies_that_somebody_changes_before_each_guarded_write_are_told(memory_cloud: Cloud) -> None:
    names, counts, ecr = ("aa", "bb"), iter(range(100, 999)), memory_cloud.client("ecr")
    memory_cloud.emulator.seed(names)

    def change(call: Call) -> bool:
        if call.operation == "GetLifecyclePolicy":
            rule = LifecycleRule(max_image_count=next(counts)).to_ecr() | {"rulePriority": 1}
            name = call.params["repositoryName"]
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule]}))
        return False

    memory_cloud.faults.on("throttle", where=change, times=None)
    registry = registry_of(memory_cloud, retry=RetryPolicy(propagation_budget=20, sleep=lambda seconds: None))
    specs = [RepositorySpec(name, lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard(max_expired=3)) for name in names]
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*specs)
    said = {f"{name} was changed by another writer: a guard judges it again" for name in names}
    assert set(map(str, caught.value.exceptions)) == said
