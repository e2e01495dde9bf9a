"""How much work it is to match lists of objects: it grows with the event, not with the combinations of its elements."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.events import Pattern


class TooManySteps(Exception):
    """More lines were run than expected."""


def steps(do: Callable[[], object], limit: int) -> int:
    """How many lines of Python something runs, at most ``limit``: the same number on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        if count > limit:
            raise TooManySteps
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
    finally:
        sys.settrace(before)
    return count


def side_by_side(lists: int, elements: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lists beside each other, each with elements that fit, but for the last field."""
    names = [f"l{number}" for number in range(lists)]
    pattern = {name: {"x": [1], "y": [2]} for name in names} | {"z": ["no"]}
    return pattern, {name: [{"x": 1, "y": 2}] * elements for name in names}


def inside(lists: int, elements: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lists beside each other, in the elements of one list."""
    pattern, event = side_by_side(lists, elements)
    return {"r": pattern}, {"r": [event] * elements}


def lists_of_lists(lists: int, elements: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lists of lists beside each other."""
    pattern, event = side_by_side(lists, elements)
    return pattern, {name: [value] * elements for name, value in event.items()}


MAKERS = [side_by_side, inside, lists_of_lists]


@pytest.mark.parametrize("make", MAKERS)
def test_a_further_list_adds_work_and_does_not_multiply_it(make: Any) -> None:
    def work(lists: int) -> int:
        pattern, event = make(lists, 8)
        return steps(lambda: Pattern(pattern).matches(event), 1_000_000)

    two, four, eight = work(2), work(4), work(8)
    assert eight - four < 2.5 * (four - two)


@pytest.mark.parametrize("make", MAKERS)
def test_a_further_element_adds_as_much_work_as_one_before(make: Any) -> None:
    pattern, event = make(3, 10)
    twice = {name: value * 2 for name, value in event.items()}
    once = steps(lambda: Pattern(pattern).matches(event), 1_000_000)
    assert steps(lambda: Pattern(pattern).matches(twice), 1_000_000) < 2.5 * once


@pytest.mark.parametrize("make", MAKERS)
def test_many_lists_still_match_if_every_field_does(make: Any) -> None:
    pattern, event = make(5, 16 if make is side_by_side else 4)
    assert not Pattern(pattern).matches(event)
    assert Pattern(pattern).matches({**event, "z": "no", "r": [{**each, "z": "no"} for each in event.get("r", [])]})


def test_lists_at_one_path_are_matched_as_long_as_they_are_few() -> None:
    pattern = Pattern({"a": {"b": {"x": [1], "y": [2], "z": [3]}}})
    event = {"a": {"b": [{"x": 1}, {"x": 0}]}, "a.b": [{"y": 0}, {"y": 2, "z": 3}]}
    assert pattern.matches(event)
    assert not pattern.matches(event | {"a.b": [{"y": 2}, {"z": 3}]})


def test_lists_at_one_path_that_can_be_combined_in_too_many_ways_are_refused() -> None:
    names = [f"f{number}" for number in range(8)]
    elements = [dict.fromkeys(names, 1)] * 8
    event = {"a": {"b": {"c": elements}, "b.c": elements}, "a.b": {"c": elements}, "a.b.c": elements}
    pattern = Pattern({"a": {"b": {"c": {name: [1] for name in names} | {"g": ["no"]}}}})

    def match() -> None:
        with pytest.raises(SpecError, match=r"more than 1,000 ways to choose .* give each list a path of its own"):
            pattern.matches(event)

    assert steps(match, 1_000_000) < 300_000
