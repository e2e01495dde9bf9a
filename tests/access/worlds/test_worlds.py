"""Two evaluators, written by two people from IAM's guide, answer alike in random worlds.

One is ecrops's; the other one is the emulator's, naive and slow (``ecrops/testing/emulator/evaluator``). Where they
differ, AWS's documents say which one is wrong. ``scripts/worlds`` asks in 20,000 worlds, in several processes.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from support import examples

from .both import ecrops, naive
from .pools import CALLERS
from .rules import RULES, met
from .strategies import questions, worlds

PARTS = int(os.environ.get("ECROPS_PARTS", "1"))
WORLDS = examples(80) // PARTS
MANY = 4_000
"""In so many worlds each rule is met: the rarest is in one of a hundred."""


@pytest.mark.parametrize("part", range(PARTS))
def test_ecrops_answers_as_the_naive_evaluator_does(part: int) -> None:
    rules: set[str] = set()

    @given(worlds(), questions())
    @settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
    def compare(world: dict[str, Any], question: dict[str, Any]) -> None:
        ours, theirs = ecrops(world, question, CALLERS), naive(world, question, CALLERS)
        assert {
            caller: (ours[caller], theirs[caller]) for caller in CALLERS if ours[caller] is not theirs[caller]
        } == {}
        for caller in CALLERS if WORLDS >= MANY else ():
            rules.update(met(world, {**question, "caller": caller}))

    compare()
    assert WORLDS < MANY or rules == RULES
