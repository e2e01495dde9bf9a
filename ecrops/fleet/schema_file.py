"""The JSON Schema of a fleet file, as it was made from the dataclasses. ``scripts/fleet-docs`` writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schema.json")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a fleet file, draft 2020-12: what editors complete and check a file with.

    A schema cannot say everything: ``docs/fleet-file.md`` lists what only ``read`` finds.

    Example:
        >>> schema()["title"]
        'A fleet file of ecrops'
    """
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded
