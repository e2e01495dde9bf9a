"""Rules and targets of others whose JSON is too deep to be handled: they are compared and shown all the same."""

from __future__ import annotations

import pytest

from ecrops.events.value import RuleValue, same_settings, same_target
from ecrops.events.words import rule_words

DEEP = {
    "lists": "[" * 4000 + "]" * 4000,
    "mappings": '{"a":' * 340 + '["x"]' + "}" * 340,
    "both": '{"a":[' * 1000 + "]}" * 1000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_an_input_that_is_too_deep_is_compared_as_text(text: str) -> None:
    assert same_target({"Id": "a", "Input": text}, {"Id": "a", "Input": text})
    assert not same_target({"Id": "a", "Input": text}, {"Id": "a", "Input": f" {text}"})
    assert not same_target({"Id": "a", "Input": text}, {"Id": "a", "Input": "{}"})


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_pattern_that_is_too_deep_is_compared_as_text_and_not_shown(text: str) -> None:
    assert same_settings({"EventPattern": text}, {"EventPattern": text})
    assert not same_settings({"EventPattern": text}, {"EventPattern": '{"source":["aws.ecr"]}'})
    rule = RuleValue({"EventPattern": text, "State": "ENABLED"})
    assert rule_words(rule) == "a pattern that is too deep to be shown, enabled"


def test_an_input_that_can_be_handled_is_compared_as_json() -> None:
    assert same_target({"Id": "a", "Input": '{"a": 1, "b": 2}'}, {"Id": "a", "Input": '{"b":2,"a":1}'})
    assert same_settings({"EventPattern": '{"a": ["x", "y"]}'}, {"EventPattern": '{"a":["y","x"]}'})
