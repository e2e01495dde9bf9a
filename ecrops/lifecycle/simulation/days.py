"""What is stored, day by day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecrops.base.render import text_size


@dataclass(frozen=True, slots=True)
class Storage:
    """What is stored at one moment.

    Args:
        images: All of them.
        bytes: In standard storage.
        archived_bytes: In the archive.
    """

    images: int
    bytes: int
    archived_bytes: int

    def __str__(self) -> str:
        archived = f" and {text_size(self.archived_bytes)} archived" if self.archived_bytes else ""
        return f"{self.images:,} images, {text_size(self.bytes)}{archived}"

    def to_dict(self) -> dict[str, int]:
        """The numbers, ready for JSON."""
        return {"images": self.images, "bytes": self.bytes, "archived_bytes": self.archived_bytes}


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a forecast, after the policy has run.

    Args:
        at: The moment.
        stored: What is there under the policy.
        without: What would be there if nothing were ever removed.
        acted: How many images each rule expired or archived on this day; those that went after the image that they
            are about under 0.
    """

    at: datetime
    stored: Storage
    without: Storage
    acted: Mapping[int, int]

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        acted = {str(priority): number for priority, number in self.acted.items()}
        sides = {"with": self.stored.to_dict(), "without": self.without.to_dict()}
        return {"at": self.at.isoformat(), **sides, "acted": acted}
