"""What ``plan``, ``apply`` and ``drift`` do over many registries: one plan, one question, one approval.

Called by ``commands/fleet`` if ``--registries`` names a file, or the fleet file says where it is to be. A registry that
fails is said on stderr, and stops no other one.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ecrops.cli.console import Console, as_json
from ecrops.cli.exit_codes import CONFLICT, DIFFERS, DONE, ERROR, PARTLY_DONE
from ecrops.cli.failures import CommandError
from ecrops.cli.fleet_files import STDIN, files_of
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.cli.parser import Parser
    from ecrops.registries.file import FleetSpecs, RegistriesFile
    from ecrops.registries.results.plan import RegistriesPlan
    from ecrops.registries.results.row import Row


def add_registries(command: Parser) -> None:
    """Add the option that says where."""
    command.add_argument(
        "--registries",
        metavar="FILE",
        help="many accounts and regions: a file with registries, and perhaps overrides and waves; "
        "{account} and {region} in fleet files are those of each",
    )


def place(arguments: Namespace) -> tuple[RegistriesFile, FleetSpecs] | None:
    """Return the registries and the specs of each, if there are many; ``None`` if the fleet is for one registry.

    Raises:
        CommandError: An option is for one registry alone.
        SpecError: A file is wrong.
    """
    files = files_of(arguments)
    if arguments.registries is None and not files.say_where:
        return None
    from ecrops.registries.file import FleetSpecs, check_fleet, read_registries, registries_from

    if arguments.registries is None:
        where = registries_from(files.registries(), ", ".join(arguments.files))
    else:
        where = read_registries(arguments.registries)
    _check(arguments)
    specs = FleetSpecs(tuple(map(str, files.paths)), files.texts, tuple(arguments.only))
    check_fleet(specs, where.registries)
    return where, specs


def _check(arguments: Namespace) -> None:
    """Refuse options that are for one registry alone."""
    for option in ("profile", "region", "access", "plan"):
        if getattr(arguments, option, None):
            raise CommandError(f"--{option} is for one registry: with many, the file of the registries says where")


def plan(arguments: Namespace, console: Console, where: RegistriesFile, specs: FleetSpecs) -> int:
    """Show what is missing everywhere."""
    missing = where.registries.plan(specs)
    if arguments.out:
        Path(arguments.out).write_text(as_json({"ecrops": "plan"} | missing.to_dict()))
    _show(missing, console)
    if missing.failed:
        return ERROR
    if missing.conflicts:
        return CONFLICT
    if missing and not console.as_json:
        console.say(f"checksum, for ecrops apply --approved: {missing.checksum}")
    return DIFFERS if missing and arguments.detailed_exitcode else DONE


def drift(arguments: Namespace, console: Console, where: RegistriesFile, specs: FleetSpecs) -> int:
    """Show what differs anywhere."""
    found = where.registries.drift(specs)
    _show(found, console)
    return ERROR if found.failed else DIFFERS if found else DONE


def apply(arguments: Namespace, console: Console, where: RegistriesFile, specs: FleetSpecs) -> int:
    """Make what is missing everywhere, once somebody has agreed to it."""
    from ecrops.errors import ConflictError

    missing = where.registries.plan(specs)
    if missing.conflicts:
        _show(missing, console)
        return CONFLICT
    if missing and arguments.approved is not None and missing.checksum != arguments.approved:
        raise ConflictError(
            (),
            f"nothing was changed: {arguments.approved} was approved, and the plan is now {missing.checksum} "
            f"({missing.summary}); ecrops plan shows it, to be approved again",
        )
    deletes = 0 if arguments.deletes is None and arguments.yes else arguments.deletes
    if deletes is not None:
        missing.check(deletes)
    if not missing:
        _show(missing, console)
        return ERROR if missing.failed else DONE
    if not arguments.yes and arguments.approved is None:
        if STDIN in arguments.files or not console.can_ask():
            raise CommandError("nothing was changed: nobody can be asked; say --yes, or --approved CHECKSUM")
        console.show_aside(missing)
        if not console.ask(f"Make these changes ({missing.summary})?"):
            console.say("nothing was changed")
            return ERROR
    result = where.registries.apply(missing, waves=where.waves, on_result=lambda row: _say(row, console))
    console.data(result.to_dict()) if console.as_json else console.text(result.summary)
    if not result.errors:
        return DONE
    return PARTLY_DONE if result.applied else ERROR


def _show(missing: RegistriesPlan, console: Console) -> None:
    console.data(missing.to_dict()) if console.as_json else console.text(of_the_command(str(missing)))


def _say(row: Row, console: Console) -> None:
    """Say on stderr what became of a registry, as it comes."""
    console.say(of_the_command(f"{row.location.label}: {row.error or f'{len(row.applied)} changes made'}"))
