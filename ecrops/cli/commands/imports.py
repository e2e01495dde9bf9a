"""``import``: fleet files from what other tools have."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE, ERROR

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands


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
        ),
    )
    command.add_argument("source", choices=("terraform", "cloudformation"), metavar="SOURCE", help="%(choices)s")
    command.add_argument(
        "file", metavar="FILE", help="terraform.tfstate, the output of terraform show -json, or a template; - is stdin"
    )
    command.add_argument("--strict", action="store_true", help="end with 1 if something could not be carried over")


def import_fleet(arguments: Namespace, console: Console) -> int:
    """Make a fleet file."""
    from importlib import import_module

    from ecrops.cli.fleet_files import data_of, written

    imports = import_module("ecrops.fleet.imports")
    read = imports.from_terraform if arguments.source == "terraform" else imports.from_cloudformation
    imported = read(data_of(arguments.file))
    console.raw(written(imported.specs, "json" if console.as_json else "yaml"))
    for left in imported.left:
        console.say(f"warning: not carried over: {left}")
    return ERROR if imported.left and arguments.strict else DONE
