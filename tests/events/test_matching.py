"""Which events a pattern matches: each documented operator, and where it says no.

The expectations are those of EventBridge's guide, by hand; moto's matcher is asked for a second opinion.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern as SecondOpinion

from ecrops import SpecError
from ecrops.events import Pattern

YES, NO = True, False
LEAF: list[tuple[Any, dict[str, Any], bool]] = [
    (["a", "b"], {"x": "b"}, YES),
    (["a"], {"x": "A"}, NO),
    (["a"], {}, NO),
    (["a"], {"x": ["z", "a"]}, YES),
    (["a"], {"x": []}, NO),
    ([""], {"x": ""}, YES),
    ([None], {"x": None}, YES),
    ([None], {"x": "null"}, NO),
    ([None], {}, NO),
    ([True], {"x": True}, YES),
    ([1], {"x": True}, NO),
    ([300], {"x": 300}, YES),
    ([300], {"x": 300.0}, NO),
    ([300], {"x": "300"}, NO),
    ([{"prefix": "us-"}], {"x": "us-east-1"}, YES),
    ([{"prefix": "us-"}], {"x": "US-east-1"}, NO),
    ([{"prefix": "us-"}], {"x": 5}, NO),
    ([{"prefix": {"equals-ignore-case": "US-"}}], {"x": "us-east-1"}, YES),
    ([{"suffix": ".png"}], {"x": "a.png"}, YES),
    ([{"suffix": ".png"}], {"x": "a.PNG"}, NO),
    ([{"suffix": {"equals-ignore-case": ".PNG"}}], {"x": "a.png"}, YES),
    ([{"equals-ignore-case": "Alice"}], {"x": "aLICE"}, YES),
    ([{"equals-ignore-case": "Alice"}], {"x": "Alice2"}, NO),
    ([{"anything-but": "a"}], {"x": "b"}, YES),
    ([{"anything-but": "a"}], {"x": "a"}, NO),
    ([{"anything-but": "a"}], {}, NO),
    ([{"anything-but": ["a", "b"]}], {"x": "b"}, NO),
    ([{"anything-but": [1, 2]}], {"x": 3}, YES),
    ([{"anything-but": {"prefix": "init"}}], {"x": "initial"}, NO),
    ([{"anything-but": {"prefix": ["init", "end"]}}], {"x": "ended"}, NO),
    ([{"anything-but": {"suffix": ".png"}}], {"x": "a.jpg"}, YES),
    ([{"anything-but": {"equals-ignore-case": ["A", "B"]}}], {"x": "b"}, NO),
    ([{"anything-but": {"wildcard": "*/lib/*"}}], {"x": "a/lib/b"}, NO),
    ([{"anything-but": {"wildcard": "*/lib/*"}}], {"x": "a/bin/b"}, YES),
    ([{"numeric": ["=", 3]}], {"x": 3.0}, YES),
    ([{"numeric": [">", 0, "<=", 5]}], {"x": 5}, YES),
    ([{"numeric": [">", 0, "<=", 5]}], {"x": 0}, NO),
    ([{"numeric": ["<", 10]}], {"x": "5"}, NO),
    ([{"numeric": ["<", 10]}], {"x": True}, NO),
    ([{"exists": True}], {"x": None}, YES),
    ([{"exists": True}], {}, NO),
    ([{"exists": True}], {"x": {"y": 1}}, NO),
    ([{"exists": False}], {}, YES),
    ([{"exists": False}], {"x": "a"}, NO),
    (["a", {"exists": False}], {}, YES),
    ([{"wildcard": "a/*/c"}], {"x": "a/b/b/c"}, YES),
    ([{"wildcard": "a/*/c"}], {"x": "a/c"}, NO),
    ([{"wildcard": "v*"}], {"x": "v1\n2"}, YES),
    ([{"wildcard": "a.c"}], {"x": "abc"}, NO),
    ([{"wildcard": r"a\*c"}], {"x": "a*c"}, YES),
    ([{"wildcard": r"a\*c"}], {"x": "abc"}, NO),
    ([{"wildcard": r"a\\*"}], {"x": "a\\b"}, YES),
    ([{"cidr": "10.0.0.0/24"}], {"x": "10.0.0.9"}, YES),
    ([{"cidr": "10.0.0.0/24"}], {"x": "10.0.1.9"}, NO),
    ([{"cidr": "2001:db8::/64"}], {"x": "2001:db8::1"}, YES),
    ([{"cidr": "10.0.0.0/24"}], {"x": "host"}, NO),
]


@pytest.mark.parametrize(("wanted", "event", "expected"), LEAF)
def test_each_operator_says_yes_and_no_as_documented(wanted: Any, event: dict[str, Any], expected: bool) -> None:
    assert Pattern({"x": wanted}).matches(event) is expected
    assert Pattern({"deep": {"x": wanted}}).matches({"deep": event}) is expected


def test_fields_are_anded_values_are_ored_and_or_is_one_of_several_fields() -> None:
    pattern = Pattern({"a": ["1"], "$or": [{"b": ["2"]}, {"c": [{"numeric": [">", 3]}], "d": ["x"]}]})
    assert pattern.matches({"a": "1", "b": "2"})
    assert pattern.matches({"a": "1", "b": "9", "c": 4, "d": "x"})
    assert not pattern.matches({"a": "1", "c": 4})
    assert not pattern.matches({"b": "2"})


def test_of_a_list_of_objects_one_must_match_all_by_itself() -> None:
    pattern = Pattern({"items": {"name": ["a"], "size": [1]}})
    assert pattern.matches({"items": [{"name": "b", "size": 2}, {"name": "a", "size": 1}]})
    assert not pattern.matches({"items": [{"name": "a", "size": 2}, {"name": "b", "size": 1}]})
    assert not pattern.matches({"items": []})
    assert not pattern.matches({"items": "a"})


def test_an_object_is_no_value_and_a_value_is_no_object() -> None:
    assert not Pattern({"x": [{"anything-but": "a"}]}).matches({"x": {"y": "b"}})
    assert not Pattern({"x": {"y": ["b"]}}).matches({"x": "b"})
    assert Pattern({"x": {"y": [{"exists": False}]}}).matches({})


scalars = st.sampled_from(["", "a", "b", "ab", "B"])
wanted_values = st.one_of(
    scalars,
    st.builds(lambda text: {"prefix": text}, st.sampled_from(["a", "ab"])),
    st.builds(lambda text: {"suffix": text}, st.sampled_from(["b", "ab"])),
    st.builds(lambda texts: {"anything-but": texts}, st.lists(scalars, min_size=1, max_size=2)),
    st.builds(lambda text: {"wildcard": text}, st.sampled_from(["a*", "*b", "*"])),
    st.builds(lambda yes: {"exists": yes}, st.booleans()),
)
leaves = st.lists(wanted_values, min_size=1, max_size=2)
fields = st.dictionaries(st.sampled_from("xy"), leaves, min_size=1)
patterns = st.one_of(fields, st.builds(lambda one, two: {"$or": [one, two]}, fields, fields))
values = st.dictionaries(st.sampled_from("xy"), scalars)


@settings(max_examples=200, deadline=None)
@given(pattern=patterns, event=values)
def test_an_independent_matcher_agrees(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    second = SecondOpinion("", pattern).matches_event({"detail": event, **event})  # type: ignore[typeddict-item]
    assert Pattern(pattern).matches(event) == second


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({}, "event_pattern: is empty"),
        ([], "expected a mapping"),
        ({"source": "aws.ecr"}, "event_pattern.source: expected a list of values, got 'aws.ecr'; write ['aws.ecr']"),
        ({"source": []}, "event_pattern.source: an empty list matches nothing"),
        ({"detail": {"x": []}}, "event_pattern.detail.x: an empty list"),
        ({"x": [["a"]]}, "expected a string, number, boolean or null"),
        ({"x": [{"prefiks": "a"}]}, "expected one operator of prefix"),
        ({"x": [{"prefix": "a", "suffix": "b"}]}, "expected one operator"),
        ({"x": [{"prefix": 5}]}, "prefix does not take 5"),
        ({"x": [{"numeric": [">", "5"]}]}, "numeric does not take"),
        ({"x": [{"numeric": [">", 5, "<", 3]}]}, "numeric does not take"),
        ({"x": [{"numeric": ["!", 5]}]}, "numeric does not take"),
        ({"x": [{"numeric": ["<", 6_000_000_000]}]}, "numeric does not take"),
        ({"x": [{"exists": "yes"}]}, "exists does not take"),
        ({"x": [{"wildcard": "a**b"}]}, "wildcard does not take"),
        ({"x": [{"cidr": "10.0.0.0/99"}]}, "cidr does not take"),
        ({"x": [{"anything-but": ["a", 1]}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {"numeric": ["<", 1]}}]}, "anything-but does not take"),
        ({"$or": [{"x": ["a"]}]}, "expected a list of two or more patterns"),
        ({"x": ["a" * 2039]}, "event_pattern: has at most 2048 characters, this has 2,049"),
    ],
)
def test_what_eventbridge_would_refuse_is_refused(pattern: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        Pattern(pattern)
    assert said in str(caught.value)


def test_every_reason_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        Pattern({"a": "x", "b": [], "c": {"d": [{"nope": 1}]}})
    assert len(caught.value.reasons) == 3


def test_a_pattern_of_2048_characters_is_accepted() -> None:
    assert len(str(Pattern({"x": ["a" * 2038]}))) == 2048
