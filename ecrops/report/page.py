"""The whole page: head, summary, and a list of sections. Pure, but for reading the files that it is made with.

Called by ``Report.html``. Adding a section is one line in ``SECTIONS``. The page has one script and one style, which
it names by their checksums: a browser runs no other script, whatever text of others says, and makes no request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecrops.base.render import count, text_size
from ecrops.report import sections
from ecrops.report.elements import size_of, text
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
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; script-src '{_checksum(script)}'; style-src '{_checksum(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    title = text(f"ECR registry {report.account}, {report.region}")
    drawn = [(section, html) for section in SECTIONS if (html := section.draw(report))]
    links = "".join(f"<a href=#{section.anchor}>{section.title}</a>" for section, _ in drawn)
    body = "".join(
        f"<section id={section.anchor} aria-labelledby={section.anchor}-title>"
        f"<h2 id={section.anchor}-title>{section.title}</h2>{html}</section>\n"
        for section, html in drawn
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{title}</title>\n<style>{style}</style>\n<script>{script}</script></head>\n<body>"
        f"<header><div><h1>{title}</h1><p>{_when(report)}</p></div>"
        '<button type="button" id="theme" aria-label="Dark colours" aria-pressed="false">Dark</button></header>'
        f"<nav aria-label=Sections>{links}</nav>\n<main><ul class=cards>{''.join(_cards(report))}</ul>\n{body}</main>"
        "</body></html>\n"
    )


def _when(report: Report) -> str:
    return text(f"Read on {report.at:%Y-%m-%d} at {report.at:%H:%M} UTC by ecrops {report.version}")


def _cards(report: Report) -> Iterator[str]:
    """Yield the numbers at the top of the page."""
    number = len(report.repositories)
    yield _card("repositories-section", f"{number:,}", "repository" if number == 1 else "repositories")
    if report.plan is not None:
        conflicts = len(report.plan.conflicts)
        yield _card("plan", f"{len(report.plan):,}", report.plan.summary, "warn" if conflicts else "")
    noun = "finding about a lifecycle policy" if report.findings == 1 else "findings about lifecycle policies"
    if report.unprotected:
        noun = f"{noun}; {without_policy(report.unprotected)}"
    yield _card("repositories-section", f"{report.findings:,}", noun, "warn" if report.findings else "", "findings")
    yield from _storage_cards(report)
    if report.unread:
        yield _card("unread", f"{len(report.unread):,}", "could not be read", "warn")


def _storage_cards(report: Report) -> Iterator[str]:
    """Yield the numbers about storage; none if no images were read."""
    forecast, prices = report.forecast, report.prices
    if not forecast:
        return
    first, last = forecast.days[0], forecast.days[-1]
    images, size = report.expired
    now, later, without = map(prices.per_month, (first.without, last.stored, last.without))
    stored = text_size(size_of(first.without))
    yield _card("storage", prices.text(now), f"a month now: {count(first.without.images, 'image')}, {stored}")
    yield _card(
        "repositories-section",
        f"{images:,}",
        f"{'image' if images == 1 else 'images'} would expire now, {text_size(size)}",
        shows="expires",
    )
    yield _card(
        "storage",
        prices.text(later),
        f"a month in {report.days} days; {prices.text(without)} if nothing were removed",
    )


def _card(anchor: str, number: str, words: str, kind: str = "", shows: str = "") -> str:
    """Return a number with its words, and a link: to a section, or to the repositories that it counts."""
    warns = f' class="{kind}"' if kind else ""
    filters = f" data-filter={shows}" if shows else ""
    return f"<li{warns}><a href=#{anchor}{filters}><b>{text(number)}</b> <span>{text(words)}</span></a></li>"


@cache
def _part(name: str) -> str:
    """Return the text of a file that the page is made with."""
    return files("ecrops.report").joinpath(name).read_text(encoding="utf-8")


def _checksum(content: str) -> str:
    """Return what a Content-Security-Policy names an inline script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
