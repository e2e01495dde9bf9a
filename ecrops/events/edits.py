"""The edits of an EventBridge rule. Pure.

Made by the verbs, by ``wants`` and by the handle ``Rule``; read by ``aspect``, which compares the rule before and after
its edits. An edit is called with a rule, and returns the rule after the edit; it never changes its argument.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ecrops.events.event import Event, RuleState
from ecrops.events.targets.target import Target
from ecrops.events.value import MARKER, SEVERAL, STATE, TAG, Origin, RuleValue, same_settings


class Edit(Protocol):
    """An edit of a rule."""

    @property
    def targets(self) -> Sequence[Target]:
        """The targets that the edit adds."""

    def __call__(self, current: RuleValue, /) -> RuleValue:
        """Return the rule after the edit."""


@dataclass(frozen=True)
class Wanted:
    """An edit: the rule of an event with its targets.

    Args:
        event: The event.
        exactly: Whether other targets that ecrops put on the rule are removed.
    """

    event: Event
    exactly: bool = False

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        event, before = self.event, current.settings or {}
        settings = {**before, "EventPattern": str(event.pattern(current.location, current.scan_type))}
        firing = self._state_when_firing(current, settings)
        stays_disabled = before.get("State") == RuleState.DISABLED
        settings["State"] = str(event.state or (RuleState.DISABLED if stays_disabled else firing))
        if event.description is not None:
            settings["Description"] = event.description
        dropped = [key for key in current.targets if self.exactly and current.has_put(key)]
        tags = {**current.tags, **event.tags, TAG: self.mark, MARKER: current.next_marker}
        if settings["State"] == RuleState.DISABLED:
            tags |= _state_tag(current, firing)
        return replace(current, settings=settings, tags=tags).with_targets(self.targets, dropped)

    def _state_when_firing(self, current: RuleValue, settings: Mapping[str, Any]) -> str:
        """Return the state of the rule while it is not disabled.

        A new pattern may be on API calls that never fire in the old state, so it starts in the event's first state.
        """
        before = current.settings or {}
        state = before.get("State", self.event.first_state)
        if state != RuleState.ALL_CLOUD_TRAIL and not same_settings(before, settings):
            return str(self.event.first_state)
        return str(current.tags.get(STATE) or RuleState.ENABLED if state == RuleState.DISABLED else state)

    def may_take(self, owner: str) -> bool:
        """Whether a rule with this owner in its tag may become this one. A spec takes none of another spec's."""
        return owner == self.mark or (SEVERAL in (owner, self.mark) and not self.exactly)

    @property
    def mark(self) -> str:
        """The value of the rule's ``TAG``."""
        repositories = self.event.repositories
        return repositories if isinstance(repositories, str) else SEVERAL

    @property
    def repository(self) -> str:
        """The repository whose spec wants the rule; empty if a verb or the spec of a registry wants it."""
        return self.mark if self.exactly and self.mark != SEVERAL else ""

    @property
    def targets(self) -> Sequence[Target]:
        """The targets of the event."""
        return event_targets(self.event)


@dataclass(frozen=True)
class Include:
    """An edit: these targets too."""

    targets: Sequence[Target]

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        return current.with_targets(self.targets)


@dataclass(frozen=True)
class Exclude:
    """An edit: no targets with these ids or ARNs."""

    names: Collection[str]
    targets: Sequence[Target] = ()

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        targets = current.targets.items()
        remaining = {key: target for key, target in targets if not {key, target["Arn"]} & set(self.names)}
        return replace(current, targets=remaining)


@dataclass(frozen=True)
class Switch:
    """An edit: the rule is enabled, or disabled."""

    on: bool
    targets: Sequence[Target] = ()

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit. A rule that fired on all API calls before it was disabled does so again."""
        if current.settings is None or (current.settings.get("State") != RuleState.DISABLED) == self.on:
            return current
        if self.on:
            state = current.tags.get(STATE) or str(RuleState.ENABLED)
            return replace(current, settings={**current.settings, "State": state})
        tag = _state_tag(current, str(current.settings.get("State", RuleState.ENABLED)))
        settings = {**current.settings, "State": str(RuleState.DISABLED)}
        return replace(current, settings=settings, tags={**current.tags, **tag})


@dataclass(frozen=True)
class Absent:
    """An edit: no such rule.

    Args:
        of: The repository that the rule must be of. Such a rule stays if others made it, or put targets on it: then it
            loses the targets of ecrops.
        found: The rule as it was found. A rule that was changed since stays as it is.
    """

    of: str = ""
    targets: Sequence[Target] = ()
    found: RuleValue | None = None

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        if self.found and current.is_changed_since(self.found):
            return current
        if self.of and current.origin not in (Origin.MADE, Origin.ADOPTED):
            return current
        foreign = {key: target for key, target in current.targets.items() if not current.has_put(key)}
        if self.of and (foreign or current.origin is Origin.ADOPTED):
            return replace(current, targets=foreign)
        return replace(current, settings=None, tags={}, targets={})


def _state_tag(current: RuleValue, state: str) -> dict[str, str]:
    """Return the tag with the state that a rule has before it is disabled; none if the current tags say so."""
    return {} if state == (current.tags.get(STATE) or RuleState.ENABLED) else {STATE: state}


def needs_rule(edit: Edit) -> bool:
    """Whether an edit is an error if there is no rule."""
    return isinstance(edit, Include) or (isinstance(edit, Switch) and edit.on)


def edited(current: RuleValue, edits: Sequence[Edit]) -> RuleValue:
    """Return the rule after all edits."""
    for edit in edits:
        current = edit(current)
    return current


def event_targets(event: Event) -> Sequence[Target]:
    """Return the targets of an event, which has made each a ``Target`` when it checked itself."""
    return [target for target in event.targets if isinstance(target, Target)]
