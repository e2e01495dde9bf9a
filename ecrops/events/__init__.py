"""Events of ECR: EventBridge rules that fire, and targets that may be invoked.

The names are read when they are first used: most users of ecrops have no rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecrops.events.event import Event, RuleState
    from ecrops.events.kinds import RuleOptions
    from ecrops.events.patterns import Pattern
    from ecrops.events.repositories import Prefix, prefix
    from ecrops.events.rule import Rule
    from ecrops.events.targets import Target
    from ecrops.events.values import (
        on_cloud_trail_event,
        on_cloud_trail_image_pushed,
        on_event,
        on_image_archived,
        on_image_deleted,
        on_image_finding,
        on_image_pushed,
        on_image_replicated,
        on_image_restored,
        on_image_scan_completed,
        on_pull_through_cache_action,
        on_referrer_action,
        on_scan_frequency_changed,
    )

__all__ = [
    "Event",
    "Pattern",
    "Prefix",
    "Rule",
    "RuleOptions",
    "RuleState",
    "Target",
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
    "prefix",
]


_HOMES = {
    "Event": "event",
    "Pattern": "patterns",
    "Prefix": "repositories",
    "Rule": "rule",
    "RuleOptions": "kinds",
    "RuleState": "event",
    "Target": "targets",
    "prefix": "repositories",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"ecrops.events.{_HOMES.get(name, 'values')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What is read when it is first used is offered too."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
