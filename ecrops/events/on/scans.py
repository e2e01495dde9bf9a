"""The verbs about scans of images: completed, findings, and how often.

Users call the verbs of ``EventVerbs``, which has these too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Never

from ecrops.base.problems import given
from ecrops.events.on.base import R, Verbs

if TYPE_CHECKING:
    from ecrops.events.event import RuleState, StateName
    from ecrops.events.patterns.selection import Selection
    from ecrops.events.targets.target import Target


class ScanVerbs(Verbs[R]):
    """The verbs about scans of images."""

    def on_image_scan_completed(
        self,
        name: str | None = None,
        *,
        image_tags: Sequence[str] | None = None,
        scan_type: Literal["BASIC", "ENHANCED"] | None = None,
        target: Target | str | None = None,
        targets: Sequence[Target | str] = (),
        repositories: Selection = None,
        event_pattern: Mapping[str, Any] | None = None,
        description: str | None = None,
        state: StateName | RuleState | None = None,
        bus: str = "default",
        tags: Mapping[str, str] | None = None,
        split: bool | None = None,
        **misspelt: Never,
    ) -> R:
        """Fire when a scan of an image is completed.

        ``BASIC`` and ``ENHANCED`` scanning send different events. Without ``scan_type`` the verb asks the registry
        which is in force. If that is changed later, run the verb again: it changes the rule.
        """
        return self._on("image-scan-completed", given(locals()))

    def on_image_finding(
        self,
        name: str | None = None,
        *,
        severities: Sequence[
            Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED"]
        ] = ("CRITICAL", "HIGH"),
        scan_type: Literal["BASIC", "ENHANCED"] | None = None,
        target: Target | str | None = None,
        targets: Sequence[Target | str] = (),
        repositories: Selection = None,
        event_pattern: Mapping[str, Any] | None = None,
        description: str | None = None,
        state: StateName | RuleState | None = None,
        bus: str = "default",
        tags: Mapping[str, str] | None = None,
        split: bool | None = None,
        **misspelt: Never,
    ) -> R:
        """Fire on findings of these severities: on scans that have any (``BASIC``), on each finding (``ENHANCED``)."""
        return self._on("image-finding", given(locals()))

    def on_scan_frequency_changed(
        self,
        name: str | None = None,
        *,
        target: Target | str | None = None,
        targets: Sequence[Target | str] = (),
        repositories: Selection = None,
        event_pattern: Mapping[str, Any] | None = None,
        description: str | None = None,
        state: StateName | RuleState | None = None,
        bus: str = "default",
        tags: Mapping[str, str] | None = None,
        split: bool | None = None,
        **misspelt: Never,
    ) -> R:
        """Fire when the scan frequency of a repository changes, under ``ENHANCED`` scanning."""
        return self._on("scan-frequency-changed", given(locals()))
