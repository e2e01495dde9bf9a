"""docs/command.md says what the parser and the results say."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ecrops.cli.exit_codes import MEANINGS
from ecrops.cli.parser import parser
from ecrops.fleet.reading import ENDINGS
from ecrops.testing import Cloud

from .conftest import Run, write
from .test_reading import POLICY

PAGE = (Path(__file__).parents[2] / "docs" / "command.md").read_text()
COMMON = {"--json", "--profile", "--region", "--debug"}
SHARED = {
    "--dry-run": "Images",
    "--in-use": "What runs is never deleted",
}
"""Parts of the page about options that several commands have, by the option that says that a command has them."""


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    [subparsers] = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(subparsers.choices)


def options(command: argparse.ArgumentParser) -> set[str]:
    """The long options of a command, each with the word for its value, as the page shows them."""
    actions = (action for action in command._actions if action.option_strings and action.dest != "help")
    return {" ".join(filter(None, (action.option_strings[-1], _value(action)))) for action in actions}


def _value(action: argparse.Action) -> str:
    return f"{action.metavar}{'…' if action.nargs == '+' else ''}" if action.metavar else ""


def section(command: str) -> str:
    """The part of the page about a command."""
    match = re.search(rf"^### `ecrops {command}[ `].*?(?=^##)", PAGE, re.M | re.S)
    assert match, command
    return match[0]


def part(heading: str) -> str:
    """The part of the page below a heading, down to the next one."""
    match = re.search(rf"^##+ {heading}$.*?(?=^##)", PAGE, re.M | re.S)
    assert match, heading
    return match[0]


def documented(text: str) -> set[str]:
    """The options in the table of a part of the page."""
    return set(re.findall(r"^\| `(--[^`]+)` \|", text, re.M))


@pytest.mark.parametrize("name", parsers())
def test_the_page_has_every_option_of_a_command_and_no_other(name: str) -> None:
    expected = {option for option in options(parsers()[name]) if option.split()[0] not in COMMON}
    for option, heading in SHARED.items():
        if option in expected:
            shared = documented(part(heading))
            assert shared <= expected
            expected -= shared
    assert documented(section(name)) == expected


def test_the_page_has_the_commands_the_common_options_and_the_exit_codes() -> None:
    assert sorted(re.findall(r"^### `ecrops ([\w-]+)", PAGE, re.M)) == sorted(parsers())
    common = re.search(r"^## Options of all commands.*?(?=^##)", PAGE, re.M | re.S)
    assert common
    assert documented(common[0]) == options(parser())
    assert list(map(int, re.findall(r"^\| (\d+) \|", PAGE, re.M))) == list(MEANINGS)


def test_every_command_has_help_with_an_example_of_itself() -> None:
    for name, command in parsers().items():
        text = command.format_help()
        assert f"ecrops {name}" in text.split("examples:")[1], name
        assert max(map(len, text.splitlines())) <= 120, name


def keys(text: str) -> list[str]:
    """The keys that a part of the page names first as those of the result."""
    return re.findall(r"`(\w+)`", re.search(r"^JSON: (.*?)\.(?: |$)", text, re.M | re.S)[1])  # type: ignore[index]


def test_the_keys_of_json_are_those_of_the_page(run: Run, fleet: str, tmp_path: Path, memory_cloud: Cloud) -> None:
    policy, config = write(tmp_path / "policy.json", POLICY), str(tmp_path / "config.json")
    assert run("apply", "--yes", fleet).code == 0
    asked: dict[str, tuple[str, ...]] = {
        "plan": (fleet,),
        "access": ("team/api",),
        "can": ("user/ci", "pull", "team/api"),
        "lint-access": ("--all",),
        "simulate": ("team/api", policy),
        "lint": (policy,),
        "forecast": ("team/api", "--price", "0.1"),
        "login": ("--config", config),
        "doctor": (fleet,),
    }
    memory_cloud.push_image("team/api", tag="v1")
    asked |= {
        "images": ("team/api",),
        "copy": ("--yes", "--create", "team/api", "mirror/api"),
        "inventory": ("team/api",),
    }
    for name, arguments in asked.items():
        data = run(name, "--json", *arguments).data
        named = [key for key in keys(section(name)) if key not in ("stored", "without", "saved")]
        assert list(data) == named, name
    error = re.search(r"^JSON of an error: (.*?)\.$", PAGE, re.M | re.S)
    assert error
    failed: dict[str, Any] = json.loads(run("show", "--json", "team/none").out)["error"]
    assert list(failed) == re.findall(r"`(\w+)`", error[1])


def test_the_help_of_report_has_every_ending_of_a_fleet_file() -> None:
    assert f"({', '.join(ENDINGS)}, or -)" in " ".join(parsers()["report"].format_help().split())
