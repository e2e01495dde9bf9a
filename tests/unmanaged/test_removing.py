"""What was found in no spec is removed as it was found, whatever others do in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, Registry, RepositorySpec, Role, SpecError, User, pull
from ecrops.testing import Cloud
from support import registry_of
from tests.access.world import PULL, PUSH, inline
from tests.events.support import arn, make_queue

from .world import (
    API,
    BARE,
    FLEET,
    OLD_RULE,
    TEAM,
    TEMPLATES,
    WEB,
    add_grants,
    add_old,
    add_template,
    allowed,
    bare,
    before,
    fleet,
    names,
    permitted,
    rules,
)


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only."""
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """The registry of the fleet."""
    return fleet(cloud)


def test_all_that_was_found_is_removed_and_nothing_else(http_cloud: Cloud) -> None:
    registry = fleet(http_cloud)
    add_old(registry)
    add_template(registry)
    add_grants(registry)
    found = registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
    plan = registry.remove(found)
    assert plan.check(deletes=7).summary == "3 updated, 7 deleted"
    assert not registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
    assert not registry.ensure(*FLEET)
    assert not http_cloud.emulator.exists("team/old")
    assert OLD_RULE not in permitted(http_cloud)
    assert set(allowed(http_cloud, "team/api")) == PULL
    assert not registry.remove(found)


