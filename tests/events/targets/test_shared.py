"""One permission for all rules with names that ecrops makes, where the user says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

from ..support import arn, bodies, make_function, make_queue, pushed, queue_policy
from .support import QUEUE

SHARED = arn("events", "rule/ecrops-*")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    make_queue(memory_cloud)
    return memory_cloud


def specs(target: str | Target, count: int = 3) -> list[RepositorySpec]:
    return [RepositorySpec(f"b/{number:03}", events=[on_image_pushed(target=target)]) for number in range(count)]


def sources(cloud: Cloud) -> list[str]:
    policy = json.loads(cloud.client("lambda").get_policy(FunctionName="work")["Policy"])
    return [statement["Condition"]["ArnLike"]["AWS:SourceArn"] for statement in policy["Statement"]]


def test_a_function_has_one_permission_for_more_rules_than_it_has_room_for(cloud: Cloud) -> None:
    function = make_function(cloud)
    registry, target = registry_of(cloud), Target(function, authorize="shared")
    assert registry.ensure(*specs(target, 90))
    assert sources(cloud) == [SHARED]
    assert len(cloud.calls.of("AddPermission")) == 1
    assert not registry.ensure(*specs(target, 90))
    cloud.emulator.events.emit(pushed("b/089"))
    assert len(cloud.emulator.events.invoked(function)) == 1


def test_a_queue_has_one_entry_for_all_rules(cloud: Cloud) -> None:
    registry, target = registry_of(cloud), Target(QUEUE, authorize="shared")
    assert registry.ensure(*specs(target, 150))
    [statement] = queue_policy(cloud)
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [SHARED]
    assert not registry.ensure(*specs(target, 150))
    cloud.emulator.events.emit(pushed("b/149"))
    assert len(bodies(cloud)) == 1


def test_a_topic_has_one_statement_for_all_rules(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    before = len(_statements(sns, topic))
    registry, target = registry_of(cloud), Target(topic, authorize="shared")
    assert registry.ensure(*specs(target))
    assert len(_statements(sns, topic)) == before + 1
    assert not registry.ensure(*specs(target))


def _statements(sns: Any, topic: str) -> list[Any]:
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    return list(policy["Statement"])


def permitted(cloud: Cloud) -> list[str]:
    [statement] = queue_policy(cloud)
    return list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])


def test_permissions_of_single_rules_become_the_shared_one_which_stays(cloud: Cloud) -> None:
    function = make_function(cloud)
    registry = registry_of(cloud)
    for target, arns in ((function, sources), (QUEUE, permitted)):
        registry.ensure(*specs(target))
        assert len(arns(cloud)) == 3
        registry.ensure(*specs(Target(target, authorize="shared")))
        assert arns(cloud) == [SHARED]
        assert not registry.ensure(*specs(target)), "each rule is let in already"
        registry.ensure(*(RepositorySpec(f"b/{number:03}", events=[]) for number in range(3)))
        assert arns(cloud) == [SHARED]


def test_a_rule_with_another_name_and_a_log_group_are_authorised_as_ever(cloud: Cloud) -> None:
    function = make_function(cloud)
    registry_of(cloud).on_image_pushed("pushes", target=Target(function, authorize="shared"))
    assert sources(cloud) == [arn("events", "rule/pushes")]
    group = arn("logs", "log-group:/g")
    cloud.client("logs").create_log_group(logGroupName="/g")
    registry_of(cloud).on_image_pushed(target=Target(group, authorize="shared"))
    [policy] = cloud.client("logs").describe_resource_policies()["resourcePolicies"]
    assert f"{group}:*" in policy["policyDocument"]
    assert not cloud.calls.of("ListRuleNamesByTarget"), "nothing is to be taken away"


def test_a_test_event_goes_through_the_shared_permission(cloud: Cloud) -> None:
    registry: Registry = registry_of(cloud)
    registry.on_image_pushed(repositories="team/api", target=Target(QUEUE, authorize="shared"))
    [rule] = registry.rules()
    assert rule.send_test_event()
    assert permitted(cloud) == [SHARED]


def test_the_option_survives_json_and_is_checked() -> None:
    target = Target(QUEUE, authorize="shared")
    assert Target.from_dict(target.to_dict()) == target
    with pytest.raises(SpecError, match="authorize: expected True or False, or 'shared', got 'share'"):
        Target(QUEUE, authorize="share")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="LATEST"):
        Target(arn("lambda", "function:work:$LATEST"), authorize="shared")


@pytest.mark.parametrize("kind", ["sqs", "sns", "lambda"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_plan_says_that_the_permission_is_that_of_every_rule(cloud: Cloud, kind: str, count: int) -> None:
    topic = cloud.client("sns").create_topic(Name="news")["TopicArn"]
    target = {"sqs": QUEUE, "sns": topic, "lambda": make_function(cloud)}[kind]
    plan = registry_of(cloud, dry_run=True).ensure(*specs(Target(target, authorize="shared"), count))
    [change] = [change for change in plan if change.owner == target]
    assert change.after == "every rule ecrops-*"
    assert "every rule ecrops-*" in str(plan)


def test_the_plan_says_which_rules_have_permissions_of_their_own(cloud: Cloud) -> None:
    registry, rules = registry_of(cloud, dry_run=True), ["rule one", "rule two"]
    specified = [
        on_image_pushed(name.removeprefix("rule "), target=Target(QUEUE, authorize="shared")) for name in rules
    ]
    plan = registry.ensure(RepositorySpec("b/a", events=[*specified, on_image_pushed(target=QUEUE, image_tags=["v1"])]))
    [change] = [change for change in plan if change.owner == QUEUE]
    own = [name for name in change.after.split(", ") if name not in rules]
    assert len(own) == 1
    assert own[0].startswith("rule ecrops-")
