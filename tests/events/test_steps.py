"""The order of changes: a rule that works loses no event when a step fails, and nothing is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, Registry, RepositorySpec, RetryPolicy, SpecError
from ecrops.events import Target, on_image_deleted, on_image_pushed
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .support import arn, bodies, make_function, make_places, make_queue, make_role, pushed, queue_policy, rule_names

OLD, NEW = arn("sqs", "old"), arn("sqs", "new")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """A registry with two queues to send to, one of which a rule sends to."""
    make_queue(cloud, "old")
    make_queue(cloud, "new")
    registry = registry_of(cloud)
    registry.ensure(spec(OLD))
    cloud.calls.clear()
    return registry


def spec(*targets: Target | str, name: str = "team/api") -> RepositorySpec:
    return RepositorySpec(name, events=[on_image_pushed(f"pushes-{name[-3:]}", targets=targets)])


def sources(cloud: Cloud, name: str) -> list[str]:
    found = [each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in queue_policy(cloud, name)]
    return [source.rpartition("-")[2] for each in found for source in each]


def test_targets_are_put_let_in_shut_out_and_removed_in_this_order(cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(spec(NEW))
    assert [(change.operation, change.owner.rpartition(":")[2]) for change in plan] == [
        ("PutTargets", "rule pushes-api"),
        ("SetQueueAttributes", "new"),
        ("SetQueueAttributes", "old"),
        ("RemoveTargets", "rule pushes-api"),
    ]
    registry.apply(plan)
    assert cloud.calls.writes() == ["PutTargets", "SetQueueAttributes", "SetQueueAttributes", "RemoveTargets"]
    cloud.calls.clear()
    registry.ensure(RepositorySpec("team/api", events=[]))
    assert cloud.calls.writes() == ["SetQueueAttributes", "RemoveTargets", "DeleteRule"]


@pytest.mark.parametrize("step", range(4))
def test_whichever_step_is_denied_no_event_is_lost_and_the_next_run_does_the_rest(
    cloud: Cloud, registry: Registry, step: int
) -> None:
    writes = ("SetQueueAttributes", "PutTargets", "RemoveTargets")
    cloud.faults.on("denied", where=lambda call: call.operation in writes, skip=step)
    with pytest.raises(ApplyError, match="could not be finished"):
        registry.ensure(spec(NEW))
    cloud.emulator.events.emit(pushed())
    assert bodies(cloud, "old") + bodies(cloud, "new") != []
    registry.ensure(spec(NEW))
    cloud.emulator.events.emit(pushed())
    assert len(bodies(cloud, "new")) == 1
    assert bodies(cloud, "old") == []
    assert (sources(cloud, "old"), sources(cloud, "new")) == ([], ["api"])
    assert [target["Arn"] for target in registry.rule("pushes-api").targets()] == [NEW]


@pytest.mark.parametrize("step", range(3))
def test_whichever_step_of_a_removal_is_denied_the_next_run_leaves_nothing(
    cloud: Cloud, registry: Registry, step: int
) -> None:
    writes = ("SetQueueAttributes", "RemoveTargets", "DeleteRule")
    cloud.faults.on("denied", where=lambda call: call.operation in writes, skip=step)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.rule("pushes-api").remove()
    registry.rule("pushes-api").remove()
    assert rule_names(cloud.client("events")) == []
    assert queue_policy(cloud, "old") == []


@pytest.mark.parametrize("operation", ["PutRule", "PutTargets", "SetQueueAttributes"])
def test_what_a_failed_set_up_has_done_can_be_removed(cloud: Cloud, registry: Registry, operation: str) -> None:
    cloud.faults.on("denied", operation=operation, times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.repository("team/web").on_image_pushed("web", targets=[OLD, NEW])
    cloud.faults.clear()
    registry.rule("web").remove()
    assert rule_names(cloud.client("events")) == ["pushes-api"]
    assert (sources(cloud, "old"), sources(cloud, "new")) == (["api"], [])


def test_a_target_that_eventbridge_refuses_is_let_in_nowhere(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.events.refuse("bad")
    with pytest.raises(ClientError, match="bad was refused"):
        registry.repository("team/web").on_image_pushed("web", target=Target(NEW, id="bad"))
    assert sources(cloud, "new") == []


def test_a_bus_that_is_not_there_is_said_before_anything_lets_it_in(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        registry.repository("team/web").on_image_pushed("web", target=NEW, bus="missing")
    assert sources(cloud, "new") == []


@pytest.mark.parametrize("step", range(3))
def test_a_target_that_is_changed_in_place_is_let_in_before(cloud: Cloud, registry: Registry, step: int) -> None:
    registry.ensure(spec(Target(OLD, id="mine")))
    cloud.calls.clear()
    writes = ("SetQueueAttributes", "PutTargets")
    cloud.faults.on("denied", where=lambda call: call.operation in writes, skip=step)
    with pytest.raises(ApplyError):
        registry.ensure(spec(Target(NEW, id="mine")))
    cloud.emulator.events.emit(pushed())
    assert len(bodies(cloud, "old") + bodies(cloud, "new")) == 1
    registry.ensure(spec(Target(NEW, id="mine")))
    assert sources(cloud, "new") == ["api"]


def test_two_targets_of_one_queue_of_which_ecrops_authorises_one(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(spec(Target(NEW, id="a"), Target(NEW, id="b", authorize=False)))
    rule = registry.rule("pushes-api")
    rule.remove_target("a")
    assert sources(cloud, "new") == []
    assert [target["Id"] for target in rule.targets()] == ["b"]


def test_a_rule_on_another_bus_does_not_take_a_log_group_from_one_here(cloud: Cloud, registry: Registry) -> None:
    group, logs = arn("logs", "log-group:/g"), cloud.client("logs")
    logs.create_log_group(logGroupName="/g")
    cloud.client("events").create_event_bus(Name="other")
    repo = registry.repository("team/api")
    repo.on_image_pushed("here", target=group)
    repo.on_image_pushed("there", target=group, bus="other")
    registry.rule("there", "other").remove()
    assert len(logs.describe_resource_policies()["resourcePolicies"]) == 1
    registry.rule("here").remove()
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_more_rules_than_a_queue_or_a_topic_has_room_for_are_refused_before_anything_is_written(
    cloud: Cloud, registry: Registry
) -> None:
    cloud.client("sns").create_topic(Name="news")
    for target, count in ((NEW, 110), (arn("sns", "news"), 101)):
        fleet = [RepositorySpec(f"team/r{n:03}", events=[on_image_pushed(target=target)]) for n in range(count)]
        with pytest.raises(SpecError, match=r"its policy has at most .*: one rule of registry"):
            registry.ensure(*fleet)
    assert cloud.calls.writes() == []


def test_a_rule_that_goes_while_it_is_given_a_target_is_said_at_once(cloud: Cloud, registry: Registry) -> None:
    rule = registry.rule("pushes-api")
    plan = registry_of(cloud, dry_run=True).rule("pushes-api").add_target(NEW)
    rule.remove()
    cloud.calls.clear()
    with pytest.raises(ConflictError, match="there is no such rule any more"):
        registry.apply(plan)
    assert cloud.calls.writes() == []
    assert sources(cloud, "new") == []


@pytest.mark.parametrize("moment", ["after-call.events.ListTargetsByRule", "before-call.events.DeleteRule"])
def test_a_target_that_is_put_while_its_rule_goes_goes_too(cloud: Cloud, registry: Registry, moment: str) -> None:
    theirs = iter([{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    session = cloud.session(own=True)

    def meanwhile(**_: Any) -> None:
        for target in theirs:
            cloud.client("events").put_targets(Rule="pushes-api", Targets=[target])

    session.events.register(moment, meanwhile)
    Registry(session, retry=AT_ONCE).rule("pushes-api").remove()
    assert rule_names(cloud.client("events")) == []


def test_a_plan_names_the_rules_that_a_policy_gains_and_no_others(cloud: Cloud, registry: Registry) -> None:
    plan = registry.plan(spec(OLD), spec(OLD, name="team/web"))
    assert [change.difference for change in plan if change.operation == "SetQueueAttributes"] == ["rule pushes-web"]


def test_a_plan_says_a_description_that_changes(registry: Registry) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("described", description="old")
    [change] = repo.on_image_pushed("described", description="new")
    said = "ECR Image Action of team/api (action-type PUSH), enabled"
    assert change.difference == f"{said}, 'old' -> {said}, 'new'"
    repo.on_image_pushed("plain")
    [change] = repo.on_image_pushed("plain", description="new")
    assert change.difference == f"{said} -> {said}, 'new'"


def test_a_policy_that_gains_one_rule_and_loses_another_is_written_before_and_after(
    cloud: Cloud, registry: Registry
) -> None:
    registry.ensure(spec(NEW, name="team/web"))
    cloud.calls.clear()
    registry.ensure(spec(NEW), spec(OLD, name="team/web"))
    assert (sources(cloud, "old"), sources(cloud, "new")) == (["web"], ["api"])
    assert len(cloud.calls.of("SetQueueAttributes")) == 4


def test_a_rule_without_room_for_old_and_new_targets_is_emptied_first(cloud: Cloud, registry: Registry) -> None:
    function, role = make_function(cloud), make_role(cloud)
    streams = [Target(arn("kinesis", f"stream/s{number}"), role_arn=role) for number in range(3)]
    make_places(cloud, *(stream.arn for stream in streams))
    registry.ensure(spec(OLD, *streams))
    cloud.calls.clear()
    registry.ensure(spec(NEW, function))
    steps = cloud.calls.writes()
    assert steps[:3] == ["SetQueueAttributes", "RemoveTargets", "PutTargets"]
    assert sorted(steps[3:]) == ["AddPermission", "SetQueueAttributes"]
    assert (sources(cloud, "old"), sources(cloud, "new")) == ([], ["api"])


def test_a_rule_that_fails_does_not_keep_others_from_leaving_its_queue(cloud: Cloud, registry: Registry) -> None:
    names = ("team/api", "team/web", "team/job")
    registry.ensure(*[spec(OLD, name=name) for name in names])
    cloud.emulator.events.refuse("bad")
    wanted = [spec(Target(NEW, id="bad" if name == "team/web" else None), name=name) for name in names]
    with pytest.raises(ApplyError, match="2 could not be finished") as caught:
        registry.ensure(*wanted)
    assert len(caught.value.exceptions) == 1
    assert sources(cloud, "old") == ["web"]
    targets = {name[-3:]: [each["Arn"] for each in registry.rule(f"pushes-{name[-3:]}").targets()] for name in names}
    assert targets == {"api": [NEW], "web": [OLD], "job": [NEW]}
    cloud.emulator.events.refuse("bad", times=0)
    registry.ensure(*wanted)
    assert sources(cloud, "old") == []
    assert not registry.ensure(*wanted)


def test_log_groups_are_let_in_before_others_are_shut_out(cloud: Cloud, registry: Registry) -> None:
    one, two = arn("logs", "log-group:/one"), arn("logs", "log-group:/two")
    make_places(cloud, one, two)
    repo = registry.repository("team/api")
    repo.on_image_deleted("deletions", target=one)
    cloud.calls.clear()
    registry.ensure(RepositorySpec("team/api", events=[on_image_deleted("deletions", target=two)]))
    puts = [call.params["policyDocument"] for call in cloud.calls.of("PutResourcePolicy")]
    assert [("/one:*" in text, "/two:*" in text) for text in puts] == [(True, True), (False, True)]


def test_two_rules_that_swap_their_log_groups_keep_both_let_in(cloud: Cloud, registry: Registry) -> None:
    one, two = arn("logs", "log-group:/one"), arn("logs", "log-group:/two")
    make_places(cloud, one, two)

    def ensure(pushes: str, deletions: str) -> None:
        events = [on_image_pushed("a", target=pushes), on_image_deleted("b", target=deletions)]
        registry.ensure(RepositorySpec("team/api", events=events))

    ensure(one, two)
    cloud.calls.clear()
    ensure(two, one)
    assert not [name for name in cloud.calls.writes() if name.endswith("ResourcePolicy")]
    [policy] = cloud.client("logs").describe_resource_policies()["resourcePolicies"]
    assert "/one:*" in policy["policyDocument"]
    assert "/two:*" in policy["policyDocument"]


def test_a_log_group_that_another_run_gives_up_meanwhile_is_let_in_again(cloud: Cloud, registry: Registry) -> None:
    group, logs = arn("logs", "log-group:/g"), cloud.client("logs")
    make_places(cloud, group)
    registry.repository("team/api").on_image_deleted("a", target=group)

    def give_up(seconds: float) -> None:
        if logs.describe_resource_policies()["resourcePolicies"] and not cloud.calls.of("PutResourcePolicy")[1:]:
            logs.delete_resource_policy(policyName="ecrops-events")

    slow = registry_of(cloud, retry=RetryPolicy(sleep=give_up))
    slow.repository("team/api").on_image_deleted("b", image_tags=["v1"], target=group)
    assert logs.describe_resource_policies()["resourcePolicies"]


def test_a_plan_that_was_approved_leaves_a_rule_disabled_that_was_disabled_since(
    cloud: Cloud, registry: Registry
) -> None:
    repo = registry_of(cloud, dry_run=True).repository("team/api")
    plan = repo.on_image_pushed("pushes-api", description="new")
    registry.rule("pushes-api").disable()
    registry.apply(plan)
    described = registry.rule("pushes-api").describe()
    assert (described["State"], described["Description"]) == ("DISABLED", "new")


def test_a_test_whose_set_up_fails_leaves_nothing(cloud: Cloud, registry: Registry) -> None:
    function = make_function(cloud)
    cloud.client("sns").create_topic(Name="news")
    topic = arn("sns", "news")
    cloud.client("logs").create_log_group(logGroupName="/g")
    targets = [OLD, function, topic, arn("logs", "log-group:/g")]
    registry.ensure(spec(*targets))

    def picture() -> tuple[Any, ...]:
        functions, sns, logs = cloud.client("lambda"), cloud.client("sns"), cloud.client("logs")
        policy = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        groups = [each["policyDocument"] for each in logs.describe_resource_policies()["resourcePolicies"]]
        queues = sorted(cloud.client("sqs").list_queues()["QueueUrls"])
        return functions.get_policy(FunctionName="work")["Policy"], policy, groups, queues, sources(cloud, "old")

    before = picture()
    for operation in ("PutRule", "PutTargets"):
        cloud.faults.on("denied", operation=operation, times=None)
        with pytest.raises(ApplyError):
            registry.rule("pushes-api").send_test_event()
        cloud.faults.clear()
        assert picture() == before
        assert rule_names(cloud.client("events")) == ["pushes-api"]
