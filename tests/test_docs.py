"""Every Python block of the documentation runs alone, against the emulated AWS.

Each block runs in an empty namespace, on an empty AWS with the user, role, group and queue that the README tells its
reader to make first. Those of docs/testing.md are files of tests, which pytest runs.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ecrops.testing import Cloud
from ecrops.testing.example import OTHER_ACCOUNTS
from support import AT_ONCE

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TESTING = ROOT / "docs" / "testing.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
PROJECT = "https://github.com/ecrops/ecrops"
TREE = f"{PROJECT}/blob/main/"
RAW = "https://raw.githubusercontent.com/ecrops/ecrops/main/"
STAGE = "iam.create_user"
IMAGES = "def push("
"""In the block of a page that makes the images of all its other blocks."""


class Block(NamedTuple):
    """A Python block of a page, and the output that the page shows below it."""

    page: Path
    line: int
    code: str
    shown: str

    def run(self) -> None:
        namespace: dict[str, object] = {"__name__": "docs"}
        exec(compile("\n" * self.line + self.code, self.page, "exec"), namespace)


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for found in re.finditer(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", text, re.M | re.S):
        yield Block(page, text[: found.start(1)].count("\n"), found[1], found[2] or "")


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
ALONE = [block for block in BLOCKS if block.page != TESTING]


@pytest.fixture
def stage(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Block]:
    """The block of the README that makes the names that all other blocks use. It has been run, and nothing waits."""
    monkeypatch.setattr("ecrops.engine.account.RetryPolicy", lambda: AT_ONCE)
    [block] = [block for block in BLOCKS if block.page == README and STAGE in block.code]
    block.run()
    memory_cloud.seed_role("ecrops", *OTHER_ACCOUNTS)
    yield block
    logging.getLogger("ecrops").setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.page != TESTING], ids=lambda block: f"{block.page.name}:{block.line}"
)
def test_a_block_runs_alone(
    block: Block,
    stage: Block,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)  # what a block writes
    for first in BLOCKS:
        if first.page == block.page and IMAGES in first.code and first != block:
            first.run()
    if block != stage:
        block.run()
    assert block.shown in capsys.readouterr().out


def test_the_blocks_about_testing_are_tests_that_pass(tmp_path: Path) -> None:
    blocks = [block for block in BLOCKS if block.page == TESTING]
    for block in blocks:
        assert "def test_" in block.code
        (tmp_path / f"test_line_{block.line}.py").write_text(block.code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_checked(page: Path) -> None:
    text = page.read_text()
    assert text.count("```text\n") == sum(bool(block.shown) for block in BLOCKS if block.page == page)
    assert text.count("```python\n") == sum(block.page == page for block in BLOCKS)


def anchors(page: Path) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_of(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", page.read_text())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        local = link.removeprefix(TREE).removeprefix(RAW)
        if local.startswith("https:"):
            assert not local.startswith(PROJECT), link
            continue
        path, _, anchor = local.partition("#")
        base = page.parent if local == link else ROOT
        target = base / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_is_right_on_pypi() -> None:
    """PyPI shows the README without the files beside it."""
    assert all(link.startswith("https://") for link in links_of(README))
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert set(urls) == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    for url in urls.values():
        assert url.startswith(PROJECT)
        assert not url.startswith(TREE) or (ROOT / url.removeprefix(TREE)).exists(), url


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_that_installs_says_how_as_long_as_there_is_no_release(page: Path) -> None:
    if not re.search(r"pip install '?(\./)?ecrops", page.read_text()):
        return
    links = [link for link in links_of(page) if link.removeprefix(f"{TREE}docs/") == "start.md#install"]
    assert links or page.name == "start.md", "link to the section Install of docs/start.md"


def test_one_page_says_how_to_install_from_a_checkout() -> None:
    saying = [page.name for page in PAGES if "pip install './ecrops[" in page.read_text()]
    assert saying == ["start.md"]


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 250
