"""The verbs about events: of a repository, of a registry, and as functions that return an ``Event`` for a spec.

``Repository`` and ``Registry`` inherit the verbs (``verbs``); users import the values from ``ecrops.events``. A verb
collects its options and hands them on under the name of its kind, which ``patterns/kinds`` knows. It checks nothing,
and imports nothing of EventBridge: most users have no events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from ecrops.base.problems import given
from ecrops.events.on.base import R
from ecrops.events.on.images import ImageVerbs
from ecrops.events.on.scans import ScanVerbs

if TYPE_CHECKING:
    from ecrops.events.event import Event, RuleState, StateName
    from ecrops.events.patterns.selection import Selection
    from ecrops.events.targets.target import Target


class EventVerbs(ImageVerbs[R], ScanVerbs[R]):
    """One verb for each kind of event. The first argument of each is the name of the rule; it has a default.

    For the options, and the default name, see ``help(ecrops.events.RuleOptions)``.

    A verb makes the rule, and adds its targets: targets that others put on the rule stay. Every verb raises
    ``SpecError`` if EventBridge would refuse the rule, or could never invoke a target.
    """

    def on_event(
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
        """Fire on every event of ECR that has the repository's name in its detail.

        ``event_pattern`` narrows them down. Changes of the scan frequency have the name in another field: see
        ``on_scan_frequency_changed``.
        """
        return self._on("event", given(locals()))

    def on_cloud_trail_event(
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
        """Fire on API calls that a trail of CloudTrail records. There must be a trail."""
        return self._on("cloud-trail-event", given(locals()))

    def on_cloud_trail_image_pushed(
        self,
        name: str | None = None,
        *,
        image_tag: str | None = None,
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
        """Fire on pushes that a trail of CloudTrail records. Without a trail use ``on_image_pushed``."""
        return self._on("cloud-trail-image-pushed", given(locals()))


class _Values(EventVerbs["Event"]):
    """The verbs that return events, for ``RepositorySpec("team/api", events=[on_image_pushed(target=queue_arn)])``."""

    def _on(self, kind: str, options: dict[str, Any]) -> Event:
        from ecrops.events.rule_options import make_event  # only users who have events wait for this import

        return make_event(kind, options)


_values = _Values()
on_event = _values.on_event
on_cloud_trail_event = _values.on_cloud_trail_event
on_cloud_trail_image_pushed = _values.on_cloud_trail_image_pushed
on_image_pushed = _values.on_image_pushed
on_image_deleted = _values.on_image_deleted
on_image_archived = _values.on_image_archived
on_image_restored = _values.on_image_restored
on_referrer_action = _values.on_referrer_action
on_artifact_action = _values.on_artifact_action
on_image_scan_completed = _values.on_image_scan_completed
on_image_finding = _values.on_image_finding
on_scan_frequency_changed = _values.on_scan_frequency_changed
on_pull_through_cache_action = _values.on_pull_through_cache_action
on_image_replicated = _values.on_image_replicated
