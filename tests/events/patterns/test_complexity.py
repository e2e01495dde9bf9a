"""Wildcards that EventBridge finds too complex: which ones, what counts together, and how much work it is to tell.

The numbers are those of AWS's library for the same patterns: https://github.com/aws/event-ruler
(``MachineComplexityEvaluator``, and the test of it).
"""

from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.events import Pattern, on_image_pushed
from ecrops.events.patterns import complexity as counting
from ecrops.events.patterns import machines
from ecrops.events.patterns.complexity import Element, complexity
from ecrops.testing import Cloud
from support import registry_of

COUNTED = {
    "*a*a*a*": 7,
    "*aa": 3,
    "a*b": 2,
    "a*bb": 3,
    "a*bcb": 3,
    "*ab*ad": 4,
    "*aba*": 4,
    "a*b*bb": 5,
    "a*b*cb": 4,
    "ab*b*": 3,
    "*ab*b*b*": 7,
    "*éè": 3,
}


@pytest.mark.parametrize("wildcard", COUNTED)
def test_the_beginnings_of_a_wildcard_are_counted_as_the_library_of_eventbridge_counts_them(wildcard: str) -> None:
    assert complexity([Element(False, (wildcard,))]) == COUNTED[wildcard]


def alike(*texts: str) -> list[dict[str, str]]:
    return [{"wildcard": text} for text in texts]


def but(*texts: str) -> dict[str, Any]:
    return {"anything-but": {"wildcard": list(texts)}}


