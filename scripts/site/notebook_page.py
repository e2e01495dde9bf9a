"""A notebook as a page: its texts, its code, and its outputs as they were saved."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any


def markdown(notebook: Mapping[str, Any]) -> str:
    """Return the page of a notebook."""
    return "\n\n".join(part for cell in notebook["cells"] for part in _cell(cell))


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell.get("outputs", ()):
        yield f'<div class="output">{_output(output)}</div>'


def _output(output: Mapping[str, Any]) -> str:
    """Return an output as HTML: what was displayed, else what was printed."""
    data = output.get("data", {})
    if rich := data.get("text/html") or data.get("image/svg+xml"):
        return "".join(rich).strip()
    return f"<pre>{html.escape(''.join(output.get('text') or data.get('text/plain', '')).strip())}</pre>"
