"""Which events a pattern selects: what EventBridge says (``TestEventPattern``), and what ``Pattern`` says offline.

The expectations are those of the guide, of AWS's own library, and of the public cases:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html,
https://github.com/aws/event-ruler.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.events import Pattern, on_event

from ..patterns.test_matching import ARRAYS, LEAF
from ..patterns.test_public_cases import EVENTS, PUSH
from ..public import CASES, ids
from .judges import Judge

WHOLE = {"id": "1", "time": "2026-01-01T00:00:00Z", "version": "0", "account": "1" * 12, "region": "eu-west-1",
         "resources": [], "source": "aws.ecr", "detail-type": "ECR Image Action"}  # fmt: skip


def judged(judge: Judge, pattern: Any, event: Any) -> bool:
    """What the judge says."""
    texts = {"EventPattern": json.dumps(pattern), "Event": json.dumps({**WHOLE, **event})}
    return bool(judge.client("events").test_event_pattern(**texts)["Result"])


OPERATORS = {f"{json.dumps(wanted)}, {json.dumps(event)}": (wanted, event, yes) for wanted, event, yes in LEAF}
LISTS = {f"{json.dumps(pattern)}, {json.dumps(event)}": (pattern, event, yes) for pattern, event, yes in ARRAYS}


@pytest.mark.parametrize("case", OPERATORS)
def test_each_operator(judge: Judge, case: str) -> None:
    wanted, event, expected = OPERATORS[case]
    pattern = {"detail": {"x": wanted}}
    assert judged(judge, pattern, {"detail": event}) is expected
    assert Pattern(pattern).matches({"detail": event}) is expected


@pytest.mark.parametrize("case", LISTS)
def test_lists_of_objects(judge: Judge, case: str) -> None:
    pattern, event, expected = LISTS[case]
    assert judged(judge, {"detail": pattern}, {"detail": event}) is expected
    assert Pattern({"detail": pattern}).matches({"detail": event}) is expected


@pytest.mark.parametrize("case", ids("real-shaped pattern"))
def test_patterns_of_real_rules(judge: Judge, case: str) -> None:
    expected = CASES[case]["expect"] in (True, "true")
    assert judged(judge, CASES[case]["input"]["pattern"], EVENTS.get(case, PUSH)) is expected


@pytest.mark.parametrize("case", ids("numbers compared as written"))
def test_numbers_are_equal_by_value(judge: Judge, case: str) -> None:
    expected = CASES[case]["expect"] in (True, "true")
    given = CASES[case]["input"]
    whole = json.dumps(WHOLE)[:-1] + ", " + given["event"][1:]
    answer = judge.client("events").test_event_pattern(EventPattern=given["pattern"], Event=whole)
    assert answer["Result"] is expected


@pytest.mark.parametrize("case", ids("too complex wildcard accepted"))
def test_a_wildcard_that_is_too_complex(judge: Judge, case: str) -> None:
    pattern = {"detail": {"image-tag": [{"wildcard": CASES[case]["input"]["wildcard"]}]}}
    with pytest.raises(SpecError, match="too complex"):
        on_event(event_pattern=pattern)
    events = judge.client("events")
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="wild", EventPattern=json.dumps(pattern))
