"""The wildcards of IAM: what a regular expression would say, without its price."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecrops.iam.evaluation.facts import NO_FACTS
from ecrops.iam.evaluation.variables import fits_pattern, template
from ecrops.iam.statements import VERSION
from ecrops.iam.wildcards import covers, matches

PATTERNS = st.text("ab*?", max_size=8)
TEXTS = st.text("ab*?", max_size=10)
RESOURCES = st.lists(st.sampled_from(["a", "*", "?", "${a}", "${", "}", "$", "{"]), max_size=7).map("".join)


def by_regex(pattern: str, text: str) -> bool:
    """The naive matcher: it is right, and can take years."""
    parts = {"*": ".*", "?": r"[^*]"}
    regex = "".join(parts.get(character) or re.escape(character) for character in pattern)
    return re.fullmatch(regex, text, re.DOTALL) is not None


@given(PATTERNS, TEXTS)
@example("?", "*")
@example("*?", "*")
@example("a*a", "a")
@example("", "")
def test_a_pattern_covers_what_the_regular_expression_matches(pattern: str, action: str) -> None:
    assert covers(pattern, action) == by_regex(pattern, action)


@given(RESOURCES, st.text("a*?${}", max_size=8))
@example("a${b${c}d", "axd")
@example("a${b", "a${b")
def test_a_variable_may_stand_for_anything(pattern: str, resource: str) -> None:
    expected = pattern == resource or by_regex(re.sub(r"\$\{[^}]*\}", "*", pattern), resource)
    assert matches(pattern, resource) == expected


def test_case_counts_for_resources_and_not_for_actions() -> None:
    assert covers("ecr:batch*", "ECR:BatchGetImage")
    assert not matches("repository/A*", "repository/a")


def test_a_question_mark_is_no_wildcard_of_another_pattern() -> None:
    assert covers("ecr:*", "ecr:Get*")
    assert not covers("ecr:Get?", "ecr:Get*")


class Counted(str):
    """A text that counts how many of its characters are looked at."""

    steps = 0

    def find(self, part: str, start: Any = None, end: Any = None) -> int:
        position = super().find(part, start, end)
        last = len(self) if position < 0 else position + len(part)
        self.steps += (last - (start or 0)) * len(part)  # as the simplest search does
        return position

    def startswith(self, part: Any, start: Any = None, end: Any = None) -> bool:
        self.steps += len(part)
        return super().startswith(part, start, end)

    def __getitem__(self, index: Any) -> str:
        part = super().__getitem__(index)
        self.steps += len(part)
        return part


@pytest.mark.parametrize(
    "pattern",
    ["*a*a*a*a*a*b", "*a?*a?*a?*a?*b", "*?a*?a*?a*?a*?b", "a*" * 40 + "b", "*aaaaaaaab*aaaaaaab", "*" * 50 + "b"],
)
@pytest.mark.parametrize("length", [10, 1_000, 5_000])
def test_a_match_takes_no_more_steps_than_the_pattern_times_the_text(pattern: str, length: int) -> None:
    for fits in (matches, lambda pattern, text: fits_pattern(text, template(pattern, VERSION).filled(NO_FACTS))):
        text = Counted("a" * length)
        assert not fits(pattern, text)
        assert 0 < text.steps <= len(pattern) * length
