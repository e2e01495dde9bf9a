"""The plan of a copy: with the bytes that it moves."""

from __future__ import annotations

from dataclasses import dataclass

from ecrops.engine.plan import Plan


@dataclass(frozen=True)
class CopyPlan(Plan):
    """A plan of ``copy_images``."""
