"""``schema``: the JSON Schema of fleet files."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    commands.add(
        "schema",
        schema,
        short="print the JSON Schema of fleet files, for editors and CI",
        long="Draft 2020-12. It needs no AWS.",
        examples=("ecrops schema > fleet.schema.json",),
    )


def schema(arguments: Namespace, console: Console) -> int:
    """Print the schema."""
    from ecrops.fleet.schema_file import schema as schema_of_fleet_files

    console.data(schema_of_fleet_files())
    return DONE
