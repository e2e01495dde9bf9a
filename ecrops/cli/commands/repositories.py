"""``export`` and ``show``: what AWS has."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE
from ecrops.cli.parser import add_name

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the commands."""
    command = commands.add(
        "export",
        export,
        short="write the repositories that exist into a fleet file",
        long="The file goes to stdout: YAML, or JSON with --json. What cannot be read is named on stderr.",
        examples=(
            "ecrops export > fleet.yaml",
            "ecrops export team/api team/worker > team.yaml",
            "ecrops export --only 'team/*' --settings > fleet.yaml",
        ),
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="names of repositories; all without one")
    command.add_argument("--only", action="append", default=[], metavar="PATTERN", help="only names such as 'team/*'")
    command.add_argument("--settings", action="store_true", help="the settings of the registry too, under registry:")
    command = commands.add(
        "show",
        show,
        short="show a repository as it is, in the words of a fleet file",
        examples=("ecrops show team/api", "ecrops show --json team/api | jq .lifecycle_rules"),
    )
    add_name(command)


def export(arguments: Namespace, console: Console) -> int:
    """Write a fleet file of what exists."""
    from ecrops.cli.account import reading
    from ecrops.cli.fleet_files import chosen, written

    with reading(arguments) as registry:
        repositories = chosen(registry.describe(*arguments.names), arguments.only)
        settings = [registry.describe_settings()] if arguments.settings else []
    console.raw(written([*settings, *repositories], console))
    return DONE


def show(arguments: Namespace, console: Console) -> int:
    """Show one repository."""
    from ecrops.cli.account import reading
    from ecrops.fleet.writing import write

    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        spec, uri = repository.describe(), repository.uri
    if console.as_json:
        console.data(spec.to_dict())
    else:
        console.raw(f"# {uri}\n{write([spec])}")
    return DONE
