"""Who made a rule or a target: a copied tag claims nothing, and what others made is neither changed nor removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import ConflictError, Registry, RepositorySpec
from ecrops.engine.plan import Plan
from ecrops.events import Target, on_image_deleted, on_image_pushed
from ecrops.testing import Client, Cloud

from .support import arn, make_queue, queue_policy, rule_names

QUEUE, DEAD = arn("sqs", "pushes"), arn("sqs", "dead")
PUSHED = on_image_pushed("pushed", target=QUEUE)


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def ensure(registry: Registry, *events: Any) -> Plan:
    return registry.ensure(RepositorySpec("team/api", events=events))


def tags(events: Client, name: str) -> dict[str, str]:
    found = events.list_tags_for_resource(ResourceARN=arn("events", f"rule/{name}"))["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def copy(events: Client, name: str, to: str, *but: str) -> None:
    """Make a rule by hand with the pattern and the tags of another one, as the console's "duplicate" does."""
    copied = [{"Key": key, "Value": value} for key, value in tags(events, name).items() if key not in but]
    events.put_rule(Name=to, EventPattern=events.describe_rule(Name=name)["EventPattern"], Tags=copied)


# Rules with copied tags


@pytest.mark.parametrize("but", [(), ("ecrops:rule",)], ids=["all tags", "the tag of an earlier ecrops"])
def test_a_rule_that_was_copied_with_its_tags_stays(
    cloud: Cloud, registry: Registry, events: Client, but: tuple[str, ...]
) -> None:
    ensure(registry, PUSHED)
    copy(events, "pushed", "prod-alarm", *but)
    for wanted in ([PUSHED], []):
        plan = ensure(registry, *wanted)
        [note] = plan.notes
        assert note.startswith("rule prod-alarm stays: it has ecrops's tag of team/api")
        assert "registry.rule('prod-alarm').remove() removes it" in note
    assert rule_names(events) == ["prod-alarm"]
    cloud.client("events").untag_resource(ResourceARN=arn("events", "rule/prod-alarm"), TagKeys=["ecrops:repository"])
    assert ensure(registry).notes == ()


def test_a_rule_that_was_copied_is_not_changed_under_its_name(cloud: Cloud, registry: Registry, events: Client) -> None:
    ensure(registry, PUSHED)
    copy(events, "pushed", "prod-alarm")
    cloud.calls.clear()
    with pytest.raises(ConflictError, match=r"not made by ecrops.*registry\.rule\('prod-alarm'\)\.remove\(\)"):
        ensure(registry, PUSHED, on_image_deleted("prod-alarm", target=QUEUE))
    assert cloud.calls.writes() == []
    assert [rule.name for rule in registry.rules()] == ["pushed"]


def test_the_same_name_on_another_bus_is_another_rule(registry: Registry, events: Client) -> None:
    events.create_event_bus(Name="bus")
    registry.repository("team/api").on_image_pushed("pushed")
    marker = tags(events, "pushed")["ecrops:rule"]
    copied = [{"Key": key, "Value": value} for key, value in tags(events, "pushed").items()]
    pattern = events.describe_rule(Name="pushed")["EventPattern"]
    events.put_rule(Name="pushed", EventBusName="bus", EventPattern=pattern, Tags=copied)
    assert tags(events, "bus/pushed")["ecrops:rule"] == marker
    assert registry.rules("bus") == []


# Rules of an earlier ecrops


def forget(events: Client, name: str) -> None:
    """Leave the tags that an earlier ecrops wrote."""
    events.untag_resource(ResourceARN=arn("events", f"rule/{name}"), TagKeys=["ecrops:rule"])


def test_a_rule_of_an_earlier_ecrops_with_a_name_that_ecrops_gives_is_ours(registry: Registry, events: Client) -> None:
    unnamed = on_image_pushed(target=QUEUE)
    ensure(registry, unnamed)
    [name] = rule_names(events)
    forget(events, name)
    plan = ensure(registry, unnamed)
    assert [change.operation for change in plan] == ["TagResource"]
    assert plan.notes == ()
    assert not ensure(registry, unnamed)
    forget(events, name)
    assert [change.operation for change in ensure(registry)][-1] == "DeleteRule"


