"""What mkdocs calls while it builds the site: it adds generated pages, and makes links to GitHub links to pages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

import notebook_page  # noqa: E402
import reference_pages  # noqa: E402
from site_links import AT_HOME, with_local_links  # noqa: E402

TOUR = ROOT / "examples" / "tour.ipynb"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no files in ``docs``."""
    made = {home: (ROOT / name).read_text() for name, home in AT_HOME.items()}
    made |= {f"reference/{page.file}": page.markdown() for page in reference_pages.pages()}
    made["changelog.md"] = "---\nsearch:\n  exclude: true\n---\n" + made["changelog.md"]
    made["reference/index.md"] = reference_pages.index()
    if TOUR.exists():
        made["tour.md"] = notebook_page.markdown(json.loads(TOUR.read_text()))
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links to the project's pages on GitHub into links to pages of the site."""
    return with_local_links(markdown)
