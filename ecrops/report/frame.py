"""What every page has around its sections: head, style, script, links, numbers. Pure, but for reading its files.

Called by what draws a page. The page has one script and one style, which it names by their checksums: a browser runs no
other script, whatever text of others says, and makes no request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecrops.report.elements import text


class Drawn(NamedTuple):
    """A section as it is on a page.

    Args:
        anchor: The name that links lead to.
        title: Its head.
        html: What it shows.
    """

    anchor: str
    title: str
    html: str


def frame(title: str, subtitle: str, cards: Iterable[str], sections: Sequence[Drawn]) -> str:
    """Return a whole page.

    Args:
        title: What it is about, in words.
        subtitle: When it was made, in words.
        cards: The numbers at its top, as ``card`` draws them.
        sections: The sections.
    """
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; script-src '{_checksum(script)}'; style-src '{_checksum(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = text(title)
    links = "".join(f"<a href=#{section.anchor}>{section.title}</a>" for section in sections)
    body = "".join(
        f"<section id={section.anchor} aria-labelledby={section.anchor}-title>"
        f"<h2 id={section.anchor}-title>{section.title}</h2>{section.html}</section>\n"
        for section in sections
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{head}</title>\n<style>{style}</style>\n<script>{script}</script></head>\n<body>"
        f"<header><div><h1>{head}</h1><p>{text(subtitle)}</p></div>"
        '<button type="button" id="theme" aria-label="Dark colours" aria-pressed="false">Dark</button></header>'
        f"<nav aria-label=Sections>{links}</nav>\n<main><ul class=cards>{''.join(cards)}</ul>\n{body}</main>"
        "</body></html>\n"
    )


def when(at: datetime, version: str) -> str:
    """Return when a page was made, and by which version of ecrops."""
    return f"Read on {at:%Y-%m-%d} at {at:%H:%M} UTC by ecrops {version}"


def card(anchor: str, number: str, words: str, kind: str = "", shows: str = "") -> str:
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
