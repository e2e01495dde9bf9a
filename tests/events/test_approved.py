"""Plans of rules that are approved and applied later: what became somebody else's meanwhile stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from ecrops import ApplyError, ConflictError, Registry, RepositorySpec, RetryPolicy
from ecrops.engine.plan import Plan
from ecrops.events import on_image_pushed, prefix
from ecrops.testing import Client, Cloud
from support import AT_ONCE, registry_of

from .support import arn, bodies, pushed, queue_policy, rule_names

QUEUE = arn("sqs", "pushes")
SPEC = RepositorySpec("team/api", events=[on_image_pushed("pushed", target=QUEUE)])
NONE = RepositorySpec("team/api", events=[])
THEIRS = '{"source": ["theirs"]}'


def refused(registry: Registry, plan: Plan) -> str:
    """What applying a plan says that is refused."""
    with pytest.raises((ApplyError, ConflictError)) as caught:
        registry.apply(plan)
    if isinstance(caught.value, ApplyError):
        assert [type(error) for error in caught.value.exceptions] == [ConflictError]
        return str(caught.value.exceptions[0])
    return str(caught.value)


def test_a_rule_that_somebody_made_since_is_theirs(cloud: Cloud, registry: Registry, events: Client) -> None:
    plan = registry.plan(SPEC)
    events.put_rule(Name="pushed", EventPattern=THEIRS, Description="mine", State="DISABLED")
    before = events.describe_rule(Name="pushed")
    assert "not made by ecrops" in refused(registry, plan)
    assert {**events.describe_rule(Name="pushed"), "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}
    assert events.list_targets_by_rule(Rule="pushed")["Targets"] == []
    assert queue_policy(cloud) == []


def test_a_rule_that_another_repository_has_made_since_is_its(registry: Registry, events: Client) -> None:
    plan = registry.plan(SPEC)
    registry.repository("team/web").on_image_pushed("pushed")
    assert "is the rule of team/web" in refused(registry, plan)
    assert "team/web" in events.describe_rule(Name="pushed")["EventPattern"]


def test_what_was_made_and_disabled_since_stays_disabled(cloud: Cloud, registry: Registry, events: Client) -> None:
    plan = registry.plan(SPEC)
    registry.apply(plan)
    registry.rule("pushed").disable()
    cloud.calls.clear()
    assert not registry.apply(plan)
    assert cloud.calls.writes() == ["CreateRepository"], "which ECR refuses, for it is there"
    assert events.describe_rule(Name="pushed")["State"] == "DISABLED"


@pytest.mark.parametrize("targets", [[], [QUEUE]])
def test_a_rule_that_became_a_fleets_since_is_not_removed(
    cloud: Cloud, registry: Registry, events: Client, targets: list[str]
) -> None:
    registry.repository("team/api").on_image_pushed("pushed", targets=targets)
    plan = registry.plan(NONE)
    registry.on_image_pushed("pushed", repositories=prefix("team/"), targets=targets)
    assert "is the rule of several repositories" in refused(registry, plan)
    assert rule_names(events) == ["pushed"]
    cloud.emulator.events.emit(pushed("team/web"))
    assert len(bodies(cloud)) == len(targets)


def test_a_rule_that_ecrops_knows_no_more_is_not_removed(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushed")
    plan = registry.plan(NONE)
    events.untag_resource(ResourceARN=arn("events", "rule/pushed"), TagKeys=["ecrops:repository"])
    assert "not made by ecrops" in refused(registry, plan)
    assert rule_names(events) == ["pushed"]


def test_a_rule_that_was_made_anew_for_another_repository_is_not_removed(
    cloud: Cloud, registry: Registry, events: Client
) -> None:
    registry.repository("team/api").on_image_pushed("pushed", target=QUEUE)
    plan = registry_of(cloud, dry_run=True).rule("pushed").remove()
    registry.rule("pushed").remove()
    registry.repository("team/web").on_image_pushed("pushed", target=QUEUE)
    assert "the plan did not say this: plan again" in refused(registry, plan)
    assert "team/web" in events.describe_rule(Name="pushed")["EventPattern"]
    assert queue_policy(cloud)


def test_a_target_that_was_put_since_is_not_removed(cloud: Cloud, registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushed", target=QUEUE)
    plan = registry_of(cloud, dry_run=True).rule("pushed").remove()
    events.put_targets(Rule="pushed", Targets=[{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    assert "the plan did not say this: plan again" in refused(registry, plan)
    assert [each["Arn"] for each in registry.rule("pushed").targets()] == [QUEUE, arn("sqs", "theirs")]


def test_a_rule_that_is_gone_since_is_nothing_to_remove(cloud: Cloud, registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushed")
    plan = registry.plan(NONE)
    registry.rule("pushed").remove()
    cloud.calls.clear()
    assert [str(change) for change in registry.apply(plan)] == ["+ team/api repository"]
    assert cloud.calls.writes() == ["CreateRepository"]


def test_a_rule_is_read_again_right_before_it_is_made_and_no_more_often(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("team/api"))
    cloud.calls.clear()
    registry.ensure(SPEC)
    reads: Any = cloud.calls.operations()
    assert reads.count("ListRules") == 1
    assert reads.count("DescribeRule") == 1


def meanwhile(cloud: Cloud, operation: str) -> Registry:
    """A registry right before whose first call of an operation somebody else removes the rule."""
    session, others = cloud.session(own=True), iter([registry_of(cloud)])

    def remove(**_: Any) -> Any:
        for other in others:
            other.rule("pushed").remove()
            error = {"Code": "ResourceNotFoundException", "Message": "Rule pushed does not exist on EventBus default."}
            return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error}
        return None

    session.events.register(f"before-call.events.{operation}", remove)
    return Registry(session, retry=AT_ONCE)


def test_a_rule_that_goes_right_before_it_is_tagged_is_made_again(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(SPEC)
    meanwhile(cloud, "TagResource").repository("team/api").on_image_pushed("pushed", tags={"team": "web"})
    tags = cloud.client("events").list_tags_for_resource(ResourceARN=arn("events", "rule/pushed"))["Tags"]
    assert {"Key": "team", "Value": "web"} in tags


@pytest.mark.parametrize("operation", ["RemoveTargets", "DeleteRule"])
def test_a_rule_that_goes_while_it_is_removed_is_gone(
    cloud: Cloud, registry: Registry, events: Client, operation: str
) -> None:
    registry.ensure(SPEC)
    assert meanwhile(cloud, operation).rule("pushed").remove()
    assert rule_names(events) == []


def test_a_rule_that_others_make_anew_while_ours_waits_for_its_tags_gets_none(
    cloud: Cloud, registry: Registry, events: Client
) -> None:
    registry.ensure(SPEC)

    def make_anew(seconds: float) -> None:
        registry.rule("pushed").remove()
        events.put_rule(Name="pushed", EventPattern=THEIRS)

    cloud.faults.on("throttle", operation="TagResource")
    slow = registry_of(cloud, retry=RetryPolicy(sleep=make_anew))
    with pytest.raises(ConflictError, match="not made by ecrops"):
        slow.repository("team/api").on_image_pushed("pushed", tags={"team": "web"})
    assert events.list_tags_for_resource(ResourceARN=arn("events", "rule/pushed"))["Tags"] == []
