"""Which events a pattern matches: each documented operator, and where it says no.

The expectations are those of EventBridge's guide, by hand; moto's matcher is asked for a second opinion.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern as SecondOpinion

from ecrops import SpecError
from ecrops.events import Pattern
from ecrops.events.patterns import matching

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
    ([300], {"x": 300.0}, YES),
    ([300], {"x": 3e2}, YES),
    ([-0.0], {"x": 0}, YES),
    ([{"anything-but": 300}], {"x": 300.0}, NO),
    ([{"anything-but": [9, 10]}], {"x": 9.0}, NO),
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
    ([{"cidr": "10.0.0.7/24"}], {"x": "10.0.0.1"}, YES),
    ([{"cidr": "0.0.0.0/8"}], {"x": 5}, NO),
    ([{"cidr": "0.0.0.0/8"}], {"x": True}, NO),
    ([{"equals-ignore-case": "strasse"}], {"x": "straße"}, NO),
    ([{"equals-ignore-case": "STRAßE"}], {"x": "straße"}, YES),
    ([{"prefix": {"equals-ignore-case": "strass"}}], {"x": "straße"}, NO),
    ([{"anything-but": "a"}], {"x": None}, YES),
    ([{"anything-but": "a"}], {"x": 5}, YES),
    ([{"anything-but": {"prefix": "a"}}], {"x": 5}, YES),
    ([{"anything-but": ["a", "b"]}], {"x": ["a", "c"]}, YES),
    ([{"wildcard": r"*\**"}], {"x": "a*b"}, YES),
    ([{"wildcard": r"*\**"}], {"x": "ab"}, NO),
    ([{"wildcard": r"*\\*"}], {"x": "a\\b"}, YES),
    ([{"wildcard": "*ab*ab"}], {"x": "ab"}, NO),
    ([{"wildcard": "*ab*ab"}], {"x": "aabxabab"}, YES),
    ([{"wildcard": "ab*ba"}], {"x": "aba"}, NO),
    ([{"wildcard": "ab"}], {"x": "abc"}, NO),
    ([{"exists": True}], {"x": []}, NO),
    ([{"exists": False}], {"x": []}, YES),
    ([{"exists": False}], {"x": {"y": 1}}, YES),
    (["a"], {"x": [["z"], ["a"]]}, YES),
    ([1], {"x": 1.0}, YES),
    ([0], {"x": False}, NO),
    ([1], {"x": True}, NO),
    ([{"anything-but": 1}], {"x": True}, YES),
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


Y_ABSENT = {"r": {"y": [{"exists": False}]}}
X_AND_Y = {"r": {"x": [1], "y": [2]}}
X_WITHOUT_Y = {"r": {"x": [1], "y": [{"exists": False}]}}
W_ABSENT_AND_X = {"r": {"w": [{"exists": False}], "x": [1]}}
DEEP = {"a": {"b": {"x": [1], "y": [2]}, "z": [3]}}
ARRAYS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    (Y_ABSENT, {"r": [{"y": 1}, {"z": 1}]}, NO),
    (Y_ABSENT, {"r": [{"z": 1}]}, YES),
    (Y_ABSENT, {"r": []}, YES),
    (Y_ABSENT, {"r": 5}, YES),
    (Y_ABSENT, {}, YES),
    (X_AND_Y, {"r": [{"x": 1}, {"y": 2}]}, NO),
    (X_AND_Y, {"r": [{"x": 9, "y": 2}, {"x": 1, "y": [7, 2]}]}, YES),
    (X_AND_Y, {"r": [[{"x": 1}, {"y": 2}]]}, NO),
    (X_AND_Y, {"r": [[{"y": 2}], [{"x": 1, "y": 2}]]}, YES),
    (X_WITHOUT_Y, {"r": [{"x": 1}, {"x": 5, "y": 1}]}, YES),
    (X_WITHOUT_Y, {"r": [{"x": 1, "y": 1}, {"x": 5}]}, NO),
    # What is absent is looked for in the order of the names: nothing is matched yet that could say in which element
    (W_ABSENT_AND_X, {"r": [{"x": 1}, {"w": 5}]}, NO),
    (W_ABSENT_AND_X, {"r": [{"x": 1}, {"v": 5}]}, YES),
    (DEEP, {"a": [{"b": [{"x": 1}, {"x": 1, "y": 2}], "z": 3}]}, YES),
    (DEEP, {"a": [{"b": [{"x": 1}, {"y": 2}], "z": 3}]}, NO),
    (DEEP, {"a": [{"b": [{"x": 1, "y": 2}]}, {"z": 3}]}, NO),
    ({"p": {"x": [1]}, "q": {"y": [2]}}, {"p": [{}, {"x": 1}], "q": [{"y": 2}]}, YES),
    ({"r": ["a"], "s": ["b"]}, {"r": ["z", "a"], "s": ["b", "z"]}, YES),
    ({"detail": {"state.status": ["running"]}}, {"detail": {"state": {"status": "running"}}}, YES),
    ({"detail": {"state": {"status": ["running"]}}}, {"detail": {"state.status": "running"}}, YES),
    ({"detail.state": {"status": ["running"]}}, {"detail": {"state": [{"status": "running"}]}}, YES),
    ({"detail": {"state.status": ["running"]}}, {"detail": {"state": {"status": "off"}}}, NO),
    ({"r": {"$or": [{"x": [1]}, {"x": [5], "y": [2]}]}}, {"r": [{"x": 5}, {"y": 2}]}, NO),
    ({"r": {"$or": [{"x": [1]}, {"x": [5], "y": [2]}]}}, {"r": [{"x": 5, "y": 2}]}, YES),
    ({"r": {"$or": [{"x": [1]}, {"y": [2]}]}, "$or": [{"s": [3]}, {"t": [4]}]}, {"r": {"y": 2}, "t": 4}, YES),
    ({"r": {"$or": [{"x": [1]}, {"y": [2]}]}, "$or": [{"s": [3]}, {"t": [4]}]}, {"r": {"y": 2}, "t": 9}, NO),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), ARRAYS)
def test_fields_are_matched_by_elements_that_agree(
    pattern: dict[str, Any], event: dict[str, Any], expected: bool
) -> None:
    assert Pattern(pattern).matches(event) is expected


def test_of_a_field_that_a_rule_says_twice_the_last_counts() -> None:
    pattern = {"a": {"b": ["first"]}, "a.b": ["last"]}  # of a rule that is there: our own are refused
    assert matching.matches(pattern, {"a": {"b": "last"}})
    assert not matching.matches(pattern, {"a": {"b": "first"}})


def test_a_long_event_and_many_stars_take_no_time() -> None:
    fields: dict[str, Any] = {name: [{"wildcard": "*a" * 4 + "b"}, 999, {"exists": True}] for name in "pqrstu"}
    event = {name: [{"x": number} for number in range(200)] + ["a" * 3000] * 50 for name in "pqrstu"}
    started = time.perf_counter()
    assert Pattern({"detail": fields}).matches({"detail": event})
    assert not Pattern({"detail": {**fields, "v": ["x"]}}).matches({"detail": event})
    assert time.perf_counter() - started < 1


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
        ({5: ["a"]}, "event_pattern.5: expected the name of a field, a string, got 5"),
        ({"x": [float("nan")]}, "expected a string, number, boolean or null, got nan"),
        ({"x": [{5: "a"}]}, "expected one operator"),
        ({"x": [{"exactly": "a"}]}, "expected one operator"),
        ({"x": [{"numeric": [">", "a", "<", 5]}]}, "numeric does not take"),
        ({"x": [{"numeric": [[">"], 5]}]}, "numeric does not take"),
        ({"x": [{"numeric": ["<", 5, ">", 3]}]}, "numeric does not take"),
        ({"x": [{"numeric": ["=", 3, "<", 5]}]}, "numeric does not take"),
        ({"x": [{"numeric": [">", True]}]}, "numeric does not take"),
        ({"x": [{"numeric": ">"}]}, "numeric does not take '>', but a comparison such as [\">\", 0]"),
        ({"x": [{"wildcard": r"a\b"}]}, "wildcard does not take"),
        ({"x": [{"wildcard": "a\\"}]}, "wildcard does not take"),
        ({"x": [{"wildcard": r"\\**"}]}, "wildcard does not take"),
        ({"x": [{"wildcard": ["a*"]}]}, "wildcard does not take"),
        ({"x": [{"cidr": "10.0.0.1"}]}, "cidr does not take '10.0.0.1', but a range such as 10.0.0.0/24"),
        ({"x": [{"cidr": "10.0.0.0/255.0.0.0"}]}, "cidr does not take"),
        ({"x": [{"cidr": "10.0.0.0/8/8"}]}, "cidr does not take"),
        ({"x": [{"cidr": "10.0.0.0/-1"}]}, "cidr does not take"),
        ({"x": [{"cidr": "10.0.0.1/32"}]}, "of one address write the address itself"),
        ({"x": [{"cidr": "host/8"}]}, "cidr does not take"),
        ({"x": [{"cidr": 5}]}, "cidr does not take"),
        ({"x": [{"equals-ignore-case": ["a"]}]}, "equals-ignore-case does not take"),
        ({"x": [{"prefix": ["a"]}]}, "prefix does not take"),
        ({"x": [{"prefix": {"wildcard": "a"}}]}, "prefix does not take"),
        ({"x": [{"exists": 1}]}, "exists does not take"),
        ({"x": [{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {"suffix": ""}}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {"wildcard": "a**"}}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {"prefix": "a", "suffix": "b"}}]}, "anything-but does not take"),
        ({"x": [{"anything-but": []}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {}}]}, "anything-but does not take"),
        ({"x": [{"anything-but": True}]}, "anything-but does not take"),
        ({"x": [{"anything-but": None}]}, "anything-but does not take"),
        ({"$or": [{"x": ["a"]}, "b"]}, "expected a list of two or more patterns"),
        ({"$or": {"x": ["a"]}}, "expected a list of two or more patterns"),
        ({"$or": [{"x": {"prefix": ["a"]}}, {"y": ["b"]}]}, "$or[0].x.prefix: inside '$or' this name is an operator's"),
        (
            {str(n): {"$or": [{"a": [1]}, {"b": [1]}]} for n in range(10)},
            "its '$or' make at most 1,000 alternatives, these make 1,024",
        ),
        ({"x": [{"anything-but": ["a", 1]}]}, "anything-but does not take"),
        ({"x": [{"anything-but": {"numeric": ["<", 1]}}]}, "anything-but does not take"),
        ({"$or": [{"x": ["a"]}]}, "expected a list of two or more patterns"),
        ({"x": ["a" * 4087]}, "event_pattern: has at most 4,096 characters, this has 4,097"),
        ({"x": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}, "event_pattern.x: EventBridge finds"),
        ({"$or": [{"x": [{"wildcard": "*-*-*-*-*-*"}]}, {"y": ["a"]}]}, "event_pattern.$or[0].x: EventBridge finds"),
        ({"x": [{"anything-but": {"wildcard": "*aaaa*aaaa*"}}]}, "a text can match 11 of their beginnings"),
        ({"x": [{"wildcard": f"v{number}*"} for number in range(11)]}, "a text can match 11 of their beginnings"),
    ],
)
def test_what_eventbridge_would_refuse_is_refused(pattern: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        Pattern(pattern)
    assert said in str(caught.value)


DOCUMENTED: list[Any] = [
    "a", "", None, True, 5, 1.5,
    {"prefix": "a"}, {"prefix": {"equals-ignore-case": "a"}},
    {"suffix": "a"}, {"suffix": {"equals-ignore-case": "a"}},
    {"equals-ignore-case": "a"},
    {"wildcard": "a*b*"}, {"wildcard": r"*\**"}, {"wildcard": r"*\\*"},
    {"numeric": ["=", 5]}, {"numeric": ["<", 5]}, {"numeric": [">=", -5e9]}, {"numeric": [">", 0, "<=", 5]},
    {"cidr": "10.0.0.0/8"}, {"cidr": "2001:db8::/32"}, {"cidr": "0.0.0.0/0"},
    {"exists": True}, {"exists": False},
    {"anything-but": "a"}, {"anything-but": ["a", "b"]}, {"anything-but": 5}, {"anything-but": [5, 6]},
    {"anything-but": {"prefix": "a"}}, {"anything-but": {"prefix": ["a", "b"]}},
    {"anything-but": {"suffix": "a"}}, {"anything-but": {"suffix": ["a", "b"]}},
    {"anything-but": {"equals-ignore-case": "a"}}, {"anything-but": {"equals-ignore-case": ["a", "b"]}},
    {"anything-but": {"wildcard": "*a"}}, {"anything-but": {"wildcard": ["*a", "b*"]}},
]  # fmt: skip


@pytest.mark.parametrize("want", DOCUMENTED, ids=str)
def test_every_documented_form_is_accepted(want: Any) -> None:
    assert isinstance(Pattern({"detail": {"x": [want, "z"]}}).matches({"detail": {"x": "z"}}), bool)


TWICE: list[tuple[dict[str, Any], str, str]] = [
    ({"a": {"b": ["1"]}, "a.b": ["2"]}, "event_pattern.a.b", "event_pattern.a.b"),
    ({"a": ["1"], "$or": [{"a": ["2"]}, {"c": ["3"]}]}, "event_pattern.$or[0].a", "event_pattern.a"),
    ({"$or": [{"c": ["3"]}, {"a": ["2"]}], "a": ["1"]}, "event_pattern.a", "event_pattern.$or[1].a"),
    (
        {"x": {"$or": [{"a": ["1"]}, {"b": ["1"]}]}, "$or": [{"c": ["1"]}, {"x.b": ["2"]}]},
        "event_pattern.$or[1].x.b",
        "event_pattern.x.$or[1].b",
    ),
    (
        {"$or": [{"c": ["1"], "$or": [{"a": ["1"]}, {"b": ["1"]}]}, {"d": ["1"]}], "b": ["2"]},
        "event_pattern.b",
        "event_pattern.$or[0].$or[1].b",
    ),
]


@pytest.mark.parametrize(("pattern", "place", "before"), TWICE)
def test_a_field_that_is_said_twice_on_one_way_is_refused(pattern: dict[str, Any], place: str, before: str) -> None:
    with pytest.raises(SpecError) as caught:
        Pattern(pattern)
    [reason] = caught.value.reasons
    assert reason.startswith(f"{place}: says ")
    assert f"again, after {before}: EventBridge uses the last one only" in reason


def test_a_field_may_be_said_in_each_of_several_alternatives() -> None:
    assert Pattern({"$or": [{"a": ["1"], "b": ["1"]}, {"a": ["2"]}, {"a": ["3"]}], "c": ["1"]})


def test_every_reason_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        Pattern({"a": "x", "b": [], "c": {"d": [{"nope": 1}]}})
    assert len(caught.value.reasons) == 3


def test_a_pattern_of_4096_characters_is_accepted() -> None:
    assert len(str(Pattern({"x": ["a" * 4086]}))) == 4096


@pytest.mark.parametrize(
    "accepted",
    [["*-*-*-*-*"], ["*a*a*a*"], [r"\*a\*a\*a\*a\*a\*a"], ["team/*/api"], [f"v{number}*" for number in range(5)]],
    ids=str,
)
def test_wildcards_with_ten_beginnings_or_fewer_are_accepted(accepted: list[str]) -> None:
    Pattern({"x": [{"wildcard": text} for text in accepted]})
