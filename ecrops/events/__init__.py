"""Events of ECR: EventBridge rules that fire, and targets that may be invoked.

Users import from here. Most users have no EventBridge rules, and do not wait for the import of the modules below.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.events.event import Event as Event
    from ecrops.events.event import RuleState as RuleState
    from ecrops.events.on import on_artifact_action as on_artifact_action
    from ecrops.events.on import on_cloud_trail_event as on_cloud_trail_event
    from ecrops.events.on import on_cloud_trail_image_pushed as on_cloud_trail_image_pushed
    from ecrops.events.on import on_event as on_event
    from ecrops.events.on import on_image_archived as on_image_archived
    from ecrops.events.on import on_image_deleted as on_image_deleted
    from ecrops.events.on import on_image_finding as on_image_finding
    from ecrops.events.on import on_image_pushed as on_image_pushed
    from ecrops.events.on import on_image_replicated as on_image_replicated
    from ecrops.events.on import on_image_restored as on_image_restored
    from ecrops.events.on import on_image_scan_completed as on_image_scan_completed
    from ecrops.events.on import on_pull_through_cache_action as on_pull_through_cache_action
    from ecrops.events.on import on_referrer_action as on_referrer_action
    from ecrops.events.on import on_scan_frequency_changed as on_scan_frequency_changed
    from ecrops.events.patterns.pattern import Pattern as Pattern
    from ecrops.events.rule import Rule as Rule
    from ecrops.events.rule_options import RuleOptions as RuleOptions
    from ecrops.events.targets.target import Target as Target
    from ecrops.events.testing import TestReport as TestReport
    from ecrops.repositories.prefixes import Prefix as Prefix
    from ecrops.repositories.prefixes import prefix as prefix

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.events.event": (
                "Event",
                "RuleState",
            ),
            "ecrops.events.patterns.pattern": ("Pattern",),
            "ecrops.repositories.prefixes": (
                "Prefix",
                "prefix",
            ),
            "ecrops.events.rule": ("Rule",),
            "ecrops.events.rule_options": ("RuleOptions",),
            "ecrops.events.targets.target": ("Target",),
            "ecrops.events.testing": ("TestReport",),
            "ecrops.events.on": (
                "on_artifact_action",
                "on_cloud_trail_event",
                "on_cloud_trail_image_pushed",
                "on_event",
                "on_image_archived",
                "on_image_deleted",
                "on_image_finding",
                "on_image_pushed",
                "on_image_replicated",
                "on_image_restored",
                "on_image_scan_completed",
                "on_pull_through_cache_action",
                "on_referrer_action",
                "on_scan_frequency_changed",
            ),
        },
    )
