"""Patterns, and that none takes more steps than it has characters times the text."""

from __future__ import annotations

import time

import pytest

from ecrops.testing.emulator.evaluator.patterns import matches, parts, plain


@pytest.mark.parametrize(
    "pattern, text, expected",
    [
        ("*", "", True),
        ("?", "", False),
        ("a*b?c", "a--b-c", True),
        ("a*b?c", "abc", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("*:repository/team/*", "arn:aws:ecr:eu-west-1:123456789012:repository/team/a/b", True),
        ("a\n*", "a\nb", True),
    ],
)
def test_a_pattern_matches_a_whole_text(pattern: str, text: str, expected: bool) -> None:
    assert matches(plain(pattern), text) is expected


def test_many_stars_take_no_longer() -> None:
    start = time.perf_counter()
    assert not matches(plain("*a" * 200 + "b"), "a" * 400)
    assert time.perf_counter() - start < 5


def test_an_arn_has_six_components() -> None:
    assert [len(part) for part in parts(plain("arn:aws:ecr:*:1:repository/a:b"))] == [3, 3, 3, 1, 1, 14]
