"""The page of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.base.render import markup

if TYPE_CHECKING:
    from ecrops.report.report import Report


def draw(report: Report) -> str:
    """Return the report as one HTML page."""
    return f"<!doctype html><title>ecrops</title><pre>{markup(report)}</pre>"
