"""A pattern that is too long for one rule is split over several, where the user says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.events import on_image_pushed, prefix
from emulator import Cloud
from support import registry_of

from .support import arn, bodies, pushed, rule_names

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
