"""The page about a registry: its numbers, and a list of sections. Pure.

Called by ``Report.html``. Adding a section is one line in ``SECTIONS``. ``frame`` puts head and style around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ecrops.base.render import count, text_size
from ecrops.report import sections
from ecrops.report.elements import size_of
from ecrops.report.frame import Drawn, card, frame, when
from ecrops.report.report import Report
from ecrops.report.table import repositories
from ecrops.report.values import without_policy


class Section(NamedTuple):
    """A section of the page.

    Args:
        anchor: The name that links lead to.
        title: Its head.
        draw: Returns its HTML; empty if the report has nothing for it.
    """

    anchor: str
    title: str
    draw: Callable[[Report], str]


SECTIONS = (
    Section("unread", "What could not be read", sections.unread),
    Section("plan", "What differs from the specs", sections.plan),
    Section("repositories-section", "Repositories", repositories),
    Section("storage", "Storage and cost", sections.storage),
    Section("access", "Who can use which repositories", sections.access),
    Section("settings", "Settings of the registry", sections.settings),
)
"""The sections of the page, in their order."""


def draw(report: Report) -> str:
    """Return a report as one HTML page."""
    drawn = [Drawn(section.anchor, section.title, html) for section in SECTIONS if (html := section.draw(report))]
    return frame(
        f"ECR registry {report.account}, {report.region}", when(report.at, report.version), _cards(report), drawn
    )


def _cards(report: Report) -> Iterator[str]:
    """Yield the numbers at the top of the page."""
    number = len(report.repositories)
    yield card("repositories-section", f"{number:,}", "repository" if number == 1 else "repositories")
    if report.plan is not None:
        conflicts = len(report.plan.conflicts)
        yield card("plan", f"{len(report.plan):,}", report.plan.summary, "warn" if conflicts else "")
    noun = "finding about a lifecycle policy" if report.findings == 1 else "findings about lifecycle policies"
    if report.unprotected:
        noun = f"{noun}; {without_policy(report.unprotected)}"
    yield card("repositories-section", f"{report.findings:,}", noun, "warn" if report.findings else "", "findings")
    yield from _storage_cards(report)
    if report.unread:
        yield card("unread", f"{len(report.unread):,}", "could not be read", "warn")


def _storage_cards(report: Report) -> Iterator[str]:
    """Yield the numbers about storage; none if no images were read."""
    forecast, prices = report.forecast, report.prices
    if not forecast:
        return
    first, last = forecast.days[0], forecast.days[-1]
    images, size = report.expired
    now, later, without = map(prices.per_month, (first.without, last.stored, last.without))
    stored = text_size(size_of(first.without))
    yield card("storage", prices.text(now), f"a month now: {count(first.without.images, 'image')}, {stored}")
    yield card(
        "repositories-section",
        f"{images:,}",
        f"{'image' if images == 1 else 'images'} would expire now, {text_size(size)}",
        shows="expires",
    )
    yield card(
        "storage",
        prices.text(later),
        f"a month in {report.days} days; {prices.text(without)} if nothing were removed",
    )
