"""docs/access.md says what the tables of the code say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecrops.access.answers.needs import TOKEN, VERBS
from ecrops.access.linting.findings import SEVERITIES
from ecrops.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "access.md").read_text()


def section(heading: str) -> str:
    found = re.search(rf"^##+ {heading}$.*?(?=^##)", PAGE, re.M | re.S)
    assert found, heading
    return found[0]


def test_the_page_has_every_code_of_a_finding_with_its_severity() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", section("What an auditor asks"), re.M)
    assert dict(rows) == SEVERITIES
    order = [severity for _, severity in rows]
    assert order == sorted(order, key=("high", "medium", "low").index)


def test_the_page_has_every_verb_with_what_it_needs() -> None:
    rows = dict(re.findall(r"^\| (`.+?`) \| (.+) \|$", section("What"), re.M))
    named = [verb for cell in rows for verb in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(VERBS)
    for verb in ("pull", "push", "read", "change_policies"):
        actions, token = VERBS[verb]
        told = rows[f"`{verb}`"]
        assert set(re.findall(r"`(ecr:\w+)`", told)) - {TOKEN} == set(actions), verb
        assert ("token" in told or TOKEN in told) == token, verb


def test_the_command_and_its_page_name_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    told = re.search(r"`VERB` is (.*?)\.$", (ROOT / "docs" / "command.md").read_text(), re.M | re.S)
    assert told
    assert set(re.findall(r"`(\w+)`", told[1])) == set(VERBS)
    main(["can", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{verb}," in text for verb in VERBS)
