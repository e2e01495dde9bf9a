"""The table of repositories: a row for each, and below it the details, which the page folds. Pure.

Called by ``page``. The columns of storage are there if images were read, and the column of differences if specs were
given. Each row and its details are a ``tbody`` of their own, so that sorting keeps them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ecrops.base.render import count, text_size
from ecrops.inventory.counting import GROWTH_DAYS
from ecrops.report.details import KINDS, details
from ecrops.report.elements import badge, scrolling, size_of, text
from ecrops.report.report import Report
from ecrops.report.values import ReportedRepository

POLICY = 110
"""The characters of a lifecycle policy in a row."""
STATES = {
    "differs": "that differ",
    "findings": "with findings",
    "expires": "where images expire now",
    "unprotected": "without a lifecycle policy",
    "unread": "not read as a whole",
}
"""What repositories can be filtered by, in words."""


class Cell(NamedTuple):
    """A cell of a row, or the head of its column.

    Args:
        html: What it shows.
        sorts_as: The number that it is sorted by; its text without one.
        kind: ``n`` for a number, ``s`` for what narrow screens leave out, ``d`` for lines that never break.
    """

    html: str
    sorts_as: float | None = None
    kind: str = ""

    def draw(self) -> str:
        """Return the cell as HTML."""
        kind = f' class="{self.kind}"' if self.kind else ""
        number = "" if self.sorts_as is None else f" data-v={self.sorts_as:.10g}"
        return f"<td{kind}{number}>{self.html}</td>"


def repositories(report: Report) -> str:
    """Return the search, the filters and the table; a sentence if there are no repositories."""
    if not report.repositories:
        return "<p>There are no repositories.</p>"
    heads = list(_heads(report))
    titles = "".join(_title(head, place) for place, head in enumerate(heads))
    rows = "".join(_rows(report, repo, place, len(heads)) for place, repo in enumerate(report.repositories))
    body = f"<table id=repositories><thead><tr>{titles}</tr></thead>{rows}</table>"
    return f"{_controls(report)}{scrolling('Repositories', body)}"


def _title(head: Cell, place: int) -> str:
    """Return the head of a column: a button that sorts by it. The page comes sorted by the first one."""
    kind = f' class="{head.kind}"' if head.kind else ""
    order = "none" if place else "ascending"
    button = f"<button type=button data-column={place}>{head.html}</button>"
    return f"<th scope=col aria-sort={order}{kind}>{button}</th>"


def _controls(report: Report) -> str:
    options = "".join(f"<option value={state}>{words}</option>" for state, words in STATES.items())
    number = len(report.repositories)
    return (
        "<div class=controls><label>Search <input type=search id=search autocomplete=off "
        'placeholder="name, tag, rule, …"></label>'
        f"<label>Show <select id=filter><option value=''>all</option>{options}</select></label>"
        "<button type=button id=unfold>Unfold all</button>"
        f"<span id=shown role=status>{count(number, 'repository', 'repositories')}</span></div>"
    )


def states(repository: ReportedRepository) -> Iterator[str]:
    """Yield what a repository is filtered by."""
    if repository.changes:
        yield "differs"
    if repository.findings:
        yield "findings"
    if repository.outlook and repository.outlook.expired:
        yield "expires"
    if repository.is_unprotected:
        yield "unprotected"
    if repository.spec.unread:
        yield "unread"


def _rows(report: Report, repository: ReportedRepository, place: int, width: int) -> str:
    cells = "".join(cell.draw() for cell in _cells(report, repository, place))
    return (
        f'<tbody id=r{place} data-is="{" ".join(states(repository))}"><tr>{cells}</tr>'
        f"<tr class=more id=d{place}><td colspan={width}><div>{details(report, repository)}</div></td></tr></tbody>"
    )


def _heads(report: Report) -> Iterator[Cell]:
    yield Cell("Repository")
    if report.plan is not None:
        yield Cell("Differs")
    yield Cell("Findings", kind="n")
    yield from (Cell("Tags are", kind="s"), Cell("Scan on push", kind="s"), Cell("Encryption", kind="s"))
    if report.forecast:
        yield from (Cell("Images", kind="n s"), Cell("Size", kind="n s"), Cell("Expire now", kind="n s"))
        yield from (Cell("Cost a month", kind="n"), Cell(f"In {report.days} days", kind="n s"))
        yield from (Cell("Saved", kind="n s"), Cell(f"Pushed in {GROWTH_DAYS} days", kind="n s"))
        if report.says_what_runs:
            yield Cell("Nobody uses", kind="n s")


def _cells(report: Report, repository: ReportedRepository, place: int) -> Iterator[Cell]:
    spec = repository.spec
    is_unread = "lifecycle_rules" in (spec.unread or {})
    policy = text(repository.policy, POLICY) or ("policy not read" if is_unread else "no lifecycle policy")
    yield Cell(
        f"<button type=button class=fold aria-expanded=false aria-controls=d{place}>{text(spec.name, 256)}</button>"
        f"<span class=policy>{policy}</span>"
    )
    if report.plan is not None:
        yield _difference(repository)
    findings = len(repository.findings)
    yield Cell(badge(f"{findings}", "warn") if findings else "", findings, "n")
    mutability = str(spec.image_tag_mutability or "").removesuffix("_WITH_EXCLUSION").lower()
    filters = " <br>with exceptions" if spec.image_tag_mutability_exclusion_filters else ""
    yield Cell(f"{text(mutability, 60)}{filters}", kind="s d")
    scans = {True: "yes", False: "no", None: ""}
    yield Cell(scans[spec.image_scan_on_push], kind="s")
    yield Cell(text(spec.encryption or ("KMS" if spec.encryption_key else ""), 30), kind="s")
    if report.forecast:
        yield from _storage(report, repository)


def _difference(repository: ReportedRepository) -> Cell:
    changes = repository.changes
    if not changes:
        return Cell("", 0)
    kinds = [str(change.kind) for change in changes]
    if "conflict" in kinds:
        return Cell(badge("conflict", "take"), len(changes) + 1_000_000)
    if not repository.exists:
        return Cell(badge("to create", "add"), len(changes) + 1_000)
    kind = kinds[0] if len(set(kinds)) == 1 else "update"
    return Cell(badge(count(len(changes), "change"), KINDS.get(kind, "")), len(changes))


def _storage(report: Report, repository: ReportedRepository) -> Iterator[Cell]:
    outlook, prices = repository.outlook, report.prices
    if outlook is None:
        kinds = ("n s", "n s", "n s", "n", "n s", "n s", "n s", *(["n s"] if report.says_what_runs else []))
        yield from (Cell("", kind=kind) for kind in kinds)
        return
    stored, last = outlook.stored, outlook.last
    size = size_of(stored)
    now, later, without = map(prices.per_month, (stored, last.stored, last.without))
    yield Cell(f"{stored.images:,}", stored.images, "n s")
    yield Cell(text_size(size), size, "n s")
    yield Cell(f"{outlook.expired:,}" if outlook.expired else "", outlook.expired, "n s")
    for amount, kind in ((now, "n"), (later, "n s"), (without - later, "n s")):
        yield Cell(text(prices.text(amount)), round(amount, 4), kind)
    growth, unused = outlook.counts.growth_bytes, outlook.counts.unused_bytes
    yield Cell(text_size(growth) if growth else "", growth, "n s")
    if report.says_what_runs:
        yield Cell(text_size(unused) if unused else "", unused or 0, "n s")
