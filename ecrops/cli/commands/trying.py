"""``try``: an AWS of this machine's own, with a Python prompt or a command in it."""

from __future__ import annotations

import argparse
from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands

_PROMPT = """\
import boto3
import ecrops
from ecrops import *
registry = Registry()
print(f"Python prompt with an AWS of its own: account {registry.account_id}, region {registry.region}.")
print("'registry' is its registry, and everything of ecrops is imported. It forgets everything when you leave.")
"""
_BEGIN = "ecrops try: from here, {} uses an AWS of its own: account 123456789012, region eu-west-1."
_END = "ecrops try: {} has ended, and its AWS is forgotten. Commands use your own credentials again."


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "try",
        try_it,
        short="try ecrops without an account: a Python prompt, or a command, with an AWS of its own",
        long=(
            "The AWS is an emulator on a port of this machine (pip install 'ecrops[testing]'). The command finds it "
            "through the variables of the AWS SDKs. Options of ecrops itself go before the command. The exit code is "
            "that of the command."
        ),
        examples=(
            "ecrops try",
            "ecrops try python my_program.py",
            "ecrops try bash -c 'ecrops apply --yes fleet.yaml; ecrops show team/api'",
        ),
    )
    command.add_argument("--example", action="store_true", help="begin with a dozen repositories and their images")
    command.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND", help="the command and its arguments")


def try_it(arguments: Namespace, console: Console) -> int:
    """Run a command, or a prompt, with an AWS of its own."""
    import sys

    from ecrops.testing.__main__ import main

    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    example = ["--example"] if arguments.example else []
    if not words:
        return main([*example, "--", sys.executable, "-i", "-c", _PROMPT], end=_END.format("the prompt"))
    return main([*example, "--", *words], begin=_BEGIN.format(words[0]), end=_END.format(words[0]))
