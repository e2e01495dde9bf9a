"""A plan for many registries: one text, one checksum, one approval. Pure.

Made by ``Registries.plan``. It has a row for each registry, and adds them up as they come.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.base.change import Change, Kind
from ecrops.base.render import count, page
from ecrops.engine.plan import Plan
from ecrops.errors import ConflictError, SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.results.grouping import Grouping, joined
from ecrops.registries.results.row import Row

_WORDS = {Kind.CREATE: "to create", Kind.UPDATE: "to update", Kind.DELETE: "to delete"}
MOST_FAILURES = 30
"""The registries that could not be planned that a text names."""


@dataclass(frozen=True, repr=False)
class RegistriesPlan:
    """What is missing in many registries: iterable by registry, and false when nothing is missing anywhere.

    ``print(plan)`` says what is the same in many registries once. A notebook shows a row for each registry.

    Args:
        rows: A row for each registry, in the order of the registries. Its value is the ``Plan``, if plans were kept.
        checksums: The checksum of the plan of each registry; empty if it could not be planned.
        counts: The changes of each kind, of each registry.
        grouping: The changes of all, told once.
        notes: The notes of all, told once.
        is_drift: Whether it is only shown, and never applied.
    """

    rows: tuple[Row, ...]
    checksums: tuple[str, ...] = field(repr=False)
    counts: tuple[Counter[Kind], ...] = field(repr=False)
    grouping: Grouping = field(repr=False, compare=False)
    notes: Grouping = field(repr=False, compare=False)
    is_drift: bool = False

    @classmethod
    def collect(
        cls, rows: Iterable[Row], locations: Sequence[RegistryLocation], *, keep: bool = True
    ) -> RegistriesPlan:
        """Return the plan of rows that come in any order.

        Args:
            rows: The rows. The value of one that did not fail is a ``Plan``.
            locations: The registries, in their order.
            keep: Whether the plans are kept.
        """
        numbers = {location: number for number, location in enumerate(locations)}
        placed: dict[int, Row] = {}
        checksums, counts = [""] * len(locations), [Counter[Kind]() for _ in locations]
        grouping, notes = Grouping(), Grouping()
        for row in rows:
            number = numbers[row.location]
            if isinstance(row.value, Plan):
                checksums[number] = row.value.checksum
                counts[number] = Counter(change.kind for change in row.value.changes)
                for change in row.value.changes:
                    grouping.add(number, str(change), row.account, row.region)
                for note in row.value.notes:
                    notes.add(number, note, row.account, row.region)
            placed[number] = row if keep else row.without_value()
        in_order = tuple(placed[number] for number in range(len(locations)))
        return cls(in_order, tuple(checksums), tuple(counts), grouping, notes)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return sum(count.total() for count in self.counts)

    def __repr__(self) -> str:
        return f"<RegistriesPlan: {self.summary}>"

    def __str__(self) -> str:
        return self.text()

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows of the registries that could not be planned."""
        return tuple(row for row in self.rows if row.failed)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The differences that AWS cannot change, in all registries, as far as plans were kept."""
        plans = (row.value for row in self.rows if isinstance(row.value, Plan))
        return tuple(conflict for plan in plans for conflict in plan.conflicts)

    @property
    def summary(self) -> str:
        """How many changes of each kind in how many registries, and how many registries could not be planned."""
        total = sum(self.counts, Counter[Kind]())
        words = [f"{total[kind]:,} {word}" for kind, word in _WORDS.items() if total[kind]]
        if total[Kind.CONFLICT]:
            words.append(count(total[Kind.CONFLICT], "conflict"))
        changed = sum(bool(counts) for counts in self.counts)
        what = f"{', '.join(words)} in {changed:,} of {len(self.rows):,} registries" if words else "nothing to do"
        failures = len(self.failed)
        return joined([what, f"{failures:,} could not be planned" if failures else ""])

    @property
    def checksum(self) -> str:
        """The fingerprint of the differences of all registries, with their accounts and regions.

        A registry that could not be planned is a part of it: the plan in which it could be has another checksum.
        """
        parts = sorted(
            [row.account, row.region, *row.location.identity, checksum]
            for row, checksum in zip(self.rows, self.checksums, strict=True)
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def text(self) -> str:
        """Return the plan in words: what is the same in many registries once, and never more than 200 lines."""
        names = [row.location.label for row in self.rows]
        lines = [*self.grouping.lines(names), self.summary]
        lines += [f"note {line}" if not line.startswith("  ") else line for line in self.notes.lines(names, 20)]
        for row in self.failed[:MOST_FAILURES]:
            assert row.error is not None
            lines.append(f"could not be planned: {row.location.label}: {' '.join(row.error.message.split())}")
        if len(self.failed) > MOST_FAILURES:
            lines.append(f"and {len(self.failed) - MOST_FAILURES:,} more could not be planned")
        return page(lines)

    def check(self, deletes: int = 0) -> RegistriesPlan:
        """Refuse a plan that deletes more than expected, in all registries together. Returns the plan itself.

        Raises:
            SpecError: ``deletes`` is no whole number of at least 0, or the plans were not kept.
            ConflictError: The plan has more deletions.
        """
        Plan().check(deletes)
        plans = self._plans()
        deletions = [change for plan in plans for change in plan.changes if change.kind is Kind.DELETE]
        number = sum(change.deletions for change in deletions)
        if number > deletes:
            raise ConflictError(deletions, f"expected at most {deletes} deletions in all registries, got {number}")
        return self

    def _plans(self) -> list[Plan]:
        if any(row.value is None and not row.failed for row in self.rows):
            raise SpecError("the plans of this plan were not kept: plan with keep=True")
        return [row.value for row in self.rows if isinstance(row.value, Plan)]

    def rows_for(self, locations: Sequence[RegistryLocation]) -> tuple[Row, ...]:
        """Return the rows, for registries that are the same as those of the plan, in the order of these.

        How to get there may be another: a plan that was made with a role that reads is applied with one that writes.

        Raises:
            SpecError: The plan is for other registries, or only to be shown.
            ConflictError: It has conflicts.
        """
        if self.is_drift:
            raise SpecError("this plan shows a drift, and is never applied: make one with plan")
        planned = {row.location.identity: row for row in self.rows}
        wanted = {place.identity for place in locations}
        if planned.keys() != wanted:
            missing = [str(place) for place in locations if place.identity not in planned]
            more = [str(row.location) for row in self.rows if row.location.identity not in wanted]
            parts = [
                f"it has none for {', '.join(missing)}" if missing else "",
                f"it is also for {', '.join(more)}" if more else "",
            ]
            raise SpecError(f"the plan was made for other registries: {joined(parts)}; plan for these")
        self._plans()
        if conflicts := self.conflicts:
            raise ConflictError(conflicts, "the plan has conflicts; nothing was changed")
        return tuple(replace(planned[place.identity], location=place) for place in locations)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan, ready for JSON."""
        return {
            "summary": self.summary,
            "checksum": self.checksum,
            "registries": [
                row.to_dict() | {"checksum": own} for row, own in zip(self.rows, self.checksums, strict=True)
            ],
        }

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = [_cells(row, counts) for row, counts in zip(self.rows, self.counts, strict=True)]
        head = ("registry", "create", "update", "delete", "conflicts", "error")
        shown = html.table(head, rows[: html.MAX_CHANGES], len(rows), ".rows")
        return html.output(html.title("plan for many registries", self.summary), shown)


def _cells(row: Row, counts: Mapping[Kind, int]) -> tuple[object, ...]:
    kinds = (Kind.CREATE, Kind.UPDATE, Kind.DELETE, Kind.CONFLICT)
    return (str(row.location), *(counts[kind] or "" for kind in kinds), "" if row.error is None else str(row.error))
