"""Fleet files and policies, from files and from stdin."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.cli.failures import CommandError

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
    from fnmatch import fnmatchcase

    from ecrops.spec import RepositorySpec, fleet_from_dict

    specs: list[Any] = [spec for path in arguments.files for spec in fleet_from_dict(_parsed(path))]
    if not arguments.only:
        return specs
    named = [spec for spec in specs if isinstance(spec, RepositorySpec)]
    chosen = [spec for spec in named if any(fnmatchcase(spec.name, pattern) for pattern in arguments.only)]
    if not chosen:
        raise CommandError(f"no repository in {', '.join(arguments.files)} has a name like {', '.join(arguments.only)}")
    return chosen


def data_of(path: str) -> Any:
    """Return what a file of another tool says: JSON, or YAML as CloudFormation has it."""
    from ecrops.base.plain_json import parsed

    return parsed(text_of(path))


def _parsed(path: str) -> Any:
    import yaml

    return yaml.safe_load(text_of(path))


def written(specs: list[Any], form: str) -> str:
    """Return a fleet file of specs, in YAML or in JSON."""
    import json

    import yaml

    from ecrops.spec import fleet_to_dict

    data = json.loads(json.dumps(fleet_to_dict(specs)))
    return json.dumps(data, indent=2) if form == "json" else yaml.safe_dump(data, sort_keys=False)
