"""The one evaluator of IAM that all tests of access ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .asking import Evaluator, evaluating


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    """ministack's evaluator."""
    with evaluating() as evaluator:
        yield evaluator
