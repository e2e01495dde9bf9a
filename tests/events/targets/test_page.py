"""The page about events shows the parameters of every kind of target."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecrops.events.targets.kinds import TARGET_KINDS, TargetKind

PAGE = Path(__file__).parents[3] / "docs" / "events.md"


def rows() -> dict[str, list[str]]:
    """The cells of each row of the table of parameters, by the kind of target."""
    lines = PAGE.read_text().splitlines()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "Parameters` |" in line]
    return {cells[0]: cells[1:] for cells in found}


@pytest.mark.parametrize("kind", [kind for kind in TARGET_KINDS if kind.parameters], ids=lambda kind: kind.words)
def test_each_kind_of_target_has_its_parameters_on_the_page(kind: TargetKind) -> None:
    parameters, required, members = rows()[kind.words.partition(" ")[2]]
    assert parameters == f"`{kind.parameters}`"
    assert (required == "yes") == kind.needs
    assert members


def test_no_other_kind_is_in_the_table() -> None:
    assert set(rows()) == {kind.words.partition(" ")[2] for kind in TARGET_KINDS if kind.parameters}


@pytest.mark.parametrize("kind", TARGET_KINDS, ids=lambda kind: kind.words)
def test_each_kind_of_target_is_named_on_the_page(kind: TargetKind) -> None:
    text, words = PAGE.read_text().lower(), kind.words.lower().split(" ")
    assert words[1].removesuffix("s") in text
    assert kind.service != "ssm" or words[-1] in text
