"""The command in this process, against the emulator: its calls are recorded, and faults meet them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ecrops.cli.main import main
from ecrops.testing import Cloud
from support import AT_ONCE


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its result as JSON."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command: its arguments, and what it reads from stdin."""
    monkeypatch.setattr("ecrops.cli.account.session_of", lambda arguments: memory_cloud.session())
    monkeypatch.setattr("ecrops.engine.account.RetryPolicy", lambda: AT_ONCE)

    def run(*arguments: str, stdin: str | bytes = b"") -> Ran:
        content = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(content), "ascii"))
        code = main(arguments)
        return Ran(code, *capsys.readouterr())

    return run


FLEET = {
    "repositories": [
        {"name": "team/api", "image_scan_on_push": True, "lifecycle_rules": [{"max_image_count": 30}]},
        {"name": "team/worker", "tags": {"team": "web"}},
        {"name": "other/tool"},
    ]
}


@pytest.fixture
def fleet(tmp_path: Path) -> str:
    """The path of a fleet file with three repositories."""
    return write(tmp_path / "fleet.json", FLEET)


def write(path: Path, data: Any) -> str:
    """Write JSON into a file; return its path."""
    path.write_text(json.dumps(data))
    return str(path)
