"""A dry run remembers what it would have made: the next plan shows the difference to that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import LifecycleRule, Plan, Registry, RepositorySpec, Role, User, pull
from ecrops.events import on_image_pushed
from ecrops.testing import Cloud
from support import registry_of
from tests.access.world import populate
from tests.events.support import arn, make_function, make_queue

ONE, OTHER = "111122223333", "444455556666"
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Mine", "Effect": "Allow", "Principal": {"AWS": ONE}, "Action": "ecr:BatchGetImage"}],
}
RULE = LifecycleRule(tag_prefix_list=["prod"], max_image_count=5)
LATER = LifecycleRule(max_image_count=30)
QUEUE = arn("sqs", "pushes")
Verb = Callable[[Registry], Plan]


def repo(registry: Registry) -> Any:
    return registry.repository("ab")


CHAINS: dict[str, list[Verb]] = {
    "delete, ensure": [lambda r: repo(r).delete(), lambda r: repo(r).ensure(image_tag_mutability="IMMUTABLE")],
    "settings": [
        lambda r: repo(r).ensure(image_tag_mutability="IMMUTABLE"),
        lambda r: repo(r).ensure(image_scan_on_push=True),
        lambda r: repo(r).ensure(image_tag_mutability="MUTABLE"),
    ],
    "a new repository": [
        lambda r: r.repository("new").ensure(tags={"a": "1"}, image_scan_on_push=True),
        lambda r: r.repository("new").add_lifecycle_rule(RULE),
        lambda r: r.repository("new").ensure(tags={"a": "2", "b": "1"}),
        lambda r: r.repository("new").grant_pull(ONE),
        lambda r: r.repository("new").delete(),
    ],
    "a new repository, made and removed": [
        lambda r: r.repository("new").ensure(tags={"a": "1"}, image_scan_on_push=True),
        lambda r: r.repository("new").delete(),
        lambda r: r.repository("new").ensure(tags={"b": "1"}, lifecycle_rules=[RULE]),
    ],
    "tags": [lambda r: repo(r).ensure(tags={"a": "1"}), lambda r: repo(r).ensure(tags={"b": "1"})],
    "lifecycle rules": [
        lambda r: repo(r).add_lifecycle_rule(RULE),
        lambda r: repo(r).add_lifecycle_rule(LATER),
        lambda r: repo(r).remove_lifecycle_rule(RULE),
        lambda r: repo(r).set_lifecycle_rules(),
    ],
    "repository policies": [
        lambda r: repo(r).grant_pull(ONE),
        lambda r: repo(r).grant_push(OTHER),
        lambda r: repo(r).revoke(ONE),
        lambda r: repo(r).set_resource_policy(POLICY),
        lambda r: repo(r).set_resource_policy({}),
    ],
    "inline policies": [
        lambda r: repo(r).grant_pull(User("ci")),
        lambda r: r.repository("cd").grant_push(User("ci")),
        lambda r: repo(r).revoke(User("ci")),
        lambda r: r.repository("cd").revoke(User("ci")),
    ],
    "managed policies": [
        lambda r: repo(r).grant_pull(Role("nodes"), attach="managed"),
        lambda r: r.repository("cd").grant_push(Role("nodes"), attach="managed"),
        lambda r: repo(r).revoke(Role("nodes"), attach="managed"),
        lambda r: r.repository("cd").revoke(Role("nodes"), attach="managed"),
    ],
    "rules with a queue": [
        lambda r: repo(r).on_image_pushed("pushed", target=QUEUE),
        lambda r: repo(r).on_image_scan_completed("scanned", target=QUEUE),
        lambda r: r.rule("pushed").disable(),
        lambda r: r.rule("pushed").enable(),
        lambda r: r.rule("pushed").remove_target(QUEUE),
        lambda r: r.rule("pushed").remove(),
    ],
    "rules with other targets": [
        lambda r: repo(r).on_image_pushed("pushed", target=arn("sns", "pushes")),
        lambda r: r.rule("pushed").add_target(arn("lambda", "function:work")),
        lambda r: r.rule("pushed").add_target(arn("logs", "log-group:/events")),
        lambda r: r.rule("pushed").remove_target(arn("lambda", "function:work")),
        lambda r: r.rule("pushed").remove(),
    ],
    "specs with rules": [
        lambda r: r.ensure(RepositorySpec("ab", events=[on_image_pushed("pushed", target=QUEUE)])),
        lambda r: r.ensure(RepositorySpec("ab", events=[on_image_pushed("other", target=QUEUE)])),
        lambda r: r.ensure(RepositorySpec("ab", events=[], grants=[pull(ONE)])),
    ],
}


@pytest.fixture
def aws(memory_cloud: Cloud) -> Cloud:
    populate(memory_cloud, "ab", "cd")
    make_queue(memory_cloud)
    make_function(memory_cloud)
    memory_cloud.client("sns").create_topic(Name="pushes")
    memory_cloud.client("logs").create_log_group(logGroupName="/events")
    return memory_cloud


@pytest.mark.parametrize("verbs", CHAINS.values(), ids=CHAINS)
def test_a_chain_of_plans_shows_what_the_chain_of_verbs_does(aws: Cloud, verbs: list[Verb]) -> None:
    dry, wet = registry_of(aws, dry_run=True), registry_of(aws)
    planned = [sorted(map(str, verb(dry))) for verb in verbs]
    assert all(planned)
    assert aws.calls.writes() == []
    assert planned == [sorted(map(str, verb(wet))) for verb in verbs]


@pytest.mark.parametrize("verbs", CHAINS.values(), ids=CHAINS)
def test_the_same_again_is_nothing_to_do(aws: Cloud, verbs: list[Verb]) -> None:
    dry = registry_of(aws, dry_run=True)
    for verb in verbs:
        assert verb(dry)
        assert not verb(dry)


def test_a_plan_with_a_conflict_makes_nothing(aws: Cloud) -> None:
    dry = registry_of(aws, dry_run=True)
    assert repo(dry).ensure(encryption="KMS", image_scan_on_push=True).conflicts
    assert [change.what for change in repo(dry).ensure(image_scan_on_push=True)] == ["scan on push"]


def test_a_registry_that_is_no_dry_run_remembers_nothing(aws: Cloud) -> None:
    registry = registry_of(aws)
    spec = RepositorySpec("ab", image_scan_on_push=True)
    assert registry.plan(spec) == registry.plan(spec)
    assert registry.plan(spec)


def test_a_plan_alone_is_not_remembered(aws: Cloud) -> None:
    dry = registry_of(aws, dry_run=True)
    spec = RepositorySpec("ab", image_scan_on_push=True)
    assert dry.plan(spec)
    assert dry.plan(spec)
    assert dry.ensure(spec)
    assert not dry.plan(spec)


def test_a_dry_run_applies_no_plan_of_another_registry_either(aws: Cloud) -> None:
    plan = registry_of(aws).plan(RepositorySpec("ab", image_scan_on_push=True))
    told: list[Any] = []
    assert registry_of(aws, dry_run=True).apply(plan, on_change=told.append) is plan
    assert (aws.calls.writes(), told) == ([], [])
    assert plan.applied == ()


def test_a_dry_run_remembers_a_managed_policy_that_has_all_its_versions(aws: Cloud) -> None:
    names = [f"r{number}" for number in range(7)]
    aws.emulator.seed(names)
    wet, dry = registry_of(aws), registry_of(aws, dry_run=True)
    for name in names[:5]:
        wet.repository(name).grant_pull(Role("nodes"), attach="managed")
    removed = []
    for name in names[5:]:
        plan = dry.repository(name).grant_pull(Role("nodes"), attach="managed")
        assert [change.operation for change in plan] == ["DeletePolicyVersion", "CreatePolicyVersion"]
        removed.append(next(iter(plan)).params["VersionId"])
    assert removed == ["v1", "v2"], "the first one is gone in the second plan"


def test_tags_in_a_chain_are_those_of_the_repository_that_the_chain_made(aws: Cloud) -> None:
    dry = registry_of(aws, dry_run=True)
    dry.ensure(RepositorySpec("new", tags={"a": "1"}))
    (added,), (removed,) = dry.repository("new").add_tags(b="2"), dry.repository("new").remove_tags("a")
    for change in (added, removed):
        assert change.params["resourceArn"] == "arn:aws:ecr:eu-west-1:123456789012:repository/new"


def test_tags_for_a_repository_that_a_dry_run_would_have_removed_are_noted(aws: Cloud) -> None:
    dry = registry_of(aws, dry_run=True)
    assert repo(dry).delete()
    plan = repo(dry).add_tags(a="1", b="2")
    assert (tuple(plan), plan.notes) == ((), ("ab: the tags a=1, b=2 are added when it is there",))
