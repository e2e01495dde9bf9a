"""The emulator's wildcards: those of ECR's filters and of IAM, in which a bracket is a bracket."""

from __future__ import annotations

import pytest

from ecrops.testing.emulator.wildcards import includes, matches


@pytest.mark.parametrize(
    ("pattern", "text", "is_filter", "is_pattern"),
    [
        ("team/*", "team/api", True, True),
        ("*/api", "team/a", False, False),
        ("team/?", "team/a", False, True),
        ("team/?", "team/?", True, True),
        ("ecr:[a-z]*", "ecr:get", False, False),
        ("ecr:[a-z]*", "ecr:[a-z]get", True, True),
        ("a.c", "abc", False, False),
        ("a*c", "a\nc", True, True),
    ],
)
def test_a_star_is_any_text_and_a_bracket_is_itself(pattern: str, text: str, is_filter: bool, is_pattern: bool) -> None:
    assert (matches(pattern, text), includes(pattern, text)) == (is_filter, is_pattern)
