"""``report``: one page for people who would rather look than read."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE
from ecrops.cli.plans.many import add_registries, place

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.registries.file import FleetSpecs, RegistriesFile
    from ecrops.registries.results.report import RegistriesReport
    from ecrops.report.report import Report


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "report",
        report,
        short="make one HTML page: differences, findings, and the storage to expect",
        long=(
            "The page goes to stdout. On a terminal, the report is shown as text. What could not be read is said on "
            "stderr. A name that no repository has is an error."
        ),
        examples=(
            "ecrops report fleet.yaml > report.html",
            "ecrops report fleet/ > report.html              # the fleet files in a folder",
            "ecrops report team/api team/worker > report.html",
            "ecrops report --all --access > report.html",
            "ecrops report --registries registries.yaml fleet.yaml > report.html",
        ),
    )
    command.add_argument(
        "things",
        nargs="*",
        metavar="FILE|NAME",
        help="fleet files (.yaml, .yml, .json, .toml, or -), folders with some, or names of repositories",
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
    command.add_argument(
        "--access", action="store_true", help="say who can do what with the repositories, by every policy"
    )
    add_registries(command)


def report(arguments: Namespace, console: Console) -> int:
    """Make the page."""
    from ecrops.cli.account import reading
    from ecrops.cli.failures import CommandError
    from ecrops.cli.fleet_files import specs_of

    if bool(arguments.things) == arguments.all:
        raise CommandError("say what the report is about: fleet files, names of repositories, or --all")
    arguments.files = [thing for thing in arguments.things if _is_fleet(thing)]
    names = [thing for thing in arguments.things if thing not in arguments.files]
    if arguments.only and not arguments.files:
        raise CommandError("--only is about fleet files, and there is none: name a file, or only the repositories")
    if many := _place(arguments, names):
        return _over_all(console, *many)
    with reading(arguments) as registry:
        specs = specs_of(arguments, registry) if arguments.files else []
        made = registry.report(
            *specs,
            *names,
            images=not arguments.no_images,
            days=arguments.days,
            price_per_gb_month=arguments.price,
            access=arguments.access,
        )
    _check_names(made, names)
    for part in made.unread:
        console.say(f"could not be read: {part}")
    return _shown(made, console)


def _shown(made: Report | RegistriesReport, console: Console) -> int:
    """Show a report: as JSON, as text on a terminal, else as a page."""
    import sys

    from ecrops.base.render import is_terminal

    if console.as_json or is_terminal(sys.stdout):
        console.show(made)
    else:
        console.raw(made.html())
    return DONE


def _place(arguments: Namespace, names: Sequence[str]) -> tuple[RegistriesFile, FleetSpecs] | None:
    """Return the registries and the specs of each, if there are many; ``None`` if the report is about one registry.

    Raises:
        CommandError: The report is about names.
    """
    from ecrops.cli.failures import CommandError

    if arguments.registries is not None and (names or arguments.all):
        raise CommandError("a report about many registries says what differs from fleet files: name these alone")
    return place(arguments) if arguments.files else None


def _over_all(console: Console, where: RegistriesFile, specs: FleetSpecs) -> int:
    """Make the page about many registries."""
    made = where.registries.report(specs)
    for row in made.drift.failed:
        console.say(f"could not be read: {row}")
    return _shown(made, console)


def _is_fleet(thing: str) -> bool:
    """Whether an argument is a fleet file, or a folder with some, as for ``plan``; else it is a name."""
    from ecrops.cli.fleet_files import STDIN
    from ecrops.fleet.reading import ENDINGS

    return thing == STDIN or thing.endswith(tuple(ENDINGS)) or Path(thing).is_dir()


def _check_names(made: Report, names: Sequence[str]) -> None:
    """Refuse names that no repository has.

    Raises:
        CommandError: With each of them.
    """
    from ecrops.cli.failures import CommandError
    from ecrops.fleet.reading import ENDINGS
    from ecrops.report.reading import MISSING

    missing = {part.owner for part in made.unread if part.reason == MISSING}
    if absent := [name for name in dict.fromkeys(names) if name in missing]:
        what = "there is no such repository" if len(absent) == 1 else "there are no such repositories"
        raise CommandError(
            f"{', '.join(absent)}: {what} in account {made.account}, region {made.region}, nor such a folder; "
            f"fleet files end in {', '.join(ENDINGS)}"
        )