def test_an_empty_repository_takes_a_reading_a_deletion_and_a_reading(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.emulator.seed(["team/old"])
    found = registry.unmanaged(*BARE, within=TEAM)
    cloud.calls.clear()
    assert registry.remove(found)
    assert cloud.calls.operations() == ["DescribeRepositories", "DeleteRepository", "DescribeRepositories"]
    assert cloud.calls.of("DeleteRepository")[0].params["force"] is False


def test_some_of_what_was_found_is_removed_beside_names(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.emulator.seed(["team/a", "team/b", "team/c", "team/d"])
    found = registry.unmanaged(*BARE, within=TEAM)
    some: list[Any] = ["team/a", *(one for one in found if one.name in ("team/a", "team/b")), found.repositories[1]]
    assert registry_of(cloud, dry_run=True).remove(*some).summary == "2 to delete"
    plan = registry.remove(*some)
    assert sorted(change.owner for change in plan) == ["team/a", "team/b"]
    assert names(registry.unmanaged(*BARE, within=TEAM)) == ["repository team/c", "repository team/d"]


def test_a_repository_with_images_is_a_conflict_unless_they_may_go(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.push_image("team/full", tag="a")
    cloud.emulator.seed(["team/old"])
    found = registry.unmanaged(*BARE, within=TEAM)
    with pytest.raises(ConflictError, match=r"! team/full repository: with 1 image\nteam/full: empty_on_delete=True"):
        registry.remove(found)
    assert cloud.emulator.exists("team/old")
    dry = registry_of(cloud, dry_run=True).remove(found, empty_on_delete=True)
    assert "- team/full repository: with all its images, 1 now" in str(dry)
    registry.remove(found, empty_on_delete=True)
    assert not registry.unmanaged(*BARE, within=TEAM)
    calls = cloud.calls.of("DeleteRepository")
    assert {call.params["repositoryName"]: call.params["force"] for call in calls} == {
        "team/full": True,
        "team/old": False,
    }


def test_what_specs_grant_stays_where_a_wildcard_goes(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").grant(Role("nodes"), "ecr:Batch*")
    registry.remove(registry.unmanaged(*FLEET, within=TEAM))
    assert set(allowed(cloud, "team/api")) == PULL
    assert inline(cloud, "role", "nodes")["*"] == {"ecr:GetAuthorizationToken"}


def test_what_was_found_elsewhere_is_refused(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    other = Registry(cloud.session("us-east-1"))
    cloud.calls.clear()
    for given in (found, found.repositories[0]):
        with pytest.raises(
            SpecError, match="found in account 123456789012, region eu-west-1, and the registry is that"
        ):
            other.remove(given)
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


def test_nothing_that_was_found_removes_nothing(cloud: Cloud) -> None:
    registry = bare(cloud)
    found = registry.unmanaged(*BARE, within=TEAM)
    cloud.calls.clear()
    assert not registry.remove(found)
    assert not cloud.calls.operations()


# Others


def recreate(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    ecr.delete_repository(repositoryName="team/old")
    ecr.create_repository(repositoryName="team/old", imageTagMutability="IMMUTABLE")


def mutability(cloud: Cloud) -> None:
    cloud.client("ecr").put_image_tag_mutability(repositoryName="team/old", imageTagMutability="IMMUTABLE")


CHANGED = r"! team/old repository: made anew, or its settings changed, since it was found\nteam/old: somebody uses it"


@pytest.mark.parametrize(
    ("act", "during"), [(recreate, True), (mutability, False)], ids=["made anew meanwhile", "changed before"]
)
def test_a_repository_that_somebody_changed_since_stays(
    cloud: Cloud, registry: Registry, act: Callable[[Cloud], None], during: bool
) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    if during:
        before(cloud, "GetQueueAttributes", lambda: act(cloud))  # it is planned, and read again before its deletion
    else:
        act(cloud)
    with pytest.raises(ConflictError, match=CHANGED):
        registry.remove(found, empty_on_delete=True)
    assert_old_works(cloud)


@pytest.mark.parametrize(
    ("at", "empty_on_delete"),
    [("", True), ("GetQueueAttributes", True), ("DeleteRepository", True), ("DeleteRepository", False)],
    ids=["before", "planned", "at last", "at last, without images"],
)
def test_a_repository_that_came_to_hold_images_since_stays_with_its_rule_and_its_grant(
    cloud: Cloud, registry: Registry, at: str, empty_on_delete: bool
) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    if at:
        before(cloud, at, lambda: cloud.push_image("team/old", tag="a"))
    else:
        cloud.push_image("team/old", tag="a")
    with pytest.raises(ClientError, match="RepositoryNotEmptyException") as caught:
        registry.remove(found, empty_on_delete=empty_on_delete)
    assert "it was empty when it was found: somebody uses it" in caught.value.__notes__[1]
    assert not vars(caught.value)["applied"]
    assert_old_works(cloud)


def assert_old_works(cloud: Cloud) -> None:
    """Nothing was taken from the repository, nor from those who use it."""
    assert cloud.emulator.exists("team/old")
    assert set(allowed(cloud)) == PULL
    assert OLD_RULE in rules(cloud)
    assert OLD_RULE in permitted(cloud)


def test_images_that_were_pushed_since_do_not_go_with_those_that_were_found(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.push_image("team/full", tag="a")
    found = registry.unmanaged(*BARE, within=TEAM)
    cloud.push_image("team/full", tag="b")
    with pytest.raises(ConflictError, match="! team/full repository: with 2 images -> with 1 image, as it was found"):
        registry.remove(found, empty_on_delete=True)
    assert cloud.emulator.exists("team/full")


def test_a_repository_that_somebody_removed_since_is_no_error(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    cloud.client("ecr").delete_repository(repositoryName="team/old")
    assert registry.remove(found)
    assert rules(cloud) == [name for name in rules(cloud) if name != OLD_RULE]
    assert not allowed(cloud)


def test_an_approved_removal_deletes_no_repository_that_came_to_hold_images(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    plan = registry_of(cloud, dry_run=True).remove(registry.unmanaged(*FLEET, within=TEAM))
    cloud.push_image("team/old", tag="a")
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        registry.apply(plan)
    assert_old_works(cloud)


def test_a_rule_that_somebody_changed_since_stays(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    events = cloud.client("events")
    described = events.describe_rule(Name=OLD_RULE)
    events.put_rule(Name=OLD_RULE, EventPattern=described["EventPattern"], Description="mine")
    plan = registry.remove(*found.rules)
    assert (bool(plan), plan.notes) == (False, (f"rule {OLD_RULE} stays: it was changed since it was found",))
    assert OLD_RULE in permitted(cloud)
    events.put_rule(Name=OLD_RULE, EventPattern=described["EventPattern"])
    events.tag_resource(ResourceARN=described["Arn"], Tags=[{"Key": "team", "Value": "x"}])
    assert not registry.remove(*found.rules)
    events.untag_resource(ResourceARN=described["Arn"], TagKeys=["team"])
    make_queue(cloud, "theirs")
    events.put_targets(Rule=OLD_RULE, Targets=[{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    assert not registry.remove(*found.rules)
    again = registry.unmanaged(*FLEET, within=TEAM)
    note = f"rule {OLD_RULE} stays: others put targets on it, sqs theirs"
    assert registry.remove(*again.rules).notes == (note,)
    assert [target["Id"] for target in events.list_targets_by_rule(Rule=OLD_RULE)["Targets"]] == ["theirs"]


def test_a_rule_that_somebody_changes_meanwhile_stays(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    cloud.emulator.seed(["team/other"])
    found = registry.unmanaged(*FLEET, within=TEAM)
    events = cloud.client("events")
    pattern = json.dumps({"source": ["aws.ecr"]})
    before(cloud, "SetQueueAttributes", lambda: events.put_rule(Name=OLD_RULE, EventPattern=pattern))
    registry.remove(found)
    assert OLD_RULE in rules(cloud)


def test_a_template_that_somebody_changed_since_stays(cloud: Cloud, registry: Registry) -> None:
    add_template(registry, "team/a")
    add_template(registry, "team/b")
    found = registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
    ecr = cloud.client("ecr")
    ecr.update_repository_creation_template(prefix="team/a", appliedFor=["REPLICATION"])
    plan = registry.remove(found)
    assert [change.what for change in plan] == ["team/b"]
    assert "creation templates: team/a stays: it was changed since it was found" in plan.notes
    assert [template.prefix for template in registry.creation_templates.describe()] == ["team/a"]


def test_a_grant_that_somebody_widened_or_edited_since_keeps_what_is_new(cloud: Cloud, registry: Registry) -> None:
    api = registry.repository("team/api")
    api.grant_push(Role("nodes"))
    api.grant_pull(User("ci"))
    found = registry.unmanaged(*FLEET, within=TEAM)
    api.grant_delete_images(Role("nodes"))
    document = cloud.client("iam").get_user_policy(UserName="ci", PolicyName="ecrops")["PolicyDocument"]
    for statement in document["Statement"]:
        statement["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
    text = json.dumps(document)
    cloud.client("iam").put_user_policy(UserName="ci", PolicyName="ecrops", PolicyDocument=text)
    registry.remove(found)
    assert not set(allowed(cloud, "team/api")) & (PUSH - PULL)
    assert "ecr:BatchDeleteImage" in allowed(cloud, "team/api")
    assert inline(cloud, "user", "ci")["team/api"] == PULL


def test_a_removal_whose_answer_is_lost_is_made_once(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    found = registry.unmanaged(*FLEET, within=TEAM)
    cloud.faults.on("reset_after", operation="DeleteRepository")
    cloud.faults.on("reset_after", operation="DeleteRule")
    registry.remove(found)
    assert not registry.unmanaged(*FLEET, within=TEAM)
    ecr: Any = cloud.client("ecr")
    with pytest.raises(ClientError):
        ecr.describe_repositories(repositoryNames=["team/old"])


def test_the_grant_of_a_repository_that_may_not_be_deleted_stays(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    registry.ensure(RepositorySpec("team/older", grants=[pull(Role("nodes"))]))
    found = registry.unmanaged(API, WEB, within=TEAM)
    cloud.faults.on(
        "denied",
        where=lambda call: call.operation == "DeleteRepository" and call.params["repositoryName"] == "team/old",
        times=None,
    )
    with pytest.raises(ApplyError) as caught:
        registry.remove(found)
    assert_old_works(cloud)
    assert {change.owner for change in caught.value.applied} == {"team/older", "role nodes"}
    assert not allowed(cloud, "team/older")
