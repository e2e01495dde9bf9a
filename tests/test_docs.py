"""The Python blocks of the documentation run, in order, against the emulated AWS; the example too."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import Cloud
from support import AT_ONCE

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(
    memory_cloud: Cloud, page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecrops.engine.account.RetryPolicy", lambda: AT_ONCE)
    text = page.read_text()
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S))
    assert blocks
    namespace: dict[str, object] = {"__name__": "docs"}
    try:
        for block in blocks:
            line = text[: block.start(1)].count("\n")
            exec(compile("\n" * line + block[1], page, "exec"), namespace)
    finally:
        logging.getLogger("ecrops").setLevel(logging.NOTSET)
    printed = capsys.readouterr().out
    for shown in re.findall(r"^```text\n(.*?)^```", text, re.M | re.S):
        assert shown in printed


def anchors(page: Path) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_the_quickstart_does_all_that_it_claims(http_cloud: Cloud) -> None:
    assert http_cloud.endpoint_url
    environment = {**os.environ, "AWS_ENDPOINT_URL": http_cloud.endpoint_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples" / "quickstart.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Everything above really happened.\n")
    assert http_cloud.client("ecr").describe_repositories()["repositories"] == []
