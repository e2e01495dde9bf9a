"""What many registries say together, where there is more to say than each alone: sizes, costs, what would expire. Pure.

Called by ``result``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from ecrops.base.render import count
from ecrops.inventory.inventory import Inventory
from ecrops.inventory.row import InventoryRow
from ecrops.registries.results.row import Row
from ecrops.registries.results.simulations import Simulations, summary

MOST_LINES = 150


class RegistriesInventory(Inventory):
    """The inventories of many registries as one: a row for each registry, whose name is the ``repository`` of the row.

    Made by ``RegistriesResult.inventory``.
    """

    _nouns: ClassVar[tuple[str, str]] = ("registry", "registries")

    def to_dict(self) -> dict[str, Any]:
        """Return the inventory, ready for JSON."""
        data = super().to_dict()
        return {("registries" if name == "repositories" else name): value for name, value in data.items()}


def inventory_of(rows: Sequence[Row]) -> RegistriesInventory | None:
    """Return the inventories of some registries as one; ``None`` if there are none."""
    found = [(row.location.label, row.value) for row in rows if isinstance(row.value, Inventory)]
    if not found:
        return None
    first = found[0][1]
    totals = (_total(name, inventory) for name, inventory in found)
    return RegistriesInventory(totals, first.prices, first.days, first.at)


def _total(name: str, inventory: Inventory) -> InventoryRow:
    from dataclasses import replace

    errors = len(inventory.errors)
    unread = f"{count(errors, 'repository', 'repositories')} not read as a whole" if errors else ""
    return replace(inventory.total, repository=name, error=unread)


def lines_of(rows: Sequence[Row]) -> Iterator[str] | None:
    """Return the lines that say what registries have together; ``None`` if there is nothing to add up."""
    if inventory := inventory_of(rows):
        return iter(str(inventory).splitlines())
    if any(isinstance(row.value, Simulations) for row in rows):
        return _simulations(rows)
    return None


def _simulations(rows: Sequence[Row]) -> Iterator[str]:
    found = [(row.location.label, row.value) for row in rows if isinstance(row.value, Simulations)]
    ordered = sorted(found, key=lambda pair: (-pair[1].bytes_freed, pair[0]))
    yield from (f"{name}: {value.summary}" for name, value in ordered[:MOST_LINES])
    if len(found) > MOST_LINES:
        yield f"and {len(found) - MOST_LINES:,} more registries"
    yield f"all registries: {summary(value for _, value in found)}"
