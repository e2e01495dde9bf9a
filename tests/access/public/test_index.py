"""Each of the public cases of this area has a test, which names it; the others are named here, with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .support import CASES

TESTS = Path(__file__).parents[2]
NO_TEST = {
    "R08": "what is described and read back is tested in tests/repositories",
    "W6": "can(principal, action) weighs all policies of IAM: it is a feature of its own, and not there yet",
    "W10": "AWS has no access by image tag, so that there is nothing to do",
}
FOLDERS = (TESTS / "access" / "public", TESTS / "login", TESTS / "repositories")
NAMED = {
    name
    for folder in FOLDERS
    for path in folder.glob("test_*.py")
    if path != Path(__file__)
    for name in re.findall(r"\b[RW]\d+b?\b", path.read_text())
}


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case["kind"] != "real policy file"], ids=lambda case: case["id"]
)
def test_a_case_is_named_by_a_test(case: dict[str, str]) -> None:
    assert case["id"] in NAMED | NO_TEST.keys(), case["source"]
