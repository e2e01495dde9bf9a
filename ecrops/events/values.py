"""The events of a spec: ``RepositorySpec("team/api", events=[on_image_pushed(target=queue_arn)])``."""

from __future__ import annotations

from typing import Any

from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.events.event import Event, target_list
from ecrops.events.on import EventKinds, RuleOptions
from ecrops.events.patterns.options import options_of


def make_event(kind: str, name: str | None, rule: RuleOptions, options: dict[str, Any]) -> Event:
    """An event from what a verb was told.

    Raises:
        SpecError: EventBridge would refuse the rule, or could never invoke a target; with every reason.
    """
    said: dict[str, Any] = dict(rule)
    takes = [*options_of(kind), *RuleOptions.__annotations__]
    if unknown := [each for each in said if each not in takes]:
        raise SpecError(*(f"{each}: unknown{hint(each, takes)}" for each in unknown))
    first = [said.pop("target")] if said.get("target") is not None else []
    said["targets"] = (*first, *target_list(said.get("targets", ())))
    told = {each: value for each, value in options.items() if value is not None}
    return Event(kind, name=name, options=told, **{each: value for each, value in said.items() if each != "target"})


class _Values(EventKinds[Event]):
    def _on(self, kind: str, name: str | None, rule: RuleOptions, **options: Any) -> Event:
        return make_event(kind, name, rule, options)


_values = _Values()
on_event = _values.on_event
on_cloud_trail_event = _values.on_cloud_trail_event
on_cloud_trail_image_pushed = _values.on_cloud_trail_image_pushed
on_image_pushed = _values.on_image_pushed
on_image_deleted = _values.on_image_deleted
on_image_archived = _values.on_image_archived
on_image_restored = _values.on_image_restored
on_referrer_action = _values.on_referrer_action
on_image_scan_completed = _values.on_image_scan_completed
on_image_finding = _values.on_image_finding
on_scan_frequency_changed = _values.on_scan_frequency_changed
on_pull_through_cache_action = _values.on_pull_through_cache_action
on_image_replicated = _values.on_image_replicated
