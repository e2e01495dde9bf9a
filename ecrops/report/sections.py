"""The sections of the page, but for the table of repositories. Pure.

Called by ``page``, which has the list of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.base.change import Change, Kind
from ecrops.base.render import brief, count, places, text_size
from ecrops.inventory.counting import GROWTH_DAYS
from ecrops.lifecycle.simulation.chart import forecast_chart
from ecrops.lifecycle.simulation.days import Storage
from ecrops.lifecycle.simulation.projection import WINDOW
from ecrops.report.details import KINDS
from ecrops.report.elements import Column, badge, beyond, listing, scrolling, table, text, tree
from ecrops.report.report import Report
from ecrops.report.values import growth_words, running_words

MAX_CHANGES = 500
MAX_NOTES, MAX_NOTE = 50, 2_000
MAX_UNREAD = 200
MAX_ITEMS = 30
MAX_COSTLY = 10
MAX_GROWING = 20
MIN_GROWING = 2
MAX_PRINCIPALS = 200
CHART_WIDTH = 900


def plan(report: Report) -> str:
    """Return what is missing for the specs to be true: conflicts first, then all changes, then the notes."""
    if report.plan is None:
        return ""
    rows = _rows(report)
    changes = sorted(report.plan.changes, key=lambda change: change.kind is not Kind.CONFLICT)
    columns = [Column("Change"), Column("Owner"), Column("What"), Column("Now"), Column("Wanted")]
    cells = [_change(change, rows) for change in changes[:MAX_CHANGES]]
    rest = beyond(len(changes), MAX_CHANGES)
    remainder = f"<p>{rest}</p>" if rest else ""
    notes = listing((text(brief(note), MAX_NOTE) for note in report.plan.notes), MAX_NOTES)
    folded = f"<details><summary>{count(len(report.plan.notes), 'note')}</summary>{notes}</details>" if notes else ""
    place = places(report.plan.changes)
    where = f"<p>{text(report.plan.summary)}{f', in {text(place)}' if place else ''}.</p>"
    body = table(columns, cells, MAX_CHANGES)
    return f"{where}{scrolling('Changes', body, is_long=True)}{remainder}{folded}"


def _change(change: Change, rows: Mapping[str, int]) -> tuple[str, ...]:
    kind = str(change.kind)
    owner = _owner(change.owner, rows)
    return badge(kind, KINDS[kind]), owner, text(change.what), text(change.before), text(change.after)


def _rows(report: Report) -> dict[str, int]:
    """Return the row of each repository in the table of repositories, by its name."""
    return {repo.name: place for place, repo in enumerate(report.repositories)}


def _owner(name: str, rows: Mapping[str, int]) -> str:
    """Return the name of an owner as HTML; that of a repository is a link to its row."""
    words = text(name, 256)
    return f"<a href=#r{rows[name]}>{words}</a>" if name in rows else words


def storage(report: Report) -> str:
    """Return the storage of all repositories together: a chart, the money, and the most expensive repositories."""
    forecast = report.forecast
    if not forecast:
        return ""
    first, last = forecast.days[0], forecast.days[-1]
    pushes = f"{forecast.pushes_per_day:.3g} pushes a day, as in the last {WINDOW} days"
    chart = forecast_chart(forecast.days, {}, "All repositories", pushes)
    columns = [Column("When"), *(Column(title, "n") for title in ("Images", "Size", "In the archive", "Cost a month"))]
    rows = [
        ("now", *_stored(report, first.without)),
        (f"in {report.days} days", *_stored(report, last.stored)),
        (f"in {report.days} days, if nothing were removed", *_stored(report, last.without)),
    ]
    return (
        f'<svg class="chart" viewBox="0 0 {CHART_WIDTH} {chart.height}" role="img" '
        f'aria-label="{text(chart.label)}">{chart.body}</svg>'
        f"{scrolling('Storage', table(columns, rows, len(rows)))}"
        f"{_inventory(report)}{_costly(report)}{_growing(report)}"
        f"<p class=note>{text(_assumptions(report), MAX_NOTE)}</p>"
    )


def _stored(report: Report, stored: Storage) -> tuple[str, ...]:
    amount = report.prices.text(report.prices.per_month(stored))
    return f"{stored.images:,}", text_size(stored.bytes), text_size(stored.archived_bytes), text(amount)


def _assumptions(report: Report) -> str:
    return (
        f"Prices: {report.prices}. Give the prices of your region to registry.report. Sizes are those that ECR reports "
        "for each image; layers that images share are counted with each of them. The forecast repeats the pushes of "
        f"the last {WINDOW} days, and assumes that nothing is pulled. ECR bills at least 90 days for an archived "
        "image, which is not in it."
    )


def _costly(report: Report) -> str:
    """Return the repositories that cost most now, if there are more than a page shows at a glance."""
    per_month = report.prices.per_month
    costs = [(per_month(repo.outlook.stored), repo.name) for repo in report.repositories if repo.outlook]
    if len(costs) <= MAX_COSTLY:
        return ""
    rows = _rows(report)
    top = sorted(costs, key=lambda pair: (-pair[0], pair[1]))[:MAX_COSTLY]
    cells = [(_owner(name, rows), text(report.prices.text(cost))) for cost, name in top]
    return table([Column("Costs most now"), Column("A month", "n")], cells, MAX_COSTLY)


def _inventory(report: Report) -> str:
    """Return how fast everything grows, how much of it nobody uses, and what runs and would go."""
    if not report.inventory:
        return ""
    running = f"<p>{badge(running_words(report.running), 'warn')}</p>" if report.running else ""
    return f"<p>{text(growth_words(report.inventory))}.</p>{running}"


def _growing(report: Report) -> str:
    """Return the repositories that grow fastest, if there are several."""
    rows = _rows(report)
    growth = [(repo.outlook.counts, repo.name) for repo in report.repositories if repo.outlook]
    growing = sorted((-counts.growth_bytes, name, counts) for counts, name in growth if counts.growth_bytes)
    if len(growing) < MIN_GROWING:
        return ""
    cells = [
        (_owner(name, rows), f"{counts.growth:,}", text_size(counts.growth_bytes), text_size(counts.bytes))
        for _, name, counts in growing[:MAX_GROWING]
    ]
    numbers = (f"Images of {GROWTH_DAYS} days", "Size of these", "Size of all")
    return table([Column("Grows fastest"), *(Column(title, "n") for title in numbers)], cells, MAX_GROWING)


def access(report: Report) -> str:
    """Return who can do what with which repositories."""
    if report.access is None:
        return ""
    principals, deleted = report.access.principals, report.access.deleted
    verbs = principals[0].verbs if principals else {}
    columns = [Column(name.replace("_", " ").capitalize()) for name in ("who", *verbs)]
    rows = [tuple(map(text, each.cells)) for each in principals[:MAX_PRINCIPALS]]
    body = scrolling("Who can use which repositories", table(columns, rows, MAX_PRINCIPALS), is_long=True)
    rest = beyond(len(principals), MAX_PRINCIPALS)
    remainder = f"<p>{rest}</p>" if rest else ""
    gone = f"<p>Deleted, and still named:</p>{listing(map(text, deleted), MAX_ITEMS)}" if deleted else ""
    return (
        f"<p>{text(report.access.summary)}.</p>{body}{remainder}{gone}<p class=note>{text(report.access.not_seen)}</p>"
    )


def settings(report: Report) -> str:
    """Return the settings of the registry."""
    if report.settings is None:
        return ""
    rows = [(f"<b>{text(name)}</b>", tree(value, MAX_ITEMS)) for name, value in _titled(report.settings.to_dict())]
    return table([Column("Setting"), Column("Value")], rows, len(rows))


def _titled(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        yield name.replace("_", " ").capitalize(), value


def unread(report: Report) -> str:
    """Return what could not be read."""
    columns = [Column("Of"), Column("What"), Column("Why")]
    rows: Sequence[tuple[str, ...]] = [
        (text(part.owner, 256), text(part.part), text(part.reason)) for part in report.unread
    ]
    return table(columns, rows, MAX_UNREAD)
