"""The tour runs, and its stored outputs are those of a run."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import run_tour


def joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs of a cell, with what was printed in one piece: a kernel that is busy sends it in several."""
    result: list[dict[str, Any]] = []
    for stream, group in groupby(outputs, lambda output: output.get("name", "")):
        same = list(group)
        text = "".join(output["text"] for output in same) if stream else ""
        result += [{"output_type": "stream", "name": stream, "text": text}] if stream else same
    return result


def test_the_stored_outputs_of_the_tour_are_those_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails because something is shown otherwise now, look at it, and run scripts/tour."""
    for variable in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    stored, fresh = run_tour.read(), run_tour.read()
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    run_tour.run(fresh)
    for old, new in zip(stored.cells, fresh.cells, strict=True):
        assert joined(new.get("outputs", [])) == joined(old.get("outputs", [])), new.source
    assert len([cell for cell in fresh.cells if cell.get("outputs")]) > 25
