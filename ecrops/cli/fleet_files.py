"""Fleet files and policies, from files and from stdin."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ecrops.cli.parser import Parser
    from ecrops.registry import Registry

STDIN = "-"


def add_files(parser: Parser, nargs: str = "+") -> None:
    """Add the arguments that name fleet files, and the repositories in them."""
    parser.add_argument("files", nargs=nargs, metavar="FILE", help="fleet files; - reads one from stdin")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only the repositories with such names, such as 'team/*'; may be said several times. "
        "The settings of the registry are left out then",
    )


def text_of(path: str) -> str:
    """Return the text of a file, or of stdin."""
    return sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")


def specs_of(arguments: Namespace, registry: Registry) -> list[Any]:
    """Return the specs in the fleet files that the arguments name."""
    from ecrops.fleet import Fleet, parse, read

    paths = [path for path in arguments.files if path != STDIN]
    specs = [*read(*paths, registry=registry).specs] if paths else []
    if STDIN in arguments.files:
        text = text_of(STDIN)
        form: Literal["json", "yaml"] = "json" if text.lstrip().startswith("{") else "yaml"
        specs += parse(text, form, name="stdin", registry=registry).specs
    fleet = Fleet(tuple(specs))
    return [*(fleet.only(*arguments.only) if arguments.only else fleet)]


def data_of(path: str) -> Any:
    """Return what a file of another tool says: JSON, or YAML as CloudFormation has it."""
    from ecrops.base.plain_json import parsed

    return parsed(text_of(path))


def written(specs: list[Any], form: Literal["yaml", "json"]) -> str:
    """Return a fleet file of specs, in YAML or in JSON."""
    from ecrops.fleet import write

    return write(specs, form)
