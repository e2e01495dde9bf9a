"""A pattern that is too long for one rule is split over several, where the user says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.base.change import Kind
from ecrops.events import on_image_pushed, prefix
from ecrops.testing import Cloud
from support import registry_of

from .support import arn, bodies, make_queue, pushed, rule_names

QUEUE = arn("sqs", "pushes")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def names(count: int) -> list[str]:
    return [f"team/repository-number-{number:03}" for number in range(count)]


def patterns(cloud: Cloud) -> list[str]:
    return [rule["EventPattern"] for rule in cloud.client("events").list_rules()["Rules"]]


@pytest.mark.parametrize(
    "verb, options", [("on_image_pushed", {}), ("on_image_scan_completed", {"scan_type": "BASIC"})]
)
def test_the_parts_are_as_few_as_can_be_and_serve_every_repository(
    cloud: Cloud, registry: Registry, verb: str, options: dict[str, Any]
) -> None:
    act = getattr(registry, verb)
    plan = act("many", repositories=names(200), target=QUEUE, split=True, **options)
    assert plan
    assert plan.notes == ()
    texts = patterns(cloud)
    assert max(map(len, texts)) <= 2048
    assert sum(map(len, texts)) > 2048 * (len(texts) - 1)
    found = [name for name in names(200) if sum(f'"{name}"' in text for text in texts) == 1]
    assert found == names(200)
    assert sorted(rule_names(cloud.client("events"))) == [f"many-{number}" for number in range(1, len(texts) + 1)]
    assert not act("many", repositories=names(200), target=QUEUE, split=True, **options)


def test_events_arrive_through_each_part_once(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("many", repositories=names(100), target=QUEUE, split=True)
    for name in (names(100)[0], names(100)[-1], "team/other"):
        cloud.emulator.events.emit(pushed(name))
    assert [event["detail"]["repository-name"] for event in bodies(cloud)] == [names(100)[0], names(100)[-1]]


def test_parts_that_are_no_longer_needed_are_removed_and_those_of_others_stay(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("many", repositories=names(200), target=QUEUE, split=True)
    before = rule_names(cloud.client("events"))
    pattern = json.dumps({"source": ["mine"]})
    cloud.client("events").put_rule(Name=f"many-{len(before) + 1}", EventPattern=pattern)
    assert registry.on_image_pushed("many", repositories=names(3), target=QUEUE, split=True)
    assert rule_names(cloud.client("events")) == ["many-1", f"many-{len(before) + 1}"]


def test_a_rule_of_ours_that_has_the_name_of_a_part_is_none_and_stays(cloud: Cloud, registry: Registry) -> None:
    spec = RepositorySpec("team/api", events=[on_image_pushed("many-2", target=QUEUE)])
    registry.ensure(spec)
    registry.on_image_pushed("many", repositories=names(3), target=QUEUE, split=True)
    registry.on_image_pushed("many-3", repositories=["team/other"], target=QUEUE)
    assert not registry.on_image_pushed("many", repositories=names(3), target=QUEUE, split=True)
    assert not registry.ensure(spec)
    assert sorted(rule_names(cloud.client("events"))) == ["many-1", "many-2", "many-3"]


def test_parts_behind_one_that_somebody_deleted_are_removed_too(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("many", repositories=names(200), target=QUEUE, split=True)
    registry.rule("many-2").remove()
    assert len(rule_names(cloud.client("events"))) >= 2
    registry.on_image_pushed("many", repositories=names(3), target=QUEUE, split=True)
    assert rule_names(cloud.client("events")) == ["many-1"]


def test_a_raised_quota_makes_fewer_parts(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.events.raise_quotas(pattern_characters=4096)
    registry_of(cloud, quotas={"pattern_characters": 4096}).on_image_pushed("a", repositories=names(120), split=True)
    assert len(patterns(cloud)) == 1


def test_what_is_short_is_one_part(cloud: Cloud, registry: Registry) -> None:
    for name, selected in {"a": "team/api", "b": None, "c": prefix("team/"), "d": ["team/api", "team/web"]}.items():
        registry.on_image_pushed(name, repositories=selected, split=True)
    assert rule_names(cloud.client("events")) == ["a-1", "b-1", "c-1", "d-1"]


def test_what_cannot_be_split_is_refused_before_any_call(cloud: Cloud) -> None:
    registry, long = registry_of(cloud), {"detail": {"image-digest": ["x" * 2000]}}
    acts: dict[str, Any] = {
        "split: give the rule a name": lambda: registry.on_image_pushed(repositories=names(2), split=True),
        "split: the pattern has more than 2,048": lambda: registry.on_image_pushed(
            "a", repositories=names(2), event_pattern=long, split=True
        ),
        "split: these events are of one": lambda: registry.repository("a1").on_image_pushed("a", split=True),
        "split: is for the verbs of a registry": lambda: on_image_pushed("a", repositories=names(2), split=True),
        "split: expected True or False": lambda: registry.on_image_pushed("a", split="yes"),  # type: ignore[arg-type]
        "repositories: ": lambda: registry.on_image_pushed("a", repositories=["Bad"], split=True),
    }
    for reason, act in acts.items():
        with pytest.raises(SpecError, match=reason):
            act()
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


def many(registry: Registry, split: bool, count: int = 200, **options: Any) -> Any:
    """Pushes to many repositories: one rule for those with a prefix, or parts for a list."""
    selected = names(count) if split else prefix("team/")
    return registry.on_image_pushed("many", repositories=selected, target=QUEUE, split=split, **options)


def arrived(cloud: Cloud) -> int:
    cloud.emulator.events.emit(pushed(names(1)[0]))
    return len(bodies(cloud))


@pytest.mark.parametrize("first", [True, False])
def test_the_other_form_of_a_rule_is_replaced_in_one_plan(cloud: Cloud, registry: Registry, first: bool) -> None:
    assert many(registry, first)
    before = set(rule_names(cloud.client("events")))
    plan = many(registry, not first)
    after = set(rule_names(cloud.client("events")))
    assert before
    assert not before & after
    assert {change.owner for change in plan if change.kind == Kind.DELETE and change.what == "rule"} == {
        f"rule {name}" for name in before
    }
    assert not many(registry, not first)
    assert arrived(cloud) == 1


@pytest.mark.parametrize("first", [True, False])
def test_a_dry_run_tells_the_same_and_remembers_it(cloud: Cloud, registry: Registry, first: bool) -> None:
    dry = registry_of(cloud, dry_run=True)
    many(dry, first)
    told = many(dry, not first)
    assert not patterns(cloud)
    many(registry, first)
    made = many(registry, not first)
    assert {change.parts for change in told} == {change.parts for change in made}
    assert not many(dry, not first)


def test_the_other_form_stays_until_the_new_one_is_there(cloud: Cloud, registry: Registry) -> None:
    many(registry, False)
    plan = many(registry_of(cloud, dry_run=True), True)
    order = [change.operation for change in plan]
    assert order.index("DeleteRule") > max(index for index, name in enumerate(order) if name == "PutRule")


def test_a_removal_that_failed_is_made_by_the_next_run(cloud: Cloud, registry: Registry) -> None:
    many(registry, False)
    cloud.faults.on("denied", operation="DeleteRule")
    with pytest.raises(ExceptionGroup):
        many(registry, True)
    assert many(registry, True)
    assert "many" not in rule_names(cloud.client("events"))


def test_a_rule_of_others_with_the_name_stays_beside_the_parts(cloud: Cloud, registry: Registry) -> None:
    cloud.client("events").put_rule(Name="many", EventPattern=json.dumps({"source": ["mine"]}))
    assert many(registry, True, 3)
    assert sorted(rule_names(cloud.client("events"))) == ["many", "many-1"]
    assert many(registry_of(cloud), True, 3).notes == ()


def test_a_whole_rule_leaves_rules_that_only_have_the_name_of_a_part(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("many-1", repositories=["team/other"], target=QUEUE)
    registry.on_image_pushed("many-two", repositories=names(3), target=QUEUE)
    many(registry, False)
    assert sorted(rule_names(cloud.client("events"))) == ["many", "many-1", "many-two"]


def test_the_name_removes_the_parts(cloud: Cloud, registry: Registry) -> None:
    many(registry, True)
    registry.on_image_pushed("many-two", repositories=names(3), target=QUEUE)
    assert registry.rule("many").remove()
    assert rule_names(cloud.client("events")) == ["many-two"]
    assert not registry.rule("many").remove()


def test_a_part_with_a_target_of_others_stays_and_is_named(cloud: Cloud, registry: Registry) -> None:
    many(registry, True, 3)
    cloud.client("events").put_targets(Rule="many-1", Targets=[{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    for act in (registry.rule("many").remove, lambda: many(registry, False)):
        assert any("many-1 stays: others put targets on it" in note for note in map(str, act().notes))
    assert [each["Id"] for each in registry.rule("many-1").targets()] == ["theirs"]


def test_the_name_stands_for_the_parts_in_each_verb(cloud: Cloud, registry: Registry) -> None:
    many(registry, True)
    count, rule, other = len(patterns(cloud)), registry.rule("many"), make_queue(cloud, "other")
    assert len(list(rule.disable())) >= count
    assert arrived(cloud) == 0
    assert rule.enable()
    assert not rule.enable()
    assert rule.add_target(other)
    assert arrived(cloud) == 1
    assert len(bodies(cloud, "other")) == 1
    assert rule.remove_target(QUEUE)
    assert arrived(cloud) == 0


def test_a_rule_that_is_there_is_edited_alone(cloud: Cloud, registry: Registry) -> None:
    many(registry, True, 3)
    cloud.client("events").put_rule(Name="many", EventPattern=json.dumps({"source": ["mine"]}))
    registry.rule("many").disable()
    states = {rule["Name"]: rule["State"] for rule in cloud.client("events").list_rules()["Rules"]}
    assert states == {"many": "DISABLED", "many-1": "ENABLED"}


def test_the_verbs_of_one_repository_look_for_no_parts(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("one", target=QUEUE)
    registry.on_image_pushed(repositories=names(3), target=QUEUE)
    assert not cloud.calls.of("ListRules")
    registry.on_image_pushed("named", repositories=names(3), target=QUEUE)
    assert len(cloud.calls.of("ListRules")) == 1
