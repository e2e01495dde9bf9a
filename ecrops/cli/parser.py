"""The arguments of all commands. It imports argparse, and nothing that a command needs when it runs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from textwrap import fill
from typing import NoReturn, TypeAlias

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import MEANINGS
from ecrops.version import __version__

Run: TypeAlias = Callable[[argparse.Namespace, Console], int]

_DESCRIPTION = """\
Provision Amazon ECR: repositories, lifecycle policies, grants, events, and the settings of the registry.
A fleet file says what should be. ecrops reads what AWS has, and makes only the calls that are missing.
"""
_EXAMPLES = """\
examples:
  ecrops export > fleet.yaml              write what exists into a fleet file
  ecrops plan fleet.yaml                  show what is missing; this only reads
  ecrops apply fleet.yaml                 show it, ask, and make it
  ecrops simulate team/api policy.json    which images would this lifecycle policy delete?
  ecrops try                              a Python prompt with an AWS of its own: no account is needed
  ecrops COMMAND --help                   the options of a command, with examples
"""


class UsageError(Exception):
    """Wrong arguments.

    Attributes:
        usage: The right ones, in short.
    """

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError``. argparse would end the process with 2: that means that something differs."""

    def error(self, message: str) -> NoReturn:
        """Raise the error, with the command that was probably meant."""
        raise UsageError(_with_hint(message), self.format_usage().strip())


def check_given(arguments: argparse.Namespace, usage: str) -> None:
    """Refuse an empty argument: a variable of a shell that is not set means no other region, and approves nothing.

    Raises:
        UsageError: With the name of the argument.
    """
    for name, value in vars(arguments).items():
        if name != "words" and (value == "" or (isinstance(value, list) and "" in value)):
            raise UsageError(
                f"{name.replace('_', '-')}: expected a value, got an empty text: is a variable not set?", usage
            )


def _with_hint(message: str) -> str:
    """Return a message of argparse, shorter and with the nearest name, if it is about a command that is none."""
    match = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(choose from (.*)\)", message)
    if not match:
        return message
    from ecrops.base.problems import hint

    return f"there is no command {match[1]!r}{hint(match[1], re.findall(r'[a-z]+', match[2]))}"


class Commands:
    """Adds commands to the parser, each with the options that all commands have."""

    def __init__(self, top: Parser) -> None:
        self._parsers = top.add_subparsers(
            title="commands", dest="command", metavar="COMMAND", required=True, parser_class=Parser
        )

    def add(self, name: str, run: Run, *, short: str, long: str = "", examples: Sequence[str] = ()) -> Parser:
        """Add a command, and return its parser for its own arguments.

        Args:
            name: Its name.
            run: What it does.
            short: One line, for the list of commands.
            long: What else its help says.
            examples: Lines of a shell.
        """
        shown = "\n".join(["examples:", *(f"  {line}" for line in examples)]) if examples else None
        parser: Parser = self._parsers.add_parser(
            name,
            help=short,
            description=fill(f"{short[0].upper()}{short[1:]}. {long}", 100),
            epilog=shown,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.set_defaults(run=run)
        _add_common(parser.add_argument_group("options of all commands"), argparse.SUPPRESS)
        return parser


def _add_common(group: argparse._ArgumentGroup | Parser, default: object = None) -> None:
    """Add the options that may stand before and after the name of a command."""
    switch = default or False
    group.add_argument("--json", action="store_true", default=switch, help="print JSON; errors are JSON too")
    group.add_argument("--profile", metavar="NAME", default=default, help="the profile of the AWS configuration")
    group.add_argument("--region", metavar="REGION", default=default, help="the region, such as eu-west-1")
    group.add_argument(
        "--debug", action="store_true", default=switch, help="show tracebacks, and log changes, retries and waits"
    )


def add_name(command: Parser) -> None:
    """Add the argument that names the repository that a command is about."""
    command.add_argument("name", metavar="NAME", help="the name of a repository, or its ARN")


def parser() -> Parser:
    """Return the parser of all commands."""
    from ecrops.cli.commands import FAMILIES

    codes = "\n".join(f"  {code:<4}{meaning}" for code, meaning in MEANINGS.items())
    top = Parser(
        prog="ecrops",
        description=_DESCRIPTION,
        epilog=f"{_EXAMPLES}\nexit codes:\n{codes}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"ecrops {__version__}")
    _add_common(top)
    commands = Commands(top)
    for add in FAMILIES:
        add(commands)
    return top
