"""Fleet files and policies, from files and from stdin."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.failures import CommandError

if TYPE_CHECKING:
    from ecrops.cli.parser import Parser
    from ecrops.fleet.reading import FleetFiles, Text
    from ecrops.registry import Registry
    from ecrops.registry_settings.spec import RegistrySpec
    from ecrops.spec import RepositorySpec

STDIN = "-"
STDIN_NAME = "<stdin>"


def add_files(parser: Parser, nargs: str = "+") -> None:
    """Add the arguments that name fleet files, and the repositories in them."""
    parser.add_argument(
        "files", nargs=nargs, metavar="FILE", help="fleet files, or folders with some; - reads one from stdin"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only the repositories with such names, such as 'team/*'; may be said several times. "
        "The settings of the registry are left out then",
    )


def decoded_stdin() -> str:
    """Return what comes from stdin as a text.

    Raises:
        SpecError: It is not UTF-8.
    """
    from ecrops.fleet.reading import decoded

    return decoded(stdin_bytes(), STDIN_NAME)


def stdin_bytes() -> bytes:
    """Return what comes from stdin. The encoding of a terminal is not that of a file."""
    return sys.stdin.buffer.read() if sys.stdin is not None else b""


def stdin_text() -> Text:
    """Return what comes from stdin, as YAML where that can be read, else as JSON."""
    from importlib.util import find_spec

    from ecrops.fleet.reading import Text

    return Text(STDIN_NAME, stdin_bytes(), "yaml" if find_spec("yaml") else "json")


def files_of(arguments: Namespace) -> FleetFiles:
    """Return the fleet files that the arguments name. They, and stdin, are read once for a command."""
    from ecrops.fleet.reading import FleetFiles

    if "fleet_files" not in arguments:
        if arguments.files.count(STDIN) > 1:
            raise CommandError("stdin can be read once: say - once")
        texts = [stdin_text()] if STDIN in arguments.files else []
        arguments.fleet_files = FleetFiles([path for path in arguments.files if path != STDIN], texts)
    files: FleetFiles = arguments.fleet_files
    return files


def specs_of(arguments: Namespace, registry: Registry) -> Sequence[RepositorySpec | RegistrySpec]:
    """Return the specs in the fleet files that the arguments name."""
    from ecrops.fleet.placeholders import Values

    fleet = files_of(arguments).fleet(Values(None, None, registry))
    return (fleet.only(*arguments.only) if arguments.only else fleet).specs


def chosen(specs: Sequence[RepositorySpec], patterns: Sequence[str]) -> Sequence[RepositorySpec]:
    """Return the specs of repositories with such names; all if there is no pattern.

    Raises:
        SpecError: A pattern fits none of them.
    """
    from ecrops.errors import SpecError
    from ecrops.fleet.fleet import Fleet

    try:
        return Fleet(tuple(specs)).only(*patterns).repositories if patterns else specs
    except SpecError as error:  # these are of the registry, and of no fleet file
        raise SpecError(*(reason.replace(" of the fleet ", " of the registry ") for reason in error.reasons)) from None


def written(specs: Iterable[RepositorySpec | RegistrySpec], console: Console) -> str:
    """Return a fleet file of specs: YAML, or JSON if the result is to be JSON."""
    from ecrops.fleet.writing import write

    return write(specs, "json" if console.as_json else "yaml")
