"""Links of the documentation, which is read on GitHub, on PyPI and on the site."""

from __future__ import annotations

import re

TREE = "https://github.com/ecrops/ecrops/blob/main/"
RAW = "https://raw.githubusercontent.com/ecrops/ecrops/main/"
# files of the project that are pages of the site, and where
AT_HOME = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}


def with_local_links(markdown: str) -> str:
    """Return a page whose links to the project's pages on GitHub are links to pages of the site."""
    return re.sub(r"\]\(([^)\s]+)\)", lambda match: f"]({local(match[1])})", markdown)


def local(link: str) -> str:
    """Return a link as it is on the site. A file that is no page stays a link to GitHub."""
    path, hash_, anchor = link.removeprefix(TREE).removeprefix(RAW).removeprefix("../").partition("#")
    if path in AT_HOME:
        return AT_HOME[path] + hash_ + anchor
    if path.startswith("docs/"):
        return path.removeprefix("docs/") + hash_ + anchor
    return link
