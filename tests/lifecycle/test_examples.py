"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("module", ["guard", "linting.lint", "shielding", "simulation.simulate"])
def test_the_examples_of_a_module_run(module: str) -> None:
    result = doctest.testmod(import_module(f"ecrops.lifecycle.{module}"))
    assert result.attempted
    assert not result.failed
