"""``inventory``: what repositories store, how fast they grow, and what that costs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE, ERROR
from ecrops.cli.images.selections import add_usage, protected
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.inventory.row import InventoryRow


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "inventory",
        inventory,
        short="show what repositories store, how fast they grow, and what that costs",
        long=(
            "Of all repositories of the registry, or of those that are named. It only reads. What could not be read is "
            "said on stderr; of a repository that was named, that ends with 1."
        ),
        examples=(
            "ecrops inventory",
            "ecrops inventory --growing 20",
            "ecrops inventory --in-use --csv > inventory.csv",
            "ecrops inventory --json team/api | jq .total.cost_per_month",
        ),
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="names of repositories; all without one")
    command.add_argument(
        "--price", type=float, default=0.10, metavar="PRICE", help="the price of a GB for a month; 0.10 without it"
    )
    command.add_argument("--days", type=int, default=90, metavar="N", help="how many days to forecast; 90 without it")
    command.add_argument(
        "--manifests",
        action="store_true",
        help="read all manifests, so that shared layers count once; ECR counts that as a pull of each image",
    )
    command.add_argument("--growing", type=int, metavar="N", help="only the N repositories that grow fastest")
    command.add_argument("--csv", action="store_true", help="print CSV, with a line for each repository")
    add_usage(command.add_argument_group("what is in use"))


def inventory(arguments: Namespace, console: Console) -> int:
    """Make the inventory."""
    from ecrops.cli.account import reading
    from ecrops.cli.failures import CommandError

    if arguments.csv and console.as_json:
        raise CommandError("--csv and --json are two forms of one result: say one of them")
    if arguments.growing is not None and arguments.growing < 1:
        raise CommandError(f"--growing: expected a number of at least 1, got {arguments.growing}")
    with reading(arguments) as registry:
        used = protected(arguments)
        made = registry.inventory(
            *arguments.names,
            price_per_gb_month=arguments.price,
            manifests=arguments.manifests,
            days=arguments.days,
            in_use=used or None,
        )
        growing = None if arguments.growing is None else made.fastest_growing(arguments.growing)
        errors = made.errors
    if arguments.csv:
        console.csv(_chosen(made.csv_rows(), growing))
    elif growing is None:
        console.data(made.to_dict()) if console.as_json else console.text(of_the_command(str(made)))
    elif console.as_json:
        console.data({"repositories": [row.to_dict() for row in growing]})
    else:
        console.text(_growing_words(growing))
    if arguments.csv or growing is not None:
        for row in errors:
            console.say(f"could not be read: {row.repository}: {row.error}")
    return ERROR if errors and arguments.names else DONE


def _chosen(rows: Iterable[tuple[Any, ...]], growing: Iterable[InventoryRow] | None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table: all, or those that grow fastest."""
    head, *lines = rows
    yield head
    place = head.index("repository")
    by_name = {line[place]: line for line in lines}
    yield from lines if growing is None else (by_name[row.repository] for row in growing)


def _growing_words(rows: Iterable[InventoryRow]) -> str:
    from ecrops.base.render import page, text_size

    lines = [
        f"{row.repository}: {text_size(row.growth_bytes)} pushed in 30 days, {text_size(row.bytes)} stored"
        for row in rows
    ]
    return page(lines or ["no repository grew in 30 days"])
