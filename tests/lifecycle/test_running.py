"""A lifecycle policy that is carried out at once."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from ecrops import ConflictError, LifecycleRule, Registry, SpecError
from ecrops.aws import ClientError
from ecrops.images import InUse
from ecrops.lifecycle import Guard
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import registry_of
from tests.images.deleting.support import left, push_index
from tests.images.test_tagging import during
from tests.lifecycle.support import digest, pushed

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
WEB = "ECS service web in cluster prod"
KEEP_ONE = LifecycleRule(tag_pattern_list=["v*"], max_image_count=1)
EXPIRE_OLD = LifecycleRule(max_image_age=30)
READ = ["DescribeImages"]
RUN = [*READ, "DescribeRegistry", "BatchDeleteImage"]


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    memory_cloud.emulator.seed(["app"])
    memory_cloud.emulator.seed_images("app", [pushed(n, f"v{n}", days=40 + n) for n in (1, 2, 3)])
    memory_cloud.calls.clear()
    return memory_cloud


@pytest.fixture
def app(cloud: Cloud) -> Repository:
    return registry_of(cloud).repository("app")


@pytest.fixture
def dry(cloud: Cloud) -> Repository:
    return registry_of(cloud, dry_run=True).repository("app")


def test_what_a_policy_expires_is_deleted_in_one_call(app: Repository, cloud: Cloud) -> None:
    plan = app.run_lifecycle([KEEP_ONE])
    assert left(cloud) == {digest(1)}
    assert cloud.calls.operations()[:3] == RUN
    (change,) = plan.changes
    assert change.images == 2
    assert "2 images" in str(change)
    assert not app.run_lifecycle([KEEP_ONE]), "the second time there is nothing to do"


def test_a_plan_says_which_images_go_by_which_rule_and_changes_nothing(dry: Repository, cloud: Cloud) -> None:
    plan = dry.run_lifecycle([KEEP_ONE, LifecycleRule(max_image_age=30)])
    assert "BatchDeleteImage" not in cloud.calls.operations()
    said = str(plan)
    assert "2 by the lifecycle policy (2 by rule 1)" in said
    assert "2.0 GB" in said
    assert "v2" in said
    assert len(left(cloud)) == 3
    assert not dry.run_lifecycle([KEEP_ONE]).changes, "the dry run remembers what it would have deleted"


def test_the_current_policy_counts_without_another_one(app: Repository, cloud: Cloud, dry: Repository) -> None:
    plan = app.run_lifecycle()
    assert not plan
    assert "there is no lifecycle policy, so nothing expires" in str(plan)
    dry.set_lifecycle_rules(KEEP_ONE)
    assert dry.run_lifecycle().changes, "the policy that the dry run would have set"
    app.set_lifecycle_rules(KEEP_ONE)
    assert app.run_lifecycle().changes
    assert left(cloud) == {digest(1)}
    policy = cloud.client("ecr").get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
    assert len(json.loads(policy)["rules"]) == 1, "it is not written"


@pytest.mark.parametrize("never", ["v3", digest(3), f"{HOST}/app:v3", InUse({f"{HOST}/app@{digest(3)}": [WEB]})])
def test_what_must_stay_is_left_out(app: Repository, cloud: Cloud, never: Any) -> None:
    plan = app.run_lifecycle([EXPIRE_OLD], never=never)
    assert left(cloud) == {digest(3)}
    assert "1 image fits and stays: v3: " in str(plan)
    if isinstance(never, InUse):
        assert f"v3: runs in {WEB}" in str(plan)


def test_a_replica_that_runs_elsewhere_is_said(dry: Repository) -> None:
    other = HOST.replace("eu-west-1", "us-east-1")
    plan = dry.run_lifecycle([EXPIRE_OLD], never=InUse({f"{other}/app@{digest(2)}": [WEB]}))
    assert "replicas in other registries are not protected" in str(plan)
    assert f"v2 (runs in {WEB}, pulled from {other})" in str(plan)
    assert plan.changes[0].images == 3


def test_a_running_part_keeps_its_index_and_its_signature(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    family = push_index(memory_cloud, "index")
    other = memory_cloud.push_image("app", tag="other")
    app = registry_of(memory_cloud).repository("app")
    rule = LifecycleRule(tag_status="any", max_image_count=1)
    memory_cloud.push_image("app", tag="newest", layers=[b"new"])
    app.run_lifecycle([rule], never=InUse({family[-1]: [WEB]}))
    assert set(family) <= left(memory_cloud)
    assert other not in left(memory_cloud)


def test_an_index_goes_before_its_parts(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.seed(["app"])
    family = push_index(memory_cloud, "index")
    newest = memory_cloud.push_image("app", tag="newest", layers=[b"new"])
    app = registry_of(memory_cloud).repository("app")
    for _ in range(2):  # ECR too deletes the parts once no index has them
        app.run_lifecycle([LifecycleRule(tag_status="any", max_image_count=1)])
    assert left(memory_cloud) == {newest}
    assert family


@pytest.mark.parametrize("references", [True, False])
def test_parts_of_an_index_that_stays_are_never_deleted(memory_cloud: Cloud, references: bool) -> None:
    memory_cloud.emulator.seed(["app"])
    family = push_index(memory_cloud, "index")
    app = registry_of(memory_cloud).repository("app")
    rules = [LifecycleRule(tag_pattern_list=["index"], max_image_count=5), LifecycleRule(max_image_count=1)]
    app.run_lifecycle(rules, references=references)
    assert set(family) <= left(memory_cloud)


def test_the_guard_refuses_what_goes_too_far(app: Repository, cloud: Cloud) -> None:
    with pytest.raises(ConflictError) as caught:
        app.run_lifecycle([EXPIRE_OLD], guard=Guard(max_expired=2))
    assert "expires 3 of 3 images" in str(caught.value.conflicts[0])
    assert "at most 2 images may expire" in str(caught.value.conflicts[0])
    assert len(left(cloud)) == 3
    with pytest.raises(ConflictError, match=f"v2 \\(runs in {WEB}"):
        app.run_lifecycle([EXPIRE_OLD], guard=Guard(never=InUse({f"{HOST}/app:v2": [WEB]})))
    assert app.run_lifecycle([EXPIRE_OLD], guard=Guard(max_expired=2), never="v1"), "what stays does not count"
    assert left(cloud) == {digest(1)}


def test_the_guard_of_the_registry_counts_unless_another_one_is_given(cloud: Cloud) -> None:
    app = registry_of(cloud, guard=Guard(max_expired=0)).repository("app")
    with pytest.raises(ConflictError):
        app.run_lifecycle([EXPIRE_OLD])
    assert app.run_lifecycle([EXPIRE_OLD], guard=False)
    assert not left(cloud)


def approved(cloud: Cloud, *rules: LifecycleRule, **options: Any) -> tuple[Registry, Any]:
    """A plan that somebody approved, and that another process applies."""
    plan = registry_of(cloud, dry_run=True).repository("app").run_lifecycle(rules, **options)
    return registry_of(cloud), pickle.loads(pickle.dumps(plan))


def test_images_that_came_since_an_approved_plan_stay(cloud: Cloud) -> None:
    registry, plan = approved(cloud, KEEP_ONE)
    cloud.emulator.seed_images("app", [pushed(n, f"v{n}", days=50 + n) for n in (4, 5)])
    registry.apply(plan)
    assert left(cloud) == {digest(n) for n in (1, 4, 5)}


def remove(cloud: Cloud, number: int) -> None:
    """Let another writer delete an image."""
    cloud.client("ecr").batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": digest(number)}])


def test_an_image_that_the_policy_does_not_expire_any_more_stays(cloud: Cloud) -> None:
    """The policy is evaluated anew, on the images as they are right before they are deleted."""
    registry, plan = approved(cloud, KEEP_ONE)
    remove(cloud, 1)  # the newest one: v2 is the newest now
    made = registry.apply(plan)
    assert left(cloud) == {digest(2)}
    assert "the policy does not expire v2 any more" in str(made)


def test_an_answer_that_was_lost_ends_as_one_that_was_not(app: Repository, cloud: Cloud) -> None:
    cloud.faults.on("reset_after", where=lambda call: call.operation == "BatchDeleteImage")
    app.run_lifecycle([EXPIRE_OLD])
    assert not left(cloud)


def test_another_writer_deletes_between_the_reading_and_the_deletion(app: Repository, cloud: Cloud) -> None:
    during(cloud, "BatchDeleteImage", lambda: remove(cloud, 2))
    app.run_lifecycle([EXPIRE_OLD])
    assert not left(cloud)


ARCHIVE = LifecycleRule(tag_pattern_list=["v*"], since_image_pulled=30, transition_to="archive")


def archived(cloud: Cloud) -> set[str]:
    """The digests in the archive."""
    pages = cloud.client("ecr").get_paginator("describe_images")
    every = pages.paginate(repositoryName="app", filter={"imageStatus": "ARCHIVED"})
    return {item["imageDigest"] for page in every for item in page["imageDetails"]}


def test_what_a_policy_archives_is_archived_with_one_listing(app: Repository, cloud: Cloud) -> None:
    cloud.emulator.seed_images("app", [pushed(7, "x7", days=90)])
    rules = [ARCHIVE, LifecycleRule(tag_pattern_list=["x*"], max_image_age=30)]
    cloud.calls.clear()
    plan = app.run_lifecycle(rules, never="v3")
    assert archived(cloud) == {digest(1), digest(2)}
    assert left(cloud) == {digest(1), digest(2), digest(3)}
    made = cloud.calls.operations()
    assert made.count("UpdateImageStorageClass") == 2
    assert made.count("BatchDeleteImage") == 1
    assert "pull" in str(plan), "it says that what is archived cannot be pulled"
    assert not app.run_lifecycle(rules, never="v3")


def test_a_guard_limits_what_is_archived_at_once(app: Repository, cloud: Cloud) -> None:
    for guard in (Guard(max_archived=2), Guard(never="v1")):
        with pytest.raises(ConflictError):
            app.run_lifecycle([ARCHIVE], guard=guard)
    assert not archived(cloud)
    assert app.run_lifecycle([ARCHIVE], guard=Guard(max_archived=2), never="v1")
    assert len(archived(cloud)) == 2


def test_an_image_that_the_policy_does_not_archive_any_more_stays(cloud: Cloud) -> None:
    keep = LifecycleRule(tag_pattern_list=["v*"], max_image_count=1, transition_to="archive")
    registry, plan = approved(cloud, keep)
    remove(cloud, 1)  # v2 is the newest now
    made = registry.apply(plan)
    assert archived(cloud) == {digest(3)}
    assert "the policy does not archive it any more" in str(made)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rules": [LifecycleRule(max_image_count=1)], "never": [""]}, "which no tag fits"),
        ({"rules": [{"rulePriority": 1}]}, "[0].rulePriority"),
        ({"guard": 7}, "expected a Guard"),
        ({"references": 1}, "references: expected True or False"),
    ],
)
def test_what_is_wrong_is_refused_before_any_call(
    app: Repository, cloud: Cloud, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        app.run_lifecycle(**arguments)
    assert said in str(caught.value)
    assert not cloud.calls


def test_a_repository_that_does_not_exist_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry_of(cloud).repository("gone").run_lifecycle([EXPIRE_OLD])
