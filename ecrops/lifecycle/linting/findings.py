"""The value that ``lint`` and the warnings of a simulation are made of, and its codes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecrops.base.render import page
from ecrops.base.shown import Shown

CODES = (
    "all-of",
    "any-by-age",
    "impossible-tag",
    "never-acts",
    "part-of-index",
    "selects-none",
    "tagged-never-expire",
    "unknown-parts",
)
"""The codes of findings. They stay: what a program acknowledges today it acknowledges with the next version."""


@dataclass(frozen=True, slots=True)
class Finding(Shown):
    """Something about a lifecycle policy that is probably not meant.

    Args:
        code: ``all-of``, ``any-by-age``, ``impossible-tag``, ``never-acts`` or ``tagged-never-expire``; with images
            also ``part-of-index``, ``selects-none`` and ``unknown-parts``. A code keeps its meaning in later versions.
        rule_priority: The rule; ``None`` if it is about the whole policy.
        message: What it does, and the way out.
    """

    code: str
    rule_priority: int | None
    message: str

    def __str__(self) -> str:
        return page([self.message])

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, ready for JSON."""
        return {"code": self.code, "rule_priority": self.rule_priority, "message": self.message}
