"""Two evaluators, written by two people from IAM's guide, answer alike in random worlds.

One is ecrops's; the other one is the emulator's, naive and slow (``ecrops/testing/emulator/evaluator``). Where they
differ, AWS's documents say which one is wrong. ``scripts/worlds`` asks in many more worlds.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from support import examples

from .both import ecrops, naive
from .pools import CALLERS
from .strategies import questions, worlds


@given(worlds(), questions())
@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
def test_ecrops_answers_as_the_naive_evaluator_does(world: dict[str, Any], question: dict[str, Any]) -> None:
    ours, theirs = ecrops(world, question, CALLERS), naive(world, question, CALLERS)
    assert {caller: (ours[caller], theirs[caller]) for caller in CALLERS if ours[caller] is not theirs[caller]} == {}
