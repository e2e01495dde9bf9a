"""``import``: fleet files from what other tools have."""

from __future__ import annotations

import argparse
from argparse import Namespace
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
    for option, of, metavar, help in (
        ("--parameter", "parameters", "NAME=VALUE", "the value of a parameter; may be said several times"),
        ("--resource", "resources", "ID=NAME", "the name or ARN of a resource, by its logical id; several times too"),
    ):
        group.add_argument(option, dest=of, action="append", type=_pair, metavar=metavar, help=help)
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
    """Return what was said of the stack of a template.

    Raises:
        CommandError: It is said of Terraform, or two things are said of one name.
    """
    from ecrops.cli.failures import CommandError

    options = {"parameters": "--parameter", "resources": "--resource"}
    options |= {"stack_name": "--stack-name", "partition": "--partition"}
    said = {of: value for of in options if (value := getattr(arguments, of)) is not None}
    if said and arguments.source == "terraform":
        raise CommandError(f"{options[next(iter(said))]} is for a template of CloudFormation, not for terraform")
    for of in said.keys() & {"parameters", "resources"}:
        values = dict(said[of])
        if len(values) < len(said[of]):
            twice = next(name for name in values if sum(other == name for other, _ in said[of]) > 1)
            raise CommandError(f"{options[of]} {twice}=… is there twice: say it once")
        said[of] = values
    return said
