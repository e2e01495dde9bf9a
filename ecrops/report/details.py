"""What the page says of one repository when it is unfolded: a list of parts, within a number of characters. Pure.

Called by ``table``. Adding a part is one line in ``PARTS``. With many repositories less is said of each, so that the
page stays small: first lists become shorter, then the last parts are left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ecrops.base.render import count, text_size
from ecrops.inventory.counting import GROWTH_DAYS
from ecrops.lifecycle.simulation.days import Storage
from ecrops.report.elements import Column, badge, facts, inline, listing, table, text, trend
from ecrops.report.report import Report
from ecrops.report.values import ReportedRepository
from ecrops.repositories.words import encryption_words, mutability_words
from ecrops.spec import RepositorySpec

ALL_DETAILS = 1_700_000
"""About so many characters are for the details of all repositories together."""
MOST, LEAST = 24_000, 700
"""The characters for one repository."""
LIMITS = (40, 10, 4, 2)
"""The lengths of lists that are tried, until the details of a repository are short enough."""
KINDS = {"create": "add", "update": "change", "delete": "take", "conflict": "take"}


class Part(NamedTuple):
    """A part of the details of a repository.

    Args:
        title: Its head.
        draw: Returns its HTML, with lists of at most so many lines; empty if there is nothing to say.
    """

    title: str
    draw: Callable[[Report, ReportedRepository, int], str]


def details(report: Report, repository: ReportedRepository) -> str:
    """Return the details of a repository, as HTML of a bounded length."""
    room = max(LEAST, min(MOST, ALL_DETAILS // max(1, len(report.repositories))))
    drawn: list[tuple[str, str]] = []
    for limit in LIMITS:
        drawn = [(part.title, html) for part in PARTS if (html := part.draw(report, repository, limit))]
        if sum(len(html) for _, html in drawn) <= room:
            return "".join(_section(title, html) for title, html in drawn)
    sections, missing = [], []
    for title, html in drawn:
        if len(html) <= room:
            sections.append(_section(title, html))
            room -= len(html)
        else:
            missing.append(title.lower())
    names = ", ".join(missing)
    advice = f"not shown among so many repositories: {names}; registry.report with this name alone shows it"
    return f"{''.join(sections)}<p class=note>{text(advice)}</p>"


def _section(title: str, html: str) -> str:
    return f"<section><h3>{title}</h3>{html}</section>"


def change_line(kind: str, what: str, difference: str) -> str:
    """Return a change of a repository as HTML."""
    words = ": ".join(filter(None, (what, difference)))
    return f"{badge(kind, KINDS.get(kind, ''))} {text(words)}".rstrip()


def _changes(report: Report, repository: ReportedRepository, limit: int) -> str:
    lines = (change_line(change.kind, change.what, change.difference) for change in repository.changes)
    return listing(lines, limit)


def _settings(report: Report, repository: ReportedRepository, limit: int) -> str:
    return facts(_setting_pairs(repository.spec, limit))


def _setting_pairs(spec: RepositorySpec, limit: int) -> Iterator[tuple[str, str]]:
    if spec.image_tag_mutability is not None:
        filters = spec.image_tag_mutability_exclusion_filters or ()
        yield "Tag mutability", text(mutability_words(str(spec.image_tag_mutability), list(map(str, filters))))
    if spec.image_scan_on_push is not None:
        yield "Scan on push", "yes" if spec.image_scan_on_push else "no"
    if spec.encryption is not None or spec.encryption_key is not None:
        yield "Encryption", text(encryption_words(str(spec.encryption or ""), spec.encryption_key or ""))
    if spec.tags is not None:
        pairs = [f"<code>{text(f'{key}={value}', 100)}</code>" for key, value in spec.tags.items()]
        yield "Tags", inline(pairs, limit) or "<i>none</i>"
    if spec.resource_policy is not None:
        statements = spec.resource_policy.get("Statement", [])
        number = len(statements) if isinstance(statements, list) else 1
        yield "Repository policy", count(number, "statement") if spec.resource_policy else "<i>none</i>"
    for field, reason in (spec.unread or {}).items():
        yield text(field.replace("_", " ")), f"{badge('not read', 'warn')} {text(reason)}"


def _lifecycle(report: Report, repository: ReportedRepository, limit: int) -> str:
    from ecrops.lifecycle.policy.words import words

    lines = [
        f"<b>{text(rule.get('rulePriority', '?'), 20)}</b> {text(words([rule]))}"
        + (f" <span class=note>{text(rule['description'])}</span>" if rule.get("description") else "")
        for rule in repository.rules
    ]
    planned = "<p>As the spec wants it; the repository has another policy now.</p>" if repository.is_planned else ""
    if not lines and not planned and "lifecycle_rules" not in (repository.spec.unread or {}):
        return "<p>None: nothing is ever removed.</p>"
    return f"{planned}{listing(lines, limit)}"


def _findings(report: Report, repository: ReportedRepository, limit: int) -> str:
    lines = (f"{badge(finding.code, 'warn')} {text(finding.message)}" for finding in repository.findings)
    return listing(lines, limit)


def _now(report: Report, repository: ReportedRepository, limit: int) -> str:
    outlook = repository.outlook
    if outlook is None:
        return ""
    columns = [Column("Rule"), Column("Selects", "n"), Column("Acts on", "n"), Column("Size", "n")]
    rows = [
        (
            text(f"{tally.rule_priority}: {tally.words}"),
            "" if tally.selects is None else f"{tally.selects:,}",
            f"{tally.acts_on:,}",
            text_size(tally.bytes),
        )
        for tally in outlook.tallies
        if tally.acts_on or limit > LIMITS[1]
    ]
    examples = [Column("Image"), Column("Pushed", "d"), Column("Size", "n"), Column("Why")]
    images = [
        (text(image.name, 80), image.pushed_on, text_size(image.bytes), text(image.reason))
        for image in outlook.examples[: max(0, limit - 4)]
    ]
    gone = outlook.expired + outlook.archived
    which = "Images that go" if gone == len(images) else f"The {len(images)} oldest of {gone:,} images that go"
    return f"<p>{text(outlook.summary)}.</p>{table(columns, rows, limit)}{table(examples, images, limit, which)}"


def _inventory(report: Report, repository: ReportedRepository, limit: int) -> str:
    return facts(_inventory_pairs(repository)) if repository.outlook and repository.outlook.counts.images else ""


def _inventory_pairs(repository: ReportedRepository) -> Iterator[tuple[str, str]]:
    assert repository.outlook is not None
    outlook, counts = repository.outlook, repository.outlook.counts
    yield f"Pushed in {GROWTH_DAYS} days", _some(counts.growth, counts.growth_bytes)
    if counts.untagged:
        yield "Untagged", _some(counts.untagged, counts.untagged_bytes)
    if counts.in_use is not None:
        yield "In use", _some(counts.in_use, counts.in_use_bytes or 0)
        yield "Nobody uses", _some(counts.unused or 0, counts.unused_bytes or 0)
    if outlook.running:
        yield "Goes though in use", badge(count(outlook.running, "image"), "warn")
    for title, moment in (("Last push", counts.last_pushed_at), ("Last pull", counts.last_pulled_at)):
        yield title, f"{moment:%Y-%m-%d}" if moment else "<i>none</i>"


def _some(number: int, size: int) -> str:
    return f"{count(number, 'image')}, {text_size(size)}" if number else "<i>none</i>"


def _forecast(report: Report, repository: ReportedRepository, limit: int) -> str:
    outlook = repository.outlook
    if outlook is None or not outlook.forecast.days[-1].without.images:
        return ""
    last = outlook.last

    def priced(stored: Storage) -> str:
        return f"{stored}, {report.prices.text(report.prices.per_month(stored))} a month"

    without = "" if last.stored == last.without else f"; without a policy {priced(last.without)}"
    pushes = f"With {outlook.forecast.pushes_per_day:.3g} pushes a day"
    words = f"Now {priced(outlook.stored)}. {pushes}, in {report.days} days: {priced(last.stored)}{without}."
    return f"{trend(outlook.forecast.days, 'stored bytes by day, and without a policy')}<p>{text(words)}</p>"


PARTS = (
    Part("What differs", _changes),
    Part("Findings", _findings),
    Part("Settings", _settings),
    Part("Lifecycle policy", _lifecycle),
    Part("What it would remove now", _now),
    Part("Inventory", _inventory),
    Part("Forecast", _forecast),
)
"""The parts of the details of a repository, from the most important one on."""
