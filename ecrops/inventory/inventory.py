"""The inventory itself: rows that come while it is read, and what they are together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from ecrops.base import html
from ecrops.base.problems import is_whole
from ecrops.base.render import count, page, text_size
from ecrops.base.shown import ShownList
from ecrops.errors import EcropsError, SpecError
from ecrops.inventory.counting import GROWTH_DAYS, total
from ecrops.inventory.prices import Prices
from ecrops.inventory.row import COLUMNS, InventoryRow

MAX_ROWS = 200
"""The repositories that ``print`` shows."""
MAX_ERRORS = 10
"""The errors that it shows."""
SHARED = "layers that images share are counted with each of them: manifests=True counts each once in its repository"


class Inventory:
    """What each repository stores, how fast it grows, and what it costs. Made by ``registry.inventory()``.

    An iteration yields a row for each repository while they are read, and keeps the rows: the second one reads
    nothing. Everything else reads what is left first. ``print`` and a notebook show a table, with what costs most at
    its top.

    Attributes:
        prices: What storage costs.
        days: Over how many days storage is forecast; 0 if it is not.
        at: The moment of the inventory.
    """

    _nouns: ClassVar[tuple[str, str]] = ("repository", "repositories")
    """What a row is about: one, and several."""

    def __init__(self, reading: Iterator[InventoryRow], prices: Prices, days: int, at: datetime) -> None:
        self._reading, self._rows = reading, list[InventoryRow]()
        self._is_broken_off = False
        self.prices, self.days, self.at = prices, days, at

    def __iter__(self) -> Iterator[InventoryRow]:
        place = 0
        while True:
            if place == len(self._rows) and not self._read_one():
                return
            yield self._rows[place]
            place += 1

    def _read_one(self) -> bool:
        """Read the next row; return false if there is none."""
        if self._is_broken_off:
            raise EcropsError("the reading of this inventory broke off before: make another one, with the same names")
        self._is_broken_off = True
        row = next(self._reading, None)
        self._is_broken_off = False
        if row is not None:
            self._rows.append(row)
        return row is not None

    def at_rest(self) -> Self:
        """Return the inventory itself, read to its end: it reads nothing any more, and can be sent to other processes.

        Raises:
            ClientError: As the iteration does.
        """
        _ = len(self)
        self._reading = iter(())
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @property
    def rows(self) -> ShownList[InventoryRow]:
        """All rows, in their order."""
        return ShownList(row for row in self)  # a list asks for the length first, which reads all too

    @property
    def total(self) -> InventoryRow:
        """All repositories together. A layer that several repositories have counts in each."""
        rows = [row for row in self if not _is_unread(row)]
        unique = [row.stored_bytes for row in rows] if any(row.unique_bytes is not None for row in rows) else None
        forecasts = [row for row in rows if row.forecast_bytes is not None]
        costs = [row.forecast_cost_per_month or 0.0 for row in forecasts]
        return InventoryRow.of(
            total(rows),
            repository=f"all {self._nouns[1]}",
            unique_bytes=None if unique is None else sum(unique),
            uncounted=sum(row.uncounted for row in rows),
            cost_per_month=sum(row.cost_per_month for row in rows),
            forecast_bytes=sum(row.forecast_bytes or 0 for row in forecasts) if forecasts else None,
            forecast_cost_per_month=sum(costs) if forecasts else None,
        )

    @property
    def errors(self) -> ShownList[InventoryRow]:
        """The rows of repositories of which something could not be read."""
        return ShownList(row for row in self if row.error)

    @property
    def without_policy(self) -> ShownList[InventoryRow]:
        """The rows of repositories that have no lifecycle policy: nothing of them is ever removed."""
        return ShownList(row for row in self if row.has_policy is False)

    def fastest_growing(self, number: int = 20) -> ShownList[InventoryRow]:
        """Return the repositories that grow fastest: by the bytes that were pushed in the last 30 days.

        Raises:
            SpecError: The number is none of at least 1.
        """
        return ShownList(self._most("growth_bytes", number))

    def largest(self, number: int = 20) -> ShownList[InventoryRow]:
        """Return the repositories that cost most.

        Raises:
            SpecError: The number is none of at least 1.
        """
        return ShownList(self._most("cost_per_month", number))

    def _most(self, name: str, number: int) -> Sequence[InventoryRow]:
        if not is_whole(number) or number < 1:
            raise SpecError(f"expected a whole number of at least 1, got {number!r}")
        growing = [row for row in self if getattr(row, name)]
        return sorted(growing, key=lambda row: (-getattr(row, name), row.repository))[:number]

    def csv_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the names of the columns, then the values of each repository, while they are read.

        ``csv.writer(file).writerows(inventory.csv_rows())`` writes them. What is not known is empty.
        """
        yield COLUMNS
        for row in self:
            values = row.to_dict()
            yield tuple("" if values[name] is None else values[name] for name in COLUMNS)

    def to_dict(self) -> dict[str, Any]:
        """Return the inventory, ready for JSON."""
        return {
            "at": self.at.isoformat(),
            "days": self.days,
            "prices_per_gb_month": self.prices.to_dict(),
            "repositories": [row.to_dict() for row in self],
            "total": {name: value for name, value in self.total.to_dict().items() if name != "has_policy"},
        }

    # Showing

    def __repr__(self) -> str:
        return f"<Inventory: {count(len(self._rows), *self._nouns)} read>"

    def __str__(self) -> str:
        rows = sorted(self, key=_most_costly)
        head, *lines = [self._head(), *map(self._cells, [*rows[:MAX_ROWS], self.total])]
        widths = [max(len(line[place]) for line in (head, *lines)) for place in range(len(head))]
        texts = ["  ".join(_aligned(line, widths)).rstrip() for line in (head, *lines)]
        more = [f"and {len(rows) - MAX_ROWS:,} more"] if len(rows) > MAX_ROWS else []
        return page([*texts[:-1], *more, texts[-1], *self._notes()])

    def _repr_html_(self) -> str:
        rows = sorted(self, key=_most_costly)
        cells = [self._cells(row) for row in rows[: html.MAX_ROWS]]
        head = html.title(count(len(rows), *self._nouns), ", ".join(self._cells(self.total)[1:3]))
        table = html.table(self._head(), cells, len(rows), ".rows")
        return html.output(head, table, html.items(list(self._notes())))

    def _head(self) -> list[str]:
        used = ["in use", "nobody uses"] if self.total.in_use is not None else []
        later = [f"in {self.days} days"] if self.days else []
        growth = f"in {GROWTH_DAYS} days"
        return [self._nouns[0], "images", "size", "untagged", "archived", *used, f"pushed {growth}", "a month", *later]

    def _cells(self, row: InventoryRow) -> list[str]:
        is_used = self.total.in_use is not None
        if _is_unread(row):
            return [row.repository, *[""] * (6 + 2 * is_used + bool(self.days))]
        used = [_size(row.in_use_bytes), _size(row.unused_bytes)] if is_used else []
        later = [self._money(row.forecast_cost_per_month)] if self.days else []
        return [
            row.repository,
            f"{row.images:,}",
            text_size(row.stored_bytes),
            text_size(row.untagged_bytes),
            text_size(row.archived_bytes),
            *used,
            text_size(row.growth_bytes),
            self._money(row.cost_per_month),
            *later,
        ]

    def _money(self, amount: float | None) -> str:
        return "" if amount is None else self.prices.text(amount)

    def _notes(self) -> Iterator[str]:
        """Yield what the user must know of the numbers."""
        yield f"prices: {self.prices}"
        if all(row.unique_bytes is None for row in self):
            yield SHARED
        elif uncounted := self.total.uncounted:
            yield f"{count(uncounted, 'image')} with all layers: their manifests could not be read, or name none"
        if number := len(self.without_policy):
            yield f"{count(number, 'repository has', 'repositories have')} no lifecycle policy"
        errors = self.errors
        for row in errors[:MAX_ERRORS]:
            yield f"{row.repository}: {row.error}"
        if len(errors) > MAX_ERRORS:
            yield f"and {len(errors) - MAX_ERRORS:,} more that could not be read, in .errors"


def _is_unread(row: InventoryRow) -> bool:
    """Whether nothing is known of a repository but its name."""
    return bool(row.error) and row.has_policy is None and not row.images


def _most_costly(row: InventoryRow) -> tuple[float, str]:
    """Return what sorts the row that costs most to the top."""
    return -row.cost_per_month, row.repository


def _size(number: int | None) -> str:
    return "" if number is None else text_size(number)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the cells of a line: the first on the left, numbers on the right."""
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.rjust(width) if place else cell.ljust(width)
