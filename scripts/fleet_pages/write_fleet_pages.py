"""Write the schema and the page of the fleet file."""

from __future__ import annotations

import json
from pathlib import Path

from fleet_page import page
from fleet_schema import schema

ROOT = Path(__file__).resolve().parents[2]


def files() -> dict[Path, str]:
    """The texts of the files that are made, by their paths."""
    content = schema()
    return {
        ROOT / "ecrops/fleet/schema.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        ROOT / "docs/fleet-file.md": page(content),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
