"""The verbs about events, said once: for a repository, for a registry, and as values for a spec."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, Unpack

if TYPE_CHECKING:
    from ecrops.events.event import RuleState
    from ecrops.events.patterns.selection import Selection
    from ecrops.events.targets.target import Target

R = TypeVar("R")


class RuleOptions(TypedDict, total=False):
    """What every verb takes.

    A rule without a name is named after its kind, repositories, filters and pattern: with others it is another rule,
    and the old one stays. With a name it stays the same rule.

    Attributes:
        target: What is invoked: an ARN or a ``Target``.
        targets: The same, up to five.
        repositories: Whose events, for a registry: a name, some names, ``prefix("team/")``, or all without it.
        event_pattern: A further pattern; both must match.
        description: Of the rule.
        state: ``ENABLED``, ``DISABLED``, or ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS``.
        bus: The name of the event bus of the rule; AWS's own events come on ``default`` only.
        tags: Of the rule.
    """

    target: Target | str
    targets: Sequence[Target | str]
    repositories: Selection
    event_pattern: Mapping[str, Any]
    description: str
    state: RuleState | str
    bus: str
    tags: Mapping[str, str]


class EventKinds(Generic[R]):
    """One verb for each kind of event. The first argument of each is the name of the rule, made up without one.

    All take ``target``, ``targets``, ``event_pattern``, ``description``, ``state``, ``bus`` and ``tags``, and those of
    a registry ``repositories``: see ``ecrops.events.RuleOptions``.

    What a verb wants is the rule and, too, its target: what others put on the rule stays. Every verb raises
    ``SpecError`` where EventBridge would refuse the rule, or could never invoke the target.
    """

    @abstractmethod
    def _on(self, kind: str, name: str | None, rule: RuleOptions, **options: Any) -> R:
        """What a verb does with what it was told."""

    def on_event(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On every event of ECR whose detail has the repository's name; ``event_pattern`` says which of them.

        Changes of the scan frequency have it elsewhere: see ``on_scan_frequency_changed``.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("event", name, rule)

    def on_cloud_trail_event(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On API calls that a trail of CloudTrail records. There must be a trail.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("cloud-trail-event", name, rule)

    def on_cloud_trail_image_pushed(
        self, name: str | None = None, *, image_tag: str | None = None, **rule: Unpack[RuleOptions]
    ) -> R:
        """On pushes that a trail of CloudTrail records. There must be a trail; ``on_image_pushed`` needs none.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("cloud-trail-image-pushed", name, rule, image_tag=image_tag)

    def on_image_pushed(
        self, name: str | None = None, *, image_tags: Sequence[str] | None = None, **rule: Unpack[RuleOptions]
    ) -> R:
        """On images that are pushed, with one of these tags or with any.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-pushed", name, rule, image_tags=image_tags)

    def on_image_deleted(
        self, name: str | None = None, *, image_tags: Sequence[str] | None = None, **rule: Unpack[RuleOptions]
    ) -> R:
        """On images that are deleted, with one of these tags or with any.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-deleted", name, rule, image_tags=image_tags)

    def on_image_archived(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On images that are moved to the archive.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-archived", name, rule)

    def on_image_restored(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On images that come back from the archive.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-restored", name, rule)

    def on_referrer_action(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On referrers of images, such as SBOMs and signatures, that come back from the archive.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("referrer-action", name, rule)

    def on_image_scan_completed(
        self,
        name: str | None = None,
        *,
        image_tags: Sequence[str] | None = None,
        scan_type: str | None = None,
        **rule: Unpack[RuleOptions],
    ) -> R:
        """On scans that are completed.

        ``BASIC`` and ``ENHANCED`` scanning send different events: without ``scan_type`` the registry is asked
        which is in force, and running again after it was changed changes the rule.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-scan-completed", name, rule, image_tags=image_tags, scan_type=scan_type)

    def on_image_finding(
        self,
        name: str | None = None,
        *,
        severities: Sequence[str] = ("CRITICAL", "HIGH"),
        scan_type: str | None = None,
        **rule: Unpack[RuleOptions],
    ) -> R:
        """On findings of these severities: on each scan that has any (``BASIC``), on each finding (``ENHANCED``).

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-finding", name, rule, severities=severities, scan_type=scan_type)

    def on_scan_frequency_changed(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On changes of how often repositories are scanned, under ``ENHANCED`` scanning.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("scan-frequency-changed", name, rule)

    def on_pull_through_cache_action(self, name: str | None = None, **rule: Unpack[RuleOptions]) -> R:
        """On images that are pulled through from an upstream registry, or could not be.

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("pull-through-cache-action", name, rule)

    def on_image_replicated(
        self, name: str | None = None, *, result: str | None = None, **rule: Unpack[RuleOptions]
    ) -> R:
        """On images that are replicated to this registry (``SUCCESS``), or could not be (``FAILED``).

        Options, and its name without one: ``help(ecrops.events.RuleOptions)``.
        """
        return self._on("image-replicated", name, rule, result=result)
