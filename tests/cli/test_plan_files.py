"""The file that ``plan --out`` writes: it is no fleet file, and disturbs none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run


@pytest.fixture
def folder(tmp_path: Path, fleet: str, run: Run) -> Path:
    """A folder with a fleet file, and a plan of it."""
    assert run("plan", "--out", str(tmp_path / "plan.json"), str(tmp_path)).code == 0
    return tmp_path


def test_a_plan_in_the_folder_of_a_fleet_is_left_out(run: Run, folder: Path) -> None:
    first = json.loads((folder / "plan.json").read_text())
    assert first["ecrops"] == "plan"
    (folder / "deep").mkdir()
    (folder / "deep" / "old.json").write_text(run("plan", "--json", str(folder)).out)  # without --out
    again = run("plan", "--out", str(folder / "plan.json"), str(folder))
    assert (again.code, again.out.splitlines()[-1]) == (0, "4 to create")
    assert json.loads((folder / "plan.json").read_text()) == first
    assert run("report", "--json", "--no-images", str(folder)).data["plan"]["summary"] == "4 to create"
    assert run("apply", "--approved", first["checksum"], str(folder)).code == 0


@pytest.mark.parametrize("command", [("apply", "--yes"), ("plan",), ("report",)])
def test_a_plan_is_no_fleet_file(run: Run, folder: Path, command: tuple[str, ...]) -> None:
    file = folder / "plan.json"
    for arguments, stdin in (((str(file),), ""), (("-",), file.read_text()), ((str(folder), str(file)), "")):
        ran = run(*command, *arguments, stdin=stdin)
        assert ran.code == 1
        assert len(ran.err.splitlines()) == 1
        assert "this is a plan, and no fleet file" in ran.err
        assert "ecrops apply FILE --approved CHECKSUM" in ran.err


def test_a_folder_with_nothing_but_a_plan_has_no_fleet(run: Run, folder: Path) -> None:
    (folder / "fleet.json").unlink()
    ran = run("plan", str(folder))
    assert (ran.code, ran.out) == (1, "")
    assert "no fleet file in it" in ran.err
