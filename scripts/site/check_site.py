"""Check a built site: no page asks another host for anything, every public name is there, links lead somewhere.

mkdocs checks the links between pages while it builds. This reads what it built, the generated HTML included.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import reference_pages as reference

# attributes that a browser follows by itself, by tag
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
NOT_LOADED = {"canonical", "prev", "next", "edit", "alternate"}


class Document(HTMLParser):
    """The links, the anchors and the loaded addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.update(value for name in ("id", "name") if (value := values.get(name)))
        if tag == "a" and (link := values.get("href")):
            self.links.add(link)
        if (address := values.get(LOADED.get(tag, ""))) and values.get("rel") not in NOT_LOADED:
            self.loaded.add(address)


def problems(site: Path) -> list[str]:
    """Return what is wrong with a built site."""
    pages = {path.resolve(): Document(path.read_text()) for path in site.rglob("*.html")}
    faults = []
    for path, page in sorted(pages.items()):
        if path.name == "404.html":
            continue
        name = path.relative_to(site.resolve())
        faults += [f"{name} loads {address}" for address in sorted(page.loaded) if urlsplit(address).netloc]
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                faults.append(f"{name} links to {link}, which does not exist")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                faults.append(f"{name} links to {link}, which has no such anchor")
    for style in sorted(site.rglob("*.css")):
        text = style.read_text()
        faults += [f"{style.name} loads from another host"] * ("url(http" in text or "@import" in text)
    for listed in reference.pages():
        anchors = pages[(site / "reference" / f"{listed.file.removesuffix('.md')}.html").resolve()].anchors
        faults += [f"reference/{listed.file} lacks {name}" for name in listed.names if name not in anchors]
    return faults


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if faults := problems(place):
        sys.exit("\n".join(faults))
    print(f"{place} has {len(list(place.rglob('*.html')))} pages; open {place}/index.html, or: scripts/docs serve")
