"""The verbs about what happens to images: pushed, deleted, archived, restored, replicated, pulled through.

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


class ImageVerbs(Verbs[R]):
    """The verbs about what happens to images."""

    def on_image_pushed(
        self,
        name: str | None = None,
        *,
        image_tags: Sequence[str] | None = None,
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
        """Fire when an image is pushed: with one of the tags, or with any tag or none."""
        return self._on("image-pushed", given(locals()))

    def on_image_deleted(
        self,
        name: str | None = None,
        *,
        image_tags: Sequence[str] | None = None,
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
        """Fire when an image is deleted: with one of the tags, or with any tag or none."""
        return self._on("image-deleted", given(locals()))

    def on_image_archived(
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
        """Fire when an image is moved to the archive."""
        return self._on("image-archived", given(locals()))

    def on_image_restored(
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
        """Fire when an image is restored from the archive."""
        return self._on("image-restored", given(locals()))

    def on_referrer_action(
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
        """Fire when a referrer of an image, such as an SBOM or a signature, is restored from the archive."""
        return self._on("referrer-action", given(locals()))

    def on_artifact_action(
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
        """Fire on an ``ECR Artifact Action``.

        EventBridge's reference names the event, and no guide shows one: see what arrives before you rely on its fields.
        """
        return self._on("artifact-action", given(locals()))

    def on_pull_through_cache_action(
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
        """Fire when an image is pulled through from an upstream registry, or could not be."""
        return self._on("pull-through-cache-action", given(locals()))

    def on_image_replicated(
        self,
        name: str | None = None,
        *,
        result: Literal["SUCCESS", "FAILED"] | None = None,
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
        """Fire when an image is replicated to this registry (``SUCCESS``), or could not be (``FAILED``)."""
        return self._on("image-replicated", given(locals()))