def test_a_rule_of_an_earlier_ecrops_with_a_name_of_its_user_is_adopted_and_ours_from_then_on(
    registry: Registry, events: Client
) -> None:
    ensure(registry, PUSHED)
    forget(events, "pushed")
    assert "earlier ecrops" in ensure(registry).notes[0]
    assert rule_names(events) == ["pushed"]
    assert [rule.name for rule in registry.rules()] == ["pushed"]
    changed = on_image_pushed("pushed", target=QUEUE, image_tags=["v1"])
    plan = ensure(registry, changed)
    assert [change.operation for change in plan] == ["TagResource", "PutRule"]
    assert plan.notes == (
        "rule pushed has ecrops's tag without the fingerprint that tells a copied tag, as if an earlier ecrops made "
        "it: it is one of ecrops's rules now",
    )
    assert not ensure(registry, changed).notes
    assert ensure(registry)
    assert rule_names(events) == []


# Adopted rules


@pytest.fixture
def adopted(cloud: Cloud, registry: Registry, events: Client) -> Registry:
    """A registry that has adopted a rule that was made by hand, with a target of its own."""
    ensure(registry, on_image_pushed("pushed"))
    pattern = events.describe_rule(Name="pushed")["EventPattern"]
    registry.rule("pushed").remove()
    events.put_rule(Name="pushed", EventPattern=pattern)
    events.put_targets(Rule="pushed", Targets=[{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    plan = ensure(registry, PUSHED)
    assert [change.operation for change in plan] == ["TagResource", "PutTargets", "SetQueueAttributes"]
    assert plan.notes == (
        "rule pushed was there as it is wanted, though ecrops did not make it: ecrops puts targets on it, and never "
        "changes or removes it",
    )
    return registry


def test_a_rule_that_is_adopted_is_never_removed_and_loses_our_targets(
    cloud: Cloud, adopted: Registry, events: Client
) -> None:
    assert not ensure(adopted, PUSHED).notes
    assert [rule.name for rule in adopted.rules()] == ["pushed"]
    plan = ensure(adopted)
    assert plan.notes == ("rule pushed stays: ecrops did not make it",)
    assert [change.operation for change in plan] == ["SetQueueAttributes", "RemoveTargets"]
    assert [target["Id"] for target in adopted.rule("pushed").targets()] == ["theirs"]
    assert queue_policy(cloud) == []
    assert rule_names(events) == ["pushed"]


def test_a_rule_that_is_adopted_stays_without_a_target_too(adopted: Registry, events: Client) -> None:
    adopted.rule("pushed").remove_target("theirs")
    ensure(adopted)
    assert adopted.rule("pushed").targets() == []
    assert rule_names(events) == ["pushed"]


def test_a_rule_that_is_adopted_is_not_changed(cloud: Cloud, adopted: Registry) -> None:
    cloud.calls.clear()
    with pytest.raises(ConflictError, match="rule pushed is not made by ecrops"):
        ensure(adopted, on_image_pushed("pushed", target=QUEUE, image_tags=["v1"]))
    assert cloud.calls.writes() == []


def test_a_copy_of_a_rule_that_is_adopted_is_not_one(adopted: Registry, events: Client) -> None:
    copy(events, "pushed", "copied")
    assert [rule.name for rule in adopted.rules()] == ["pushed"]
    assert ensure(adopted, PUSHED).notes[0].startswith("rule copied stays")


# Targets of others


def put(events: Client, **target: Any) -> None:
    events.put_targets(Rule="pushed", Targets=[target])


@pytest.mark.parametrize(
    "theirs",
    [{"Arn": arn("sqs", "theirs")}, {"Arn": QUEUE, "Input": '"theirs"'}, {"Arn": QUEUE, "InputPath": "$.detail"}],
    ids=str,
)
def test_a_target_of_others_under_our_id_is_a_conflict(
    cloud: Cloud, registry: Registry, events: Client, theirs: dict[str, str]
) -> None:
    ensure(registry, on_image_pushed("pushed"))
    put(events, Id="Target0", **theirs)
    cloud.calls.clear()
    ours = Target(QUEUE, id="Target0", input={"x": "ours"})
    verbs: list[Callable[[], Plan]] = [
        lambda: ensure(registry, on_image_pushed("pushed", target=ours)),
        lambda: registry.repository("team/api").on_image_pushed("pushed", target=ours),
        lambda: registry.rule("pushed").add_target(ours),
    ]
    for verb in verbs:
        with pytest.raises(ConflictError, match=r"remove that one first with .*\.remove_target\('Target0'\)"):
            verb()
    assert cloud.calls.writes() == []
    registry.rule("pushed").remove_target("Target0")
    assert registry.rule("pushed").add_target(ours)
    assert registry.rule("pushed").add_target(Target(QUEUE, id="Target0", input={"x": "changed"})), "it is ours now"


def test_a_target_of_others_that_is_as_it_is_wanted_stays_theirs(
    cloud: Cloud, registry: Registry, events: Client
) -> None:
    ensure(registry, on_image_pushed("pushed"))
    put(events, Id="Target0", Arn=QUEUE, InputPath="$.detail")
    wanted = on_image_pushed("pushed", target=Target(QUEUE, id="Target0"))
    assert "PutTargets" not in [change.operation for change in ensure(registry, wanted)]
    assert not ensure(registry, wanted)
    ensure(registry, on_image_pushed("pushed"))
    assert [target["Id"] for target in registry.rule("pushed").targets()] == ["Target0"]


# What a target leaves out


@pytest.mark.parametrize(
    "by_hand",
    [
        {"DeadLetterConfig": {"Arn": DEAD}},
        {"RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}},
        {"InputPath": "$.detail"},
        {"RoleArn": "arn:aws:iam::123456789012:role/events"},
    ],
    ids=str,
)
def test_what_a_target_leaves_out_stays(
    cloud: Cloud, registry: Registry, events: Client, by_hand: dict[str, Any]
) -> None:
    ensure(registry, PUSHED)
    [target] = registry.rule("pushed").targets()
    put(events, **{**target, **by_hand})
    cloud.calls.clear()
    assert not ensure(registry, PUSHED)
    assert not registry.rule("pushed").add_target(QUEUE)
    assert cloud.calls.writes() == []
    more = on_image_pushed("pushed", target=Target(QUEUE, maximum_retry_attempts=5))
    ensure(registry, more)
    [target] = registry.rule("pushed").targets()
    retry = {**by_hand.get("RetryPolicy", {}), "MaximumRetryAttempts": 5}
    assert {**target, **by_hand, "RetryPolicy": retry} == target
    assert not ensure(registry, more)


def test_a_target_has_one_input(registry: Registry, events: Client) -> None:
    ensure(registry, PUSHED)
    [target] = registry.rule("pushed").targets()
    put(events, **{**target, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": DEAD}})
    ensure(registry, on_image_pushed("pushed", target=Target(QUEUE, input={"a": 1})))
    [target] = registry.rule("pushed").targets()
    assert "InputPath" not in target
    assert target["Input"] == '{"a": 1}'
    assert target["DeadLetterConfig"] == {"Arn": DEAD}


def test_another_arn_under_an_id_of_ours_is_another_target(cloud: Cloud, registry: Registry, events: Client) -> None:
    make_queue(cloud, "other")
    ensure(registry, on_image_pushed("pushed", target=Target(QUEUE, id="mine")))
    put(events, Id="mine", Arn=QUEUE, InputPath="$.detail")
    ensure(registry, on_image_pushed("pushed", target=Target(arn("sqs", "other"), id="mine")))
    assert registry.rule("pushed").targets() == [{"Id": "mine", "Arn": arn("sqs", "other")}]
