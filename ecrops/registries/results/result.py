"""What became of many registries: a row for each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.base.change import Change
from ecrops.base.render import count, page
from ecrops.engine.plan import Plan
from ecrops.errors import EcropsError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.results.grouping import MOST_LINES, Grouping, joined
from ecrops.registries.results.row import NOT_BEGUN, Row

if TYPE_CHECKING:
    from ecrops.registries.registries import Registries
    from ecrops.registries.results.sums import RegistriesInventory

MOST_FAILURES = 30
"""The registries that failed that a text names."""


@dataclass(frozen=True, repr=False)
class RegistriesResult:
    """What a verb returned in each of many registries: iterable by registry.

    Args:
        rows: A row for each registry, in the order of the registries.
        registries: The registries.
    """

    rows: tuple[Row, ...]
    registries: Registries = field(compare=False)

    @classmethod
    def collect(
        cls, rows: Iterable[Row], locations: Sequence[RegistryLocation], registries: Registries
    ) -> RegistriesResult:
        """Return the result of rows that come in any order."""
        placed = {row.location: row for row in rows}
        return cls(tuple(placed[location] for location in locations), registries)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        """Whether a registry was changed, or says something."""
        return any(row.applied or row.value for row in self.rows)

    def __getitem__(self, location: RegistryLocation | str) -> Row:
        """Return the row of a registry, by its location or its name.

        Raises:
            KeyError: There is none.
        """
        for row in self.rows:
            if location in (row.location, row.location.label, row.location.place):
                return row
        raise KeyError(location)

    @property
    def values(self) -> dict[RegistryLocation, Any]:
        """What the verb returned, by registry, where it did not fail."""
        return {row.location: row.value for row in self.rows if not row.failed}

    @property
    def errors(self) -> tuple[Row, ...]:
        """The rows of the registries that failed."""
        return tuple(row for row in self.rows if row.failed)

    @property
    def failed(self) -> Registries:
        """The registries that failed, to run again: ``result.failed.ensure(*specs)``. Empty, so false, for none."""
        return self.registries._only([row.location for row in self.errors])

    @property
    def applied(self) -> dict[RegistryLocation, tuple[Change, ...]]:
        """The changes that were made, by registry, also where it failed later."""
        return {row.location: row.applied for row in self.rows if row.applied}

    @property
    def inventory(self) -> RegistriesInventory | None:
        """Of ``registries.inventory()`` what all store together, a row for each registry; ``None`` of another verb."""
        from ecrops.registries.results.sums import inventory_of

        return inventory_of(self.rows)

    @property
    def summary(self) -> str:
        """How many registries were changed, and how many failed or were not begun."""
        changes = sum(len(changes) for changes in self.applied.values())
        waiting = sum(row.error is not None and row.error.kind == NOT_BEGUN for row in self.rows)
        failures = len(self.errors) - waiting
        return joined(
            [
                f"{count(changes, 'change')} made in {len(self.applied):,} of {len(self.rows):,} registries"
                if changes
                else f"{len(self.rows) - len(self.errors):,} of {len(self.rows):,} registries done",
                f"{failures:,} failed" if failures else "",
                f"{waiting:,} not begun" if waiting else "",
            ]
        )

    def check(self) -> RegistriesResult:
        """Return the result itself, if no registry failed.

        Raises:
            EcropsError: Some failed; with the reason of each.
        """
        if self.errors:
            raise EcropsError("\n".join([self.summary, *map(str, self.errors)]))
        return self

    def __repr__(self) -> str:
        return f"<RegistriesResult: {self.summary}>"

    def __str__(self) -> str:
        from ecrops.registries.results.sums import lines_of

        failures = [f"failed: {row}" for row in self.errors[:MOST_FAILURES]]
        if len(self.errors) > MOST_FAILURES:
            failures.append(f"and {len(self.errors) - MOST_FAILURES:,} more: errors has them all")
        return page([*(lines_of(self.rows) or self._grouped()), self.summary, *failures])

    def _grouped(self) -> Iterator[str]:
        """Yield what each registry says, and what is the same in several of them once."""
        grouping, names = Grouping(), [str(row.location) for row in self.rows]
        for number, row in enumerate(self.rows):
            for line in _lines(row):
                grouping.add(number, line, row.account, row.region)
        return grouping.lines(names, MOST_LINES - MOST_FAILURES)

    def to_dict(self) -> dict[str, Any]:
        """Return the result, ready for JSON."""
        return {"summary": self.summary, "registries": [row.to_dict() for row in self.rows]}

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = [_cells(row) for row in self.rows[: html.MAX_CHANGES]]
        shown = html.table(("registry", "result", "changes", "error", "seconds"), rows, len(self.rows), ".rows")
        return html.output(html.title("registries", self.summary), shown)


def _lines(row: Row) -> list[str]:
    """Return what a text says of a registry that did not fail."""
    if row.applied:
        return [str(change) for change in row.applied]
    if row.failed or row.value is None:
        return []
    if isinstance(row.value, Plan):
        return [f"not made: {change}" for change in row.value.changes]  # a dry run
    return str(row.value).splitlines()


def _cells(row: Row) -> tuple[object, ...]:
    summary = getattr(row.value, "summary", "")
    error = "" if row.error is None else str(row.error)
    result = summary if isinstance(summary, str) else ""
    return str(row.location), result, len(row.applied) or "", error, f"{row.seconds:.1f}"
