"""A row of an inventory: one repository. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from ecrops.base.render import text_size
from ecrops.inventory.counting import Counts
from ecrops.inventory.prices import Prices
from ecrops.lifecycle.simulation.days import Storage


@dataclass(frozen=True, kw_only=True)
class InventoryRow(Counts):
    """What a repository stores, what that costs, and what comes.

    Args:
        repository: Its name.
        unique_bytes: What its images take with each layer counted once; ``None`` if the manifests were not read.
        uncounted: How many images the manifest could not be read of: they count with all their layers.
        has_policy: Whether it has a lifecycle policy; ``None`` if that could not be read.
        cost_per_month: What its storage costs now.
        forecast_bytes: What it stores after the days of the forecast, under its lifecycle policy; ``None`` without one.
        forecast_cost_per_month: What that costs.
        error: Why something of it could not be read; empty if all was.
    """

    repository: str = ""
    unique_bytes: int | None = None
    uncounted: int = 0
    has_policy: bool | None = None
    cost_per_month: float = 0.0
    forecast_bytes: int | None = None
    forecast_cost_per_month: float | None = None
    error: str = ""

    @classmethod
    def of(cls, counts: Counts, **more: Any) -> Self:
        """Return the row with some counts."""
        return cls(**{field.name: getattr(counts, field.name) for field in fields(Counts)}, **more)

    @property
    def is_exact(self) -> bool:
        """Whether the size counts each layer once."""
        return self.unique_bytes is not None and not self.uncounted

    @property
    def stored_bytes(self) -> int:
        """The size with each layer counted once if that is known, else the sum of the images."""
        return self.bytes if self.unique_bytes is None else self.unique_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return the row, ready for JSON, and for a line of a CSV file."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in columns.items()}

    def __str__(self) -> str:
        if self.error and not self.images:
            return f"{self.repository}: {self.error}"
        size = f"{self.images:,} images, {text_size(self.stored_bytes)}"
        return f"{self.repository}: {size}, {text_size(self.growth_bytes)} in 30 days"

    def _shown(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.to_dict().items() if value not in (None, "")}


COLUMNS = (
    "repository",
    "images",
    "bytes",
    "unique_bytes",
    "is_exact",
    "untagged",
    "untagged_bytes",
    "older",
    "older_bytes",
    "archived",
    "archived_bytes",
    "in_use",
    "in_use_bytes",
    "unused",
    "unused_bytes",
    "last_pushed_at",
    "last_pulled_at",
    "has_policy",
    "growth",
    "growth_bytes",
    "cost_per_month",
    "forecast_bytes",
    "forecast_cost_per_month",
    "error",
)
"""The columns of a row, in their order."""


def storage_of(counts: Counts, unique_bytes: int | None) -> Storage:
    """Return what is stored, as prices take it: in standard storage each layer counts once, if that is known."""
    if unique_bytes is None:
        return counts.stored
    return Storage(counts.images, max(0, unique_bytes - counts.archived_bytes), counts.archived_bytes)


def priced(counts: Counts, prices: Prices, unique_bytes: int | None) -> float:
    """Return what the storage costs in a month."""
    return prices.per_month(storage_of(counts, unique_bytes))
