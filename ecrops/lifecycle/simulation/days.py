"""What a repository stores, day by day: the values that a forecast is made of. Pure.

Made by ``projection``; read by ``forecast`` and ``chart``. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecrops.base.render import count, text_size
from ecrops.base.shown import Shown


@dataclass(frozen=True, slots=True)
class Storage(Shown):
    """What a repository stores at one moment.

    Args:
        images: How many images, archived ones too.
        bytes: Their size in standard storage.
        archived_bytes: Their size in the archive.
    """

    images: int
    bytes: int
    archived_bytes: int

    def __str__(self) -> str:
        archived = f" and {text_size(self.archived_bytes)} archived" if self.archived_bytes else ""
        return f"{count(self.images, 'image')}, {text_size(self.bytes)}{archived}"

    def to_dict(self) -> dict[str, int]:
        """Return the numbers, ready for JSON."""
        return {"images": self.images, "bytes": self.bytes, "archived_bytes": self.archived_bytes}


@dataclass(frozen=True, slots=True)
class Day(Shown):
    """One day of a forecast, after the policy has run.

    Args:
        at: The moment.
        stored: What is stored under the policy.
        without: What would be stored if nothing were ever removed.
        acted: How many images each rule expired or archived on this day, by its priority.
        artifacts: How many artifacts went on this day after the image that they are about, and by no rule.
    """

    at: datetime
    stored: Storage
    without: Storage
    acted: Mapping[int, int]
    artifacts: int = 0

    @property
    def removed(self) -> int:
        """How many images were expired or archived on this day."""
        return sum(self.acted.values()) + self.artifacts

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers, ready for JSON."""
        acted = {str(priority): number for priority, number in self.acted.items()}
        sides = {"with": self.stored.to_dict(), "without": self.without.to_dict()}
        return {"at": self.at.isoformat(), **sides, "acted": acted, "artifacts": self.artifacts}
