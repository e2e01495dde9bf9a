"""What storage costs. Pure. Called by whatever turns bytes into money: the inventory, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecrops.base.problems import Problems, is_number
from ecrops.lifecycle.simulation.days import Storage
from ecrops.lifecycle.simulation.forecast import GB

STORAGE_PRICE = 0.10
"""Dollars for a GB of private storage in a month: https://aws.amazon.com/ecr/pricing/."""
MAX_CURRENCY = 8


@dataclass(frozen=True, slots=True)
class Prices:
    """What storage costs.

    Args:
        storage: The price of standard storage, for 1,000,000,000 bytes and a month.
        archive: The price of the archive; without it, that of standard storage.
        currency: Put before amounts.

    Raises:
        SpecError: A price is no number of at least 0, or the currency is no short text.
    """

    storage: float = STORAGE_PRICE
    archive: float | None = None
    currency: str = "$"

    def __post_init__(self) -> None:
        problems = Problems()
        for name, price in (("storage", self.storage), ("archive", self.archive)):
            right = (name == "archive" and price is None) or (is_number(price) and price >= 0)
            problems.check(right, name, f"expected a price of at least 0, got {price!r}")
        right = isinstance(self.currency, str) and len(self.currency) <= MAX_CURRENCY
        problems.check(right, "currency", f"expected at most {MAX_CURRENCY} characters, got {self.currency!r}")
        problems.raise_any()

    def per_month(self, stored: Storage) -> float:
        """Return what it costs to store this for a month."""
        archive = self.storage if self.archive is None else self.archive
        return stored.bytes / GB * self.storage + stored.archived_bytes / GB * archive

    def to_dict(self) -> dict[str, Any]:
        """Return the prices, ready for JSON."""
        return {"storage": self.storage, "archive": self.archive, "currency": self.currency}

    def text(self, amount: float) -> str:
        """Return an amount in words, such as ``$1,234.50``."""
        return f"{self.currency}{amount:,.2f}"

    def __str__(self) -> str:
        archive = "" if self.archive is None else f", {self.text(self.archive)} in the archive"
        return f"{self.text(self.storage)} for a GB in a month{archive}"
