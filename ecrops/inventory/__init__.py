"""The inventory: what each repository of a registry stores, how fast it grows, what it costs, and what of it is used.

``registry.inventory()`` returns an ``Inventory``, which yields a row for each repository while it reads.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.inventory.counting import Counts as Counts
    from ecrops.inventory.inventory import Inventory as Inventory
    from ecrops.inventory.prices import Prices as Prices
    from ecrops.inventory.row import InventoryRow as InventoryRow

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.inventory.counting": ("Counts",),
            "ecrops.inventory.inventory": ("Inventory",),
            "ecrops.inventory.prices": ("Prices",),
            "ecrops.inventory.row": ("InventoryRow",),
        },
    )
