"""The plan of a copy: a plan with the bytes that it moves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ecrops.base.render import count, text_size
from ecrops.engine.plan import Plan
from ecrops.images.copying.edits import Copied


@dataclass(frozen=True, slots=True, repr=False)
class CopyPlan(Plan):
    """A plan of ``copy_images`` or ``copy_to``: a ``Plan``, and how many bytes it is about.

    Args:
        bytes_planned: The bytes of layers that the target lacked when the plan was made.
        bytes_moved: The bytes of layers that were streamed.
        bytes_mounted: The bytes of layers that the registry took from the other repository, without moving them.
        skipped: How many images were there already, each with all that belongs to it.
    """

    bytes_planned: int = 0
    bytes_moved: int = 0
    bytes_mounted: int = 0
    skipped: int = 0

    @property
    def summary(self) -> str:
        """The numbers of a plan, and the bytes, such as ``3 created; 41.2 MB moved, 12.0 MB mounted``."""
        summary = Plan.summary.fget(self)  # type: ignore[attr-defined]
        if self.applied:
            mounted = f", {text_size(self.bytes_mounted)} mounted" if self.bytes_mounted else ""
            summary = f"{summary}; {text_size(self.bytes_moved)} moved{mounted}"
        elif self.bytes_planned:
            summary = f"{summary}; {text_size(self.bytes_planned)} to move"
        skipped = count(self.skipped, "image was", "images were")
        return f"{summary}; {skipped} there already" if self.skipped else summary

    def result(self, made: Plan) -> Plan:
        """Return what an apply of this plan made, with the bytes that it moved.

        Args:
            made: The changes that were made.
        """
        transfers = next((want.edit.transfers for want in self.wants if isinstance(want.edit, Copied)), None)
        moved, mounted = (transfers.moved, transfers.mounted) if transfers else (0, 0)
        return with_bytes(made, self.bytes_planned, moved, mounted, self.skipped)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan, ready for JSON."""
        names = ("bytes_planned", "bytes_moved", "bytes_mounted", "skipped")
        return Plan.to_dict(self) | {name: getattr(self, name) for name in names}


def with_bytes(plan: Plan, planned: int, moved: int, mounted: int, skipped: int) -> CopyPlan:
    """Return a plan with the bytes that it is about."""
    values = {field.name: getattr(plan, field.name) for field in fields(Plan)}
    return CopyPlan(**values, bytes_planned=planned, bytes_moved=moved, bytes_mounted=mounted, skipped=skipped)
