"""The public cases about events: reduced from bug reports, questions and real files, each with its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "cases" / "public.json"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads(FILE.read_text(encoding="utf-8")) if case["area"] == "events"
}


def ids(*kinds: str) -> list[str]:
    """The ids of the cases of some kinds."""
    return [name for name, case in CASES.items() if case["kind"] in kinds]
