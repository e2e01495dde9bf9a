"""The table of differences: each is of a test that there is, and has a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import test_inputs, test_patterns, test_permissions, test_rules, test_sending, test_targets
from .differences import DIFFERENCES, Difference, found

MODULES = (test_inputs, test_patterns, test_permissions, test_rules, test_sending, test_targets)
TABLE = [pytest.param(each, id=f"{judge}-{each.test}") for judge in DIFFERENCES for each in DIFFERENCES[judge]]


@pytest.mark.parametrize("difference", TABLE)
def test_a_difference_is_of_cases_that_there_are(difference: Difference) -> None:
    [test] = [vars(module)[difference.test] for module in MODULES if difference.test in vars(module)]
    assert set(difference.cases) <= cases_of(test)


def cases_of(test: Callable[..., Any]) -> set[str]:
    """The ids of the cases of a test with one parameter."""
    return {case for mark in getattr(test, "pytestmark", ()) for case in mark.args[1] if isinstance(case, str)}


@pytest.mark.parametrize("difference", TABLE)
def test_a_difference_has_a_source_or_is_something_that_a_judge_lacks(difference: Difference) -> None:
    lacks = ("its ECR is", "its functions need", "its streams are")
    assert "https://" in difference.reason or "github.com" in difference.reason or difference.reason.startswith(lacks)


def test_the_emulator_of_this_project_differs_in_nothing() -> None:
    assert "emulator" not in DIFFERENCES
    assert found("emulator", "test_a_disabled_rule_sends_nothing", "") is None
