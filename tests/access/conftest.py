"""One ministack for all modules that ask it, and one evaluator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from access.asking import Evaluator, evaluating
from access.ministack import running, session
from ecrops import Registry
from support import AT_ONCE


@pytest.fixture(scope="session")
def shared_ministack(nothing_real: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ministack that runs as long as the tests; its URL."""
    with running(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="module")
def ministack(shared_ministack: str) -> Iterator[str]:
    """A ministack that every client of the module calls; its URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", shared_ministack)
        yield shared_ministack


@pytest.fixture(scope="module")
def ministack_registry(ministack: str) -> Registry:
    """The registry of ministack's account."""
    return Registry(session(), retry=AT_ONCE)


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    """ministack's evaluator."""
    with evaluating() as evaluator:
        yield evaluator
