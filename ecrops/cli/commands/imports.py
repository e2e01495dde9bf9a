"""``import``: fleet files from what other tools have."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE, ERROR
from ecrops.cli.fleet_files import STDIN, decoded_stdin
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands

_LEFT = "x-not-carried-over"
"""A key of the result as JSON that is ignored when the fleet file is read, as all that begin with ``x-``."""
_STACK_OPTIONS = {
    "parameters": "--parameter",
    "resources": "--resource",
    "stack_name": "--stack-name",
    "partition": "--partition",
}
"""The arguments of the library that describe the stack of a template, and their options."""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "import",
        import_fleet,
        short="make a fleet file of a Terraform state or plan, or of a CloudFormation template",
        long=(
            "The file goes to stdout: YAML, or JSON with --json. What could not be carried over is listed on stderr. "
            "A template may be one that the CDK made (cdk synth)."
        ),
        examples=(
            "terraform show -json > state.json && ecrops import terraform state.json > fleet.yaml",
            "ecrops import cloudformation cdk.out/Registry.template.json > fleet.yaml",
            "ecrops import cloudformation --parameter Stage=prod --resource Worker=stack-worker-x1 stack.yaml",
        ),
    )
    command.add_argument("source", choices=("terraform", "cloudformation"), metavar="SOURCE", help="%(choices)s")
    command.add_argument(
        "file", metavar="FILE", help="terraform.tfstate, the output of terraform show -json, or a template; - is stdin"
    )
    command.add_argument(
        "--account", metavar="ID", help="the account; without it the file may have {account}, which plan fills in"
    )
    command.add_argument("--grants", action="store_true", help="grants in policies of IAM too: ecrops writes its own")
    command.add_argument("--events", action="store_true", help="EventBridge rules on events of ECR too")
    command.add_argument("--strict", action="store_true", help="end with 1 if something could not be carried over")
    _add_of_templates(command.add_argument_group("options of cloudformation"))


def _add_of_templates(group: argparse._ArgumentGroup) -> None:
    """Add the options without which a template alone does not say what the stack is."""
    group.add_argument(
        "--parameter",
        dest="parameters",
        action="append",
        type=_pair,
        metavar="NAME=VALUE",
        help="the value of a parameter; may be said several times",
    )
    group.add_argument(
        "--resource",
        dest="resources",
        action="append",
        type=_pair,
        metavar="ID=NAME",
        help="the name or ARN of a resource, by its logical id; several times too",
    )
    group.add_argument("--stack-name", metavar="NAME", help="the name of the stack")
    group.add_argument("--partition", metavar="PARTITION", help="the partition of the stack; aws without it")


def _pair(text: str) -> tuple[str, str]:
    """Return what is before and after the first ``=``."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected a name, = and a value, got {text!r}")
    return name, value


def import_fleet(arguments: Namespace, console: Console) -> int:
    """Make a fleet file."""
    from ecrops.fleet import imports

    read = imports.from_terraform if arguments.source == "terraform" else imports.from_cloudformation
    imported = read(
        decoded_stdin() if arguments.file == STDIN else Path(arguments.file),
        account=arguments.account,
        region=arguments.region,
        grants=arguments.grants,
        events=arguments.events,
        **_of_the_stack(arguments),
    )
    left = [
        *(of_the_command(str(item)) for item in imported.left),
        *(f"{spec.name}: a public repository is in no fleet file" for spec in imported.public),
    ]
    if console.as_json:
        console.data(imported.to_dict() | ({_LEFT: left} if left else {}))
    else:
        console.raw(imported.text("yaml"))
    for reason in left:
        console.say(f"not carried over: {reason}")
    return ERROR if left and arguments.strict else DONE


def _of_the_stack(arguments: Namespace) -> dict[str, Any]:
    """Return the options of the command that describe the stack of a template, as the library takes them.

    Raises:
        CommandError: An option is given for Terraform, or has two values for one name.
    """
    from ecrops.cli.failures import CommandError

    values = {name: value for name in _STACK_OPTIONS if (value := getattr(arguments, name)) is not None}
    if values and arguments.source == "terraform":
        option = _STACK_OPTIONS[next(iter(values))]
        raise CommandError(f"{option} is for a template of CloudFormation, not for terraform")
    return {
        name: _mapping(value, _STACK_OPTIONS[name]) if isinstance(value, list) else value
        for name, value in values.items()
    }


def _mapping(pairs: Sequence[tuple[str, str]], option: str) -> dict[str, str]:
    """Return the pairs of an option as a dictionary.

    Raises:
        CommandError: A name is there twice.
    """
    from ecrops.cli.failures import CommandError

    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise CommandError(f"{option} {name}=… is there twice: say it once")
    return dict(pairs)
