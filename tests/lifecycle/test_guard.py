"""What a lifecycle policy may take away at most, before it is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, LifecycleRule, Registry, RepositorySpec, SpecError
from ecrops.lifecycle import Guard, Image, RegistryGuard, simulate
from ecrops.testing import Cloud
from support import AT_ONCE, lifecycle, registry_of

from .answers import refuse

KEEP_TWO = LifecycleRule(tag_pattern_list=["v*"], max_image_count=2)
KEEP_NINE = LifecycleRule(tag_pattern_list=["v*"], max_image_count=9)


def pushed(number: int, *tags: str, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 1, 10, tzinfo=UTC) - timedelta(days=number)
    details = {"imageDigest": f"sha256:{number:064x}", "imagePushedAt": at, "imageSizeInBytes": 10**9}
    return {**details, "imageTags": tags or (f"v{number}",), **more}


def a_repository(cloud: Cloud, name: str = "app", images: int = 5) -> None:
    cloud.emulator.seed([name])
    cloud.emulator.seed_images(name, [pushed(number) for number in range(1, images + 1)])


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    a_repository(cloud)
    return registry_of(cloud)


def test_a_guarded_policy_is_written_and_the_plan_says_what_goes(cloud: Cloud, registry: Registry) -> None:
    plan = registry.repository("app").set_lifecycle_rules(KEEP_TWO, guard=Guard(max_expired=3))
    assert str(plan).splitlines()[1] == "+ app lifecycle: keep last 2 v* (expires 3 of 5 images, 3.0 GB)"
    assert lifecycle(cloud.client("ecr"), "app")


def test_images_that_are_pushed_meanwhile_do_not_change_what_was_approved(cloud: Cloud, registry: Registry) -> None:
    guard = Guard(max_expired=9)
    plans = []
    for number in (20, 21):
        cloud.emulator.seed_images("app", [pushed(number)])
        plans.append(registry.plan(RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=guard)))
    assert [str(plan).partition("(")[2][:14] for plan in plans] == ["expires 4 of 6", "expires 5 of 7"]
    assert plans[0].checksum == plans[1].checksum
    other = registry.plan(RepositorySpec("app", lifecycle_rules=[KEEP_NINE], lifecycle_guard=guard))
    assert other.checksum != plans[0].checksum


def test_a_guard_that_is_hit_stops_the_write_and_names_the_worst_images(cloud: Cloud, registry: Registry) -> None:
    recent = datetime(2026, 1, 9, tzinfo=UTC)
    cloud.emulator.seed_images("app", [pushed(8, "v8", lastRecordedPullTime=recent), pushed(9, "v9", "prod-9")])
    guard = Guard(max_expired=4, max_fraction=0.5, never=("prod*", "release-*"))
    with pytest.raises(ConflictError) as caught:
        registry.repository("app").set_lifecycle_rules(KEEP_TWO, guard=guard)
    said = str(caught.value)
    assert "nothing was changed" in said
    assert "expires 5 of 7 images, 5.0 GB; the guard refuses it" in said
    assert "at most 4 images may expire" in said
    assert "at most 50% of the images may expire, 71.4% would" in said
    assert "tags like prod*, release-* must stay, 1 of them goes" in said
    assert "such as prod-9 (pushed 2026-01-01 by rule 1), v8 (pulled 2026-01-09 by rule 1), v3 (" in said
    assert "or none with guard=False" in said
    assert lifecycle(cloud.client("ecr"), "app") is None


def test_what_must_stay_may_not_be_archived_either(cloud: Cloud, registry: Registry) -> None:
    archive = LifecycleRule(max_image_age=1, transition_to="archive")
    with pytest.raises(
        ConflictError, match=r"archives 5, 5\.0 GB; the guard refuses it: images with tags like v1 must"
    ):
        registry.repository("app").set_lifecycle_rules(archive, guard=Guard(max_expired=0, never=["v1"]))


def test_limits_that_are_just_reached_are_not_broken(registry: Registry) -> None:
    assert registry.repository("app").set_lifecycle_rules(KEEP_TWO, guard=Guard(max_expired=3, max_fraction=0.6))


@pytest.mark.parametrize("percent", [7, 14, 28, 29, 55, 56, 57, 58])
def test_a_fraction_that_is_just_reached_is_not_broken_by_rounding(percent: int) -> None:
    images = [Image(f"d{n}", ["v"], datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=n)) for n in range(100)]
    result = simulate([LifecycleRule(max_image_count=100 - percent)], images)
    assert not list(Guard(max_fraction=percent / 100).refusals(result))
    assert list(Guard(max_fraction=0.005).refusals(result)) == [
        f"at most 0.5% of the images may expire, {percent}% would"
    ]


def test_images_are_read_only_where_a_guarded_policy_changes(cloud: Cloud, registry: Registry) -> None:
    repo, guard = registry.repository("app"), Guard(max_expired=3)
    repo.set_lifecycle_rules(KEEP_TWO)
    assert "DescribeImages" not in cloud.calls.operations()
    cloud.calls.clear()
    assert not repo.set_lifecycle_rules(KEEP_TWO, guard=guard)
    assert cloud.calls.operations() == ["GetLifecyclePolicy"]
    cloud.calls.clear()
    repo.set_lifecycle_rules(KEEP_NINE, guard=guard)
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "DescribeImages", "PutLifecyclePolicy"]
    cloud.calls.clear()
    repo.set_lifecycle_rules(guard=guard)
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "DeleteLifecyclePolicy"], "no policy takes nothing"


def test_adding_and_removing_rules_is_guarded_too(registry: Registry) -> None:
    repo, guard = registry.repository("app"), Guard(max_expired=0)
    with pytest.raises(ConflictError, match="expires 3 of 5"):
        repo.add_lifecycle_rule(KEEP_TWO, guard=guard)
    assert repo.add_lifecycle_rule(KEEP_NINE, guard=guard)
    assert repo.add_lifecycle_rule(max_image_age=1, guard=guard), "the images are out of its reach"
    with pytest.raises(ConflictError, match="expires 5 of 5"):
        repo.remove_lifecycle_rule(KEEP_NINE, guard=guard)


def test_a_guard_of_a_spec_holds_for_its_repository_and_stops_the_fleet(cloud: Cloud, registry: Registry) -> None:
    a_repository(cloud, "other")
    rules, guard = [KEEP_TWO], Guard(max_fraction=0.5)
    fleet = [
        RepositorySpec("app", lifecycle_rules=rules, lifecycle_guard=guard),
        RepositorySpec("other", lifecycle_rules=rules),
        RepositorySpec("new", lifecycle_rules=rules, lifecycle_guard=guard),
    ]
    plan = registry.plan(*fleet)
    assert [conflict.owner for conflict in plan.conflicts] == ["app"]
    with pytest.raises(ConflictError):
        registry.apply(plan)
    assert not cloud.emulator.exists("new")
    assert registry.ensure(*fleet[1:])


def test_a_registry_guards_all_its_repositories(cloud: Cloud, registry: Registry) -> None:
    guarded = registry_of(cloud, guard=Guard(max_expired=1))
    with pytest.raises(ConflictError):
        guarded.ensure(RepositorySpec("app", lifecycle_rules=[KEEP_TWO]))
    with pytest.raises(ConflictError):
        guarded.repository("app").add_lifecycle_rule(KEEP_TWO)
    spec = RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard(max_expired=9))
    assert guarded.plan(spec).conflicts == ()
    assert guarded.within(60).repository("app").set_lifecycle_rules(KEEP_TWO, guard=False)


def test_a_registry_guards_repositories_by_name(cloud: Cloud) -> None:
    for name in ("prod/api", "scratch/api", "else"):
        a_repository(cloud, name)
    guards = RegistryGuard({"scratch/*": None, "prod/*": Guard(max_expired=0), "*": Guard()})
    registry = registry_of(cloud, guard=guards)
    names = ("prod/api", "scratch/api", "else")
    plan = registry.plan(*(RepositorySpec(name, lifecycle_rules=[KEEP_TWO]) for name in names))
    refused, unguarded, told = plan
    assert refused.kind == "conflict"
    assert unguarded.after == "keep last 2 v*"
    assert told.after == "keep last 2 v* (expires 3 of 5 images, 3.0 GB)"


def test_several_guards_of_one_repository_all_hold(registry: Registry) -> None:
    spec = RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard())
    assert registry.plan(spec)
    assert registry.plan(
        RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard(never=["v5"]))
    ).conflicts


def test_a_policy_that_nobody_can_evaluate_is_refused_by_a_guard_and_passes_without(registry: Registry) -> None:
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "sinceImageScanned", "countUnit": "days", "countNumber": 1},
        "action": {"type": "expire"},
    }
    plan = registry.plan(RepositorySpec("app", lifecycle_rules=[rule], lifecycle_guard=Guard(max_expired=1)))
    assert "not known; the guard refuses it: rule 1 counts by 'sinceImageScanned'" in plan.conflicts[0].after
    plan = registry.plan(RepositorySpec("app", lifecycle_rules=[rule]))
    assert not plan.conflicts
    assert "counts by sinceImageScanned, which only ECR can check" in plan.notes[0]


def test_denied_images_stop_a_guarded_policy(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="DescribeImages", times=None)
    with pytest.raises((Exception, ApplyError), match="AccessDenied") as caught:
        registry.repository("app").set_lifecycle_rules(KEEP_TWO, guard=Guard())
    assert "ecr:DescribeImages" in str(getattr(caught.value, "__notes__", ""))
    assert lifecycle(cloud.client("ecr"), "app") is None


@pytest.mark.parametrize("operation", ["DescribeImages", "GetLifecyclePolicy"])
def test_a_repository_that_is_not_found_for_a_moment_does_not_get_past_its_guard(cloud: Cloud, operation: str) -> None:
    a_repository(cloud)
    session = cloud.session(own=True)
    refuse(session, operation, "RepositoryNotFoundException", times=1)
    guarded = RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard(max_expired=0))
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        Registry(session, retry=AT_ONCE).ensure(guarded)
    assert lifecycle(cloud.client("ecr"), "app") is None


def test_a_dry_run_shows_the_conflict_and_writes_nothing(cloud: Cloud, registry: Registry) -> None:
    dry = registry_of(cloud, dry_run=True, guard=Guard(max_expired=0))
    assert dry.repository("app").set_lifecycle_rules(KEEP_TWO).conflicts


def test_a_spec_with_a_guard_goes_through_json() -> None:
    spec = RepositorySpec("app", lifecycle_rules=[KEEP_TWO], lifecycle_guard=Guard(max_expired=3, never=["prod*"]))
    assert spec.to_dict()["lifecycle_guard"] == {"max_expired": 3, "never": ["prod*"]}
    assert RepositorySpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    off = RepositorySpec("app", lifecycle_guard=False)
    assert RepositorySpec.from_dict(json.loads(json.dumps(off.to_dict()))) == off
    with pytest.raises(SpecError, match=r"lifecycle_guard\.max_expried: unknown key; did you mean max_expired"):
        RepositorySpec.from_dict({"name": "app", "lifecycle_guard": {"max_expried": 3}})


def test_a_guard_that_cannot_be_is_refused_with_every_reason() -> None:
    with pytest.raises(SpecError) as caught:
        Guard(max_expired=-1, max_fraction=1.5, never=7)  # type: ignore[arg-type]
    assert len(caught.value.reasons) == 3
    with pytest.raises(SpecError, match="never: expected patterns of tags"):
        Guard(never=["prod*", ""])
    for wrong in (7, True, "no"):
        with pytest.raises(SpecError, match="Guard"):
            RepositorySpec("app", lifecycle_guard=wrong)  # type: ignore[arg-type]
        with pytest.raises(SpecError, match="Guard"):
            Registry(guard=wrong)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="expected a Guard"):
        Registry().repository("app").set_lifecycle_rules(KEEP_TWO, guard=7)  # type: ignore[arg-type]
    wrong_names: list[Any] = [[], {"*": 7}, {1: Guard()}]
    for names in wrong_names:
        with pytest.raises(SpecError):
            RegistryGuard(names)
