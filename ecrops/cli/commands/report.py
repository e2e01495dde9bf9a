"""``report``: one page for people who would rather look than read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands

_ENDINGS = (".yaml", ".yml", ".json", ".toml")


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "report",
        report,
        short="make one HTML page: differences, findings, and the storage to expect",
        long="The page goes to stdout. On a terminal, the report is shown as text.",
        examples=(
            "ecrops report fleet.yaml > report.html",
            "ecrops report team/api team/worker > report.html",
            "ecrops report --all > report.html",
        ),
    )
    command.add_argument(
        "things",
        nargs="*",
        metavar="FILE|NAME",
        help=f"fleet files ({', '.join(_ENDINGS)}, or -), or names of repositories",
    )
    command.add_argument("--all", action="store_true", help="all repositories of the registry")
    command.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="of files: only names such as 'team/*'"
    )
    command.add_argument("--days", type=int, default=90, metavar="N", help="how many days to forecast; 90 without it")
    command.add_argument(
        "--price", type=float, default=0.10, metavar="PRICE", help="the price of a GB for a month; 0.10 without it"
    )
    command.add_argument("--no-images", action="store_true", help="read no images: no storage, no cost, no forecast")


def report(arguments: Namespace, console: Console) -> int:
    """Make the page."""
    import sys

    from ecrops.base.render import is_terminal
    from ecrops.cli.account import reading
    from ecrops.cli.failures import CommandError
    from ecrops.cli.fleet_files import STDIN, specs_of

    if bool(arguments.things) == arguments.all:
        raise CommandError("say what the report is about: fleet files, names of repositories, or --all")
    files = [thing for thing in arguments.things if thing == STDIN or thing.endswith(_ENDINGS)]
    names = [thing for thing in arguments.things if thing not in files]
    if arguments.only and not files:
        raise CommandError("--only is about fleet files, and there is none: name the repositories themselves")
    arguments.files = files
    with reading(arguments) as registry:
        specs = specs_of(arguments, registry) if files else []
        made = registry.report(
            *specs, *names, images=not arguments.no_images, days=arguments.days, price_per_gb_month=arguments.price
        )
    if console.as_json or is_terminal(sys.stdout):
        console.show(made)
    else:
        console.raw(made.html())
    return DONE