TAGS = [f"*{letter}" for letter in "abcdefghijk"]
DEEP = {"source": ["aws.ecr"], "detail": {"action-type": ["PUSH"]}}
TAKEN: dict[str, dict[str, Any]] = {
    "an anything-but counts as one": {
        "a": [but("team/a*x", "team/b*x", "team/c*x", "team/d*x", "team/e*x", "team/f*x")]
    },
    "an anything-but ends once": {"a": [but("*a", *(f"*{'a' * count}" for count in (2, 3)))]},
    "alternatives that differ before": {
        "$or": [{"b": ["1"], "c": alike("*a*a*a*")}, {"b": ["2"], "c": alike("*b*b*b*")}]
    },
    "what is behind an absent field": {"a": [{"exists": False}], "c": alike("*" + "a" * 12)},
    "one wildcard in ten alternatives": {"a": alike("*v"), "$or": [{name: ["1"]} for name in "bcdefghij"]},
    "wildcards of two fields": {"a": alike("*a*a*a*"), "b": alike("*b*b*b*")},
}
REFUSED: dict[str, tuple[dict[str, Any], str, int]] = {
    "one list": ({"a": alike(*TAGS)}, "a", 11),
    "an anything-but": ({"a": [but("*aaaaaa", "*aaaaab")]}, "a", 12),
    "two anything-but": ({"a": [but("*aaaaaa"), but("*aaaaab")]}, "a", 13),
    "alternatives": ({"$or": [{"a": alike("*a*a*a*")}, {"a": alike("*b*b*b*")}]}, "a", 11),
    "alternatives inside": (
        {**DEEP, "detail": {"$or": [{"a-b": alike("*a*a*a*")}, {"a-b": [but("*b*b*b*")]}]}}, "detail.a-b", 11
    ),
    "alternatives of alternatives": (
        {"$or": [{"a": alike("*a*a*")}, {"$or": [{"a": alike("*b*b*")}, {"a": alike("*c*c*c*")}]}]}, "a", 13
    ),
    "alternatives that agree before": (
        {"$or": [{"b": ["1"], "c": alike("*a*a*a*")}, {"b": ["1"], "c": alike("*b*b*b*")}]}, "c", 13
    ),
    "one wildcard in eleven alternatives": (
        {"a": alike("*v"), "$or": [{name: ["1"]} for name in "bcdefghijk"]}, "a", 11
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_what_eventbridge_takes_is_taken(memory_cloud: Cloud, case: str) -> None:
    pattern = str(Pattern(TAKEN[case]))
    memory_cloud.client("events").put_rule(Name="wild", EventPattern=pattern)


@pytest.mark.parametrize("case", REFUSED)
def test_what_counts_together_is_refused_together_with_its_field(memory_cloud: Cloud, case: str) -> None:
    pattern, field, count = REFUSED[case]
    with pytest.raises(SpecError, match=r"too complex: a text can match [0-9]+ of") as caught:
        Pattern(pattern)
    [reason] = caught.value.reasons
    assert reason.startswith(f"event_pattern.{field}: EventBridge finds ")
    assert count > counting.MOST_BEGINNINGS
    events = memory_cloud.client("events")
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="wild", EventPattern=json.dumps(pattern))


def test_alternatives_that_agree_on_one_value_before_count_together() -> None:
    def pattern(*before: str) -> dict[str, Any]:
        return {"$or": [{"b": ["1"], "c": alike("*a*a*a*")}, {"b": list(before), "c": alike("*b*b*b*")}]}

    with pytest.raises(SpecError, match=r"event_pattern\.c: EventBridge finds"):
        Pattern(pattern("2", "1"))
    assert Pattern(pattern("2", "3"))


def test_equal_wildcards_before_count_together_if_they_end_at_their_first_star() -> None:
    def pattern(before: str) -> dict[str, Any]:
        return {"$or": [{"b": alike(before), "c": alike("*a*a*a*")}, {"b": alike(before), "c": alike("*b*b*b*")}]}

    with pytest.raises(SpecError, match=r"event_pattern\.c: EventBridge finds"):
        Pattern(pattern("x*"))
    assert Pattern(pattern("x*y"))


def test_each_field_that_is_too_complex_has_one_reason() -> None:
    wild = {"$or": [{"a": alike(*TAGS)}, {"a": alike(*TAGS[:3])}], "b": alike(*TAGS)}
    with pytest.raises(SpecError) as caught:
        Pattern(wild)
    assert sorted(reason.partition(":")[0] for reason in caught.value.reasons) == ["event_pattern.a", "event_pattern.b"]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many beginnings were visited, call by call."""
    visited, count = list[int](), counting._counted

    def counted(*arguments: Any) -> Any:
        visited.append(1)
        return count(*arguments)

    counting._complexity.cache_clear()
    monkeypatch.setattr(counting, "_counted", counted)
    return visited


def texts(count: int, length: int, seed: int) -> list[str]:
    chosen = random.Random(seed)
    return ["".join(chosen.choices(string.ascii_letters + string.digits, k=length)) for _ in range(count)]


HOSTILE: dict[str, list[dict[str, Any]]] = {
    "long ones": alike(*(f"*{text}" for text in texts(4, 975, 1))),
    "few letters": alike(*(f"*{text.lower()}"[:900].replace("z", "a") for text in texts(4, 900, 2))),
    "many beginnings": [but(*(f"{text}*" for text in texts(300, 3, 3)), f"*{texts(1, 1800, 4)[0]}")],
    "a long one without a star": [but(*(f"*{text}" for text in texts(300, 3, 5)), texts(1, 1800, 6)[0])],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_the_work_for_a_hostile_pattern_is_bounded(steps: list[int], case: str) -> None:
    try:
        Pattern({"a": HOSTILE[case]})
    except SpecError as error:
        assert "too complex" in str(error)  # noqa: PT017
    assert len(steps) <= counting.MOST_STEPS
    assert case != "long ones" or len(steps) < 50_000


def test_a_verb_counts_each_list_once(memory_cloud: Cloud, steps: list[int]) -> None:
    wanted = alike(*(f"*{text}" for text in texts(4, 400, 7)))
    Pattern({"a": wanted})
    once = len(steps)
    registry_of(memory_cloud).on_image_pushed("wild", event_pattern={"detail": {"image-digest": wanted}})
    on_image_pushed("wild", event_pattern={"detail": {"image-digest": wanted}})
    assert len(steps) == once


def test_alternatives_that_multiply_do_not_multiply_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    added, add = list[object](), machines._Machine.add

    def counted(*given: Any) -> Any:
        added.append(given)
        return add(*given)

    monkeypatch.setattr(machines._Machine, "add", counted)
    names = [str(number) for number in range(24)]
    lists = [{"$or": [{"a": [*names[n : n + 15], *alike(f"{n}*")]} for n in range(10)]} for _ in range(3)]
    Pattern({"x": lists[0], "y": lists[1], "z": lists[2]})
    assert machines.MOST_ADDED // 2 < len(added) <= machines.MOST_ADDED
