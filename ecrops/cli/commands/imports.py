"""``import``: fleet files from what other tools have."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE, ERROR
from ecrops.cli.fleet_files import STDIN, text_of, written

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.fleet.imports import Imported


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
    command.add_argument(
        "--account", metavar="ID", help="the account; without it the file may have {account}, which plan fills in"
    )
    command.add_argument("--grants", action="store_true", help="grants in policies of IAM too: ecrops writes its own")
    command.add_argument("--events", action="store_true", help="EventBridge rules on events of ECR too")
    command.add_argument("--strict", action="store_true", help="end with 1 if something could not be carried over")


def import_fleet(arguments: Namespace, console: Console) -> int:
    """Make a fleet file."""
    from ecrops.fleet import imports

    read = imports.from_terraform if arguments.source == "terraform" else imports.from_cloudformation
    imported = read(
        text_of(STDIN) if arguments.file == STDIN else Path(arguments.file),
        account=arguments.account,
        region=arguments.region,
        grants=arguments.grants,
        events=arguments.events,
    )
    console.raw(_text(imported, console))
    left = [
        *map(str, imported.left),
        *(f"{spec.name}: a public repository is in no fleet file" for spec in imported.public),
    ]
    for reason in left:
        console.say(f"not carried over: {reason}")
    return ERROR if left and arguments.strict else DONE


def _text(imported: Imported, console: Console) -> str:
    """Return the fleet file, with placeholders for an account and a region that nobody named."""
    from ecrops.fleet.imports.imported import STAND_INS

    settings = [] if imported.registry is None else [imported.registry]
    text = written([*settings, *imported.repositories], console)
    for name in imported.placeholders:
        # YAML takes a value without quotes that begins with a brace for a mapping
        begins = re.compile(rf"^(\s*(?:- )*(?:[^\s:]+: )?)({STAND_INS[name]}.*)$", re.M)
        text = begins.sub(r'\1"\2"', text).replace(STAND_INS[name], f"{{{name}}}")
    return text
