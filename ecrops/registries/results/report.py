"""One page about many registries: what differs, said once, and a row for each registry. Pure, but for ``write``.

Made by ``Registries.report``, of the rows of a drift. How long the page is does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ecrops.base import html
from ecrops.base.change import Kind
from ecrops.base.render import brief, count, page
from ecrops.registries.results.grouping import where
from ecrops.registries.results.plan import RegistriesPlan
from ecrops.report.elements import Column, badge, beyond, listing, scrolling, table, text
from ecrops.report.frame import Drawn, card, frame, when
from ecrops.version import __version__

MAX_ROWS = 2_000
"""The registries that have a row."""
MAX_GROUPS = 200
"""The sets of registries whose differences are shown."""
MAX_LINES = 100
"""The differences of each of them."""
MAX_NOTES = 50
MAX_ERROR = 1_000
"""The characters of an error."""
_BADGES = {Kind.CREATE: "add", Kind.UPDATE: "change", Kind.DELETE: "take", Kind.CONFLICT: "take"}


@dataclass(frozen=True, repr=False)
class RegistriesReport:
    """What differs in many registries: ``html()`` is one page that shows it, and printed it is the drift in words.

    Args:
        drift: What differs.
        at: When it was read.
        version: The version of ecrops that made it.
    """

    drift: RegistriesPlan
    at: datetime
    version: str = __version__

    def html(self) -> str:
        """Return the report as one HTML page, which loads nothing from anywhere. Everything in it is escaped."""
        sections = (
            Drawn("unread", "What could not be read", _unread(self.drift)),
            Drawn("differences", "What differs from the specs", _differences(self.drift)),
            Drawn("registries", "Registries", _registries(self.drift)),
        )
        title = f"{len(self.drift.rows):,} ECR registries"
        drawn = [section for section in sections if section.html]
        return frame(title, when(self.at, self.version), _cards(self.drift), drawn)

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, such as ``report.html``, and return its path."""
        file = Path(path)
        file.write_text(self.html(), encoding="utf-8")
        return file

    def to_dict(self) -> dict[str, Any]:
        """Return the report, ready for JSON."""
        return {"at": self.at.isoformat(), "version": self.version, **self.drift.to_dict()}

    def __str__(self) -> str:
        return page([when(self.at, self.version), *str(self.drift).splitlines()])

    def __repr__(self) -> str:
        return f"<RegistriesReport: {self.drift.summary}>"

    def _repr_html_(self) -> str:
        return html.output(html.report(str(self).splitlines()))


def _cards(drift: RegistriesPlan) -> Iterator[str]:
    """Yield the numbers at the top of the page."""
    number, conflicts = len(drift.rows), sum(counts[Kind.CONFLICT] for counts in drift.counts)
    yield card("registries", f"{number:,}", "registry" if number == 1 else "registries")
    yield card("registries", f"{sum(map(bool, drift.counts)):,}", "of them differ")
    yield card("differences", f"{len(drift):,}", "difference" if len(drift) == 1 else "differences")
    if conflicts:
        yield card("differences", f"{conflicts:,}", "conflicts, which AWS cannot change", "warn")
    if drift.failed:
        yield card("unread", f"{len(drift.failed):,}", "could not be read", "warn")


def _unread(drift: RegistriesPlan) -> str:
    """Return the registries that could not be read, each with the reason and the way out."""
    columns = [Column("Registry"), Column("Code"), Column("Why")]
    rows = []
    for row in drift.failed[:MAX_ROWS]:
        assert row.error is not None
        why = " ".join([row.error.message, *row.error.notes])
        rows.append((text(row.location, 256), text(row.error.code or row.error.kind), text(why, MAX_ERROR)))
    rest = beyond(len(drift.failed), MAX_ROWS)
    return f"{scrolling('Unread', table(columns, rows, MAX_ROWS), is_long=True)}{f'<p>{rest}</p>' if rest else ''}"


def _differences(drift: RegistriesPlan) -> str:
    """Return what differs: which registries, and then the differences that they have in common."""
    groups, names = drift.grouping.groups(), [row.location.label for row in drift.rows]
    shown = "".join(
        f"<h3>{text(where(mask, names), MAX_ERROR)}</h3>{listing((text(line) for line in lines), MAX_LINES)}"
        for mask, lines in groups[:MAX_GROUPS]
    )
    left = drift.grouping.left_out + sum(len(lines) for _, lines in groups[MAX_GROUPS:])
    rest = f"<p>and {left:,} more: the JSON has them all, by registry</p>" if left else ""
    notes = listing((text(brief(line)) for line in drift.notes.lines(names, MAX_NOTES)), MAX_NOTES)
    folded = f"<details><summary>{count(drift.notes.total, 'note')}</summary>{notes}</details>" if notes else ""
    return f"<p>{text(drift.summary)}.</p>{shown}{rest}{folded}"


def _registries(drift: RegistriesPlan) -> str:
    """Return a row for each registry: first those that could not be read, then those that differ most."""
    titles = ("Registry", "Account", "Region", "Differs")
    columns = [*map(Column, titles), *(Column(str(kind).capitalize(), "n") for kind in _BADGES), Column("Seconds", "n")]
    pairs = sorted(zip(drift.rows, drift.counts, strict=True), key=lambda pair: (not pair[0].failed, -pair[1].total()))
    rows = []
    for row, counts in pairs[:MAX_ROWS]:
        worst = next((kind for kind in (Kind.CONFLICT, Kind.DELETE, Kind.UPDATE, Kind.CREATE) if counts[kind]), None)
        state = badge(count(counts.total(), "difference"), _BADGES[worst]) if worst else ""
        rows.append(
            (
                text(row.location.label, 256),
                text(row.account),
                text(row.region),
                badge("could not be read", "warn") if row.failed else state,
                *(f"{counts[kind]:,}" if counts[kind] else "" for kind in _BADGES),
                f"{row.seconds:.1f}",
            )
        )
    rest = beyond(len(pairs), MAX_ROWS)
    return f"{scrolling('Registries', table(columns, rows, MAX_ROWS))}{f'<p>{rest}</p>' if rest else ''}"
