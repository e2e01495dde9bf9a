"""Events as values: the same meaning is the same value and rule, and what is malformed is refused with its path."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops import RepositorySpec, SpecError
from ecrops.events import Event, RuleState, on_event, on_image_finding, on_image_pushed
from ecrops.events.patterns import kinds
from ecrops.testing import Cloud
from support import registry_of

from .support import arn

QUEUE = arn("sqs", "pushes")
SAME: dict[str, tuple[Event, Event]] = {
    "defaults": (Event("image-finding"), on_image_finding()),
    "defaults of json": (Event.from_dict({"kind": "image-finding"}), on_image_finding()),
    "null": (Event.from_dict({"kind": "image-finding", "options": {"severities": None}}), on_image_finding()),
    "repositories": (
        on_image_pushed(repositories=["team/a", "team/b"]),
        on_image_pushed(repositories=("team/b", "team/a", "team/b")),
    ),
    "tags of images": (on_image_pushed(image_tags=["v1", "v2"]), on_image_pushed(image_tags=("v2", "v1", "v1"))),
    "severities": (
        on_image_finding(severities=["LOW", "CRITICAL"]),
        on_image_finding(severities=["CRITICAL", "LOW", "LOW"]),
    ),
    "values of a pattern": (
        on_event(
            event_pattern={"detail": {"action-type": ["PUSH", "DELETE"]}, "region": [{"anything-but": ["a", "b"]}]}
        ),
        on_event(
            event_pattern={
                "region": ({"anything-but": ("b", "a")},),
                "detail": {"action-type": ["DELETE", "PUSH", "PUSH"]},
            }
        ),
    ),
    "alternatives": (
        on_event(event_pattern={"$or": [{"region": ["a"]}, {"account": ["b"]}]}),
        on_event(event_pattern={"$or": [{"account": ["b"]}, {"region": ["a"]}]}),
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_means_the_same_is_the_same_event_and_rule(case: str) -> None:
    one, other = SAME[case]
    assert one == other
    assert one.rule == other.rule
    assert str(one.pattern()) == str(other.pattern())
    assert Event.from_dict(one.to_dict()) == one


def test_a_scan_type_that_was_told_is_not_the_one_in_force() -> None:
    told, follows = on_image_finding(scan_type="BASIC"), on_image_finding()
    assert told.rule != follows.rule
    assert (told.needs_scan_type, follows.needs_scan_type) == (False, True)
    assert "scan_type" not in follows.to_dict()["options"]


def test_the_order_of_a_range_is_kept() -> None:
    counts = {"detail": {"numeric": [{"numeric": [">", 5, "<=", 9]}, "a"]}}
    event = on_event(event_pattern=counts)
    assert event.event_pattern == {"detail": {"numeric": ["a", {"numeric": [">", 5, "<=", 9]}]}}


def test_two_alternatives_that_are_one_stay_two() -> None:
    twins = {"$or": [{"id": ["a"]}, {"id": ["a"]}]}
    assert on_event(event_pattern=twins).event_pattern == twins


def test_an_event_is_its_own_whatever_becomes_of_what_it_was_made_from() -> None:
    told: dict[str, Any] = {
        "options": {"image_tags": ["v1"]},
        "event_pattern": {"detail": {"result": ["SUCCESS"]}},
        "tags": {"a": "1"},
    }
    event = Event("image-pushed", **told)
    before, shown = Event.from_dict(event.to_dict()), event.to_dict()
    told["options"]["image_tags"].append("v2")
    for each in (told, shown, event.pattern().document):
        each.get("event_pattern", each)["detail"]["result"].append("FAILED")
    told["tags"]["b"] = shown["tags"]["c"] = "2"
    assert event == before
    assert event.rule == before.rule


MALFORMED: list[tuple[Any, str]] = [
    (5, "expected a mapping with the fields of an event, got 5"),
    ({}, "kind: is missing"),
    ({"kind": ["x"]}, "kind: expected one of event, cloud-trail-event"),
    ({"kind": None}, "kind: expected one of"),
    ({"kind": {}}, "kind: expected one of"),
    ({"kind": "event", "targets": None}, "targets: expected a list of targets, got None"),
    ({"kind": "event", "targets": 5}, "targets: expected a list of targets, got 5"),
    ({"kind": "event", "targets": {"arn": QUEUE}}, "targets: expected a list of targets"),
    ({"kind": "event", "targets": QUEUE}, "targets: expected a list of targets"),
    ({"kind": "event", "targets": [None]}, "targets[0]: expected a mapping"),
    ({"kind": "event", "options": None}, "options: expected a mapping of names to values, got None"),
    ({"kind": "event", "options": ["x"]}, "options: expected a mapping of names to values, got ['x']"),
    ({"kind": "event", "options": "x"}, "options: expected a mapping of names to values, got 'x'"),
    ({"kind": "event", "options": {"x": 1}}, "options: event does not take x, but no options at all"),
    ({"kind": "event", "options": {"repositories": "a1"}}, "options: event does not take repositories"),
    ({"kind": "image-finding", "options": {"place": 1}}, "does not take place, but severities, scan_type"),
    ({"kind": "image-finding", "options": {"severities": 5}}, "severities: expected a list of strings, got 5"),
    ({"kind": "image-finding", "options": {"severities": [["HIGH"]]}}, "severities: expected a list of strings"),
    ({"kind": "image-finding", "options": {"scan_type": []}}, "scan_type: expected BASIC or ENHANCED, got []"),
    ({"kind": "image-replicated", "options": {"result": {}}}, "result: expected SUCCESS or FAILED, got {}"),
    ({"kind": "image-pushed", "options": {"image_tags": {"a": 1}}}, "image_tags: expected a list of strings"),
    ({"kind": "event", "repositories": 5}, "repositories: expected a list of strings, got 5"),
    ({"kind": "event", "repositories": {"prefix": 5}}, "repositories: expected the beginning of the names"),
    ({"kind": "event", "repositories": {"suffix": "x"}}, "repositories.suffix: unknown key"),
    ({"kind": "event", "event_pattern": "x"}, "event_pattern: expected a mapping, got 'x'"),
    ({"kind": "cloud-trail-event", "event_pattern": {"detail": ["x"]}}, "event_pattern.detail: an event's detail is"),
    ({"kind": "event", "tags": None}, "tags: expected a mapping"),
    ({"kind": "event", "tags": ["a"]}, "tags: expected a mapping"),
    ({"kind": "event", "state": ["ENABLED"]}, "state: expected one of ENABLED"),
    ({"kind": "event", "bus": None}, "bus: expected the name of an event bus"),
    ({"kind": "event", "name": 5}, "name: a rule's name has"),
    ({"kind": "event", "description": 5}, "description: expected at most 512 characters"),
]


@pytest.mark.parametrize(("data", "said"), MALFORMED, ids=str)
def test_malformed_json_is_refused_with_its_path(data: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        Event.from_dict(data)
    assert any(reason.startswith(said) or said in reason for reason in caught.value.reasons)


words = st.sampled_from(
    ["arn", "id", "prefix", "kind", "image-finding", "severities", "HIGH", "detail", "$or", "numeric", "*", QUEUE]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
said_of_events = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(kinds.KINDS)) | anything},
    optional={each.name: anything for each in fields(Event) if each.name != "kind"},
)
said_of_options = st.dictionaries(st.sampled_from(["severities", "image_tags", "scan_type", "result"]), anything)


@settings(max_examples=150, deadline=None)
@given(data=said_of_events | anything, options=said_of_options, pattern=st.dictionaries(words, anything))
def test_whatever_json_it_is_it_is_an_event_or_refused(data: Any, options: Any, pattern: Any) -> None:
    kind = data.get("kind") if isinstance(data, dict) else None
    for each in (data, {"kind": kind, "options": options}, {"kind": kind, "event_pattern": {"detail": pattern}}):
        try:
            event = Event.from_dict(each)
        except SpecError:
            continue
        assert Event.from_dict(json.loads(json.dumps(event.to_dict()))) == event
        assert event.first_state in RuleState
        assert len(event.rule) <= 64


@settings(max_examples=100, deadline=None)
@given(events=st.lists(said_of_events | anything, max_size=2) | anything)
def test_whatever_json_the_events_of_a_spec_are_they_are_events_or_refused(events: Any) -> None:
    with suppress(SpecError):
        RepositorySpec.from_dict({"name": "team/api", "events": events})


def test_a_pattern_that_no_event_has_is_refused_before_any_call(memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError, match=r"event_pattern\.detail: an event's detail is an object"):
        registry_of(memory_cloud).on_cloud_trail_event(event_pattern={"detail": ["x"]})
    assert not memory_cloud.calls
