"""The blocks of the documentation that can be run: Python, commands of a shell, and files that commands read.

A page says that something is not run with a comment in it: ``# not run: needs Docker``. It is about its line in a block
of commands, and about the whole block in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from site_links import AT_HOME

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
NOT_RUN = re.compile(r"# not run: (.+)$", re.M)
# pages of the site that are made when it is built, and what they are made of; the reference has no blocks to run
SOURCES = {page: file for file, page in AT_HOME.items()}


class Block(NamedTuple):
    """Something that a page shows: ``language`` is python, console or file."""

    page: str
    line: int
    language: str
    text: str
    title: str = ""

    @property
    def place(self) -> str:
        """Where it is, as an editor opens it."""
        return f"{self.page}:{self.line}"

    @property
    def not_run(self) -> str:
        """Why it is not run, or nothing."""
        return _reason(self.text)


class Command(NamedTuple):
    """A command of a block, and the lines that the page shows below it."""

    text: str
    shown: tuple[str, ...]

    @property
    def not_run(self) -> str:
        """Why it is not run, or nothing. A command of ``scripts/`` is there in a checkout alone."""
        return _reason(self.text) or "for a checkout" * self.text.startswith("scripts/")


def _reason(text: str) -> str:
    match = NOT_RUN.search(text)
    return match[1] if match else ""


def pages() -> list[str]:
    """Return the pages that have blocks to run, in the order of the site."""
    named = re.findall(r"^ +- (?:.+: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.M)
    files = [SOURCES.get(name, f"docs/{name}") for name in named]
    return [name for name in files if (ROOT / name).exists() and name not in ("CHANGELOG.md", "CONTRIBUTING.md")]


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Yield the blocks of a page that can be run."""
    for fence in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', fence["info"])
        language = "file" if title else fence["language"]
        if language in ("python", "console", "file"):
            line = text[: fence.start("text")].count("\n")
            yield Block(page, line, language, fence["text"], title[1] if title else "")


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the commands of a block: a line that starts with a dollar, and the lines that it continues on."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        lines = part.splitlines()
        count = 1
        while lines[count - 1].endswith("\\"):
            count += 1
        yield Command("\n".join(lines[:count]), tuple(line for line in lines[count:] if line.strip()))
