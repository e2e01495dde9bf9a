"""A browser for the tests of pages: one for all of them. ``scripts/judges/browser`` runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driver import CHROMIUM, DRIVER, Browser, chromium

WANTED = "ECROPS_BROWSER"
PICTURES = "ECROPS_PICTURES"
"""The folder that pictures of the pages are written to, for people to look at."""


@pytest.fixture(scope="session")
def browser(nothing_real: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, if ``scripts/judges/browser`` runs the tests, and it is installed."""
    if WANTED not in os.environ:
        pytest.skip("scripts/judges/browser runs it")
    if not CHROMIUM or not DRIVER:
        pytest.skip("there is no Chromium: install chromium and chromium-driver")
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go."""
    folder = Path(os.environ.get(PICTURES, tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
