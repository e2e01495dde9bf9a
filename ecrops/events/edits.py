"""An EventBridge rule with its tags and targets as a value, and the edits of it. Pure.

Made by the verbs, by ``wants`` and by the handle ``Rule``; read by ``aspect``, which compares the rule before and after
its edits. An edit is called with a rule, and returns the rule after the edit; it never changes its argument.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ecrops.base.plain_json import parsed
from ecrops.errors import SpecError
from ecrops.events.event import Event, RuleState
from ecrops.events.patterns.checks import canonical, text_of
from ecrops.events.patterns.selection import EXAMPLE_LOCATION, Location
from ecrops.events.targets.target import MARK, Target
from ecrops.iam.statements import fingerprint

TAG = "ecrops:repository"
"""The tag of every rule that ecrops made; its value is the name of the repository, or ``SEVERAL``."""
SEVERAL = "several repositories"
OWN_TARGETS = "ecrops:targets"
"""The tag that lists, by fingerprint, the targets that ecrops put under ids that the user chose."""
UNAUTHORIZED = "ecrops:unauthorized"
"""The tag that lists, by fingerprint, the targets with ``authorize=False``."""
STATE = "ecrops:state"
"""The tag with the state that a disabled rule had before, unless that was ``ENABLED``."""

Targets = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class RuleValue:
    """An EventBridge rule: the current one, or the desired one.

    Args:
        settings: The members of ``PutRule`` without its name, bus and tags; ``None`` if there is no rule.
        tags: Its tags, without AWS's own.
        targets: Its targets by id, as EventBridge lists them.
        location: The account and region.
        scan_type: The scan type in force, if it was read.
    """

    settings: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    location: Location = EXAMPLE_LOCATION
    scan_type: str = "BASIC"

    @property
    def is_ours(self) -> bool:
        """Whether ecrops made the rule."""
        return TAG in self.tags

    def has_put(self, target: str) -> bool:
        """Whether ecrops put the target with this id."""
        return target.startswith(MARK) or fingerprint(target) in self.fingerprints(OWN_TARGETS)

    @property
    def authorized(self) -> list[Mapping[str, Any]]:
        """The targets, without those that have ``authorize=False``."""
        unauthorized = self.fingerprints(UNAUTHORIZED)
        return [target for key, target in self.targets.items() if fingerprint(key) not in unauthorized]

    def fingerprints(self, tag: str) -> set[str]:
        """Return the fingerprints of targets that a tag lists."""
        return set(self.tags.get(tag, "").split())

    def with_targets(self, targets: Sequence[Target], dropped: Collection[str] = ()) -> RuleValue:
        """Add targets, and record in tags which of them are ours and which are not authorised.

        Args:
            targets: The targets to add.
            dropped: The ids of targets to remove.
        """
        remaining = {key: target for key, target in self.targets.items() if key not in dropped}
        marks = {str(target.id): fingerprint(str(target.id)) for target in targets}
        chosen = {mark for key, mark in marks.items() if not key.startswith(MARK)}
        allowed = {marks[str(target.id)] for target in targets if target.authorize}
        refused = {mark for key, mark in marks.items() if mark not in allowed and key not in self.targets}
        lists = {
            OWN_TARGETS: self.fingerprints(OWN_TARGETS) | chosen if self.is_ours else set(),
            UNAUTHORIZED: self.fingerprints(UNAUTHORIZED) - allowed | refused,
        }
        # A tag with outdated fingerprints is not corrected for their sake: that would need a call
        known = {*map(fingerprint, self.targets), *marks.values()}
        tags = {tag: " ".join(sorted(new & known)) for tag, new in lists.items() if new != self.fingerprints(tag)}
        return replace(self, targets=remaining | to_aws(targets), tags={**self.tags, **tags})


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
        tags = {**current.tags, **event.tags, TAG: self.mark}
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
        """Whether a rule with this owner in its tag may become this one: a spec takes none of several repositories."""
        return owner == self.mark or self.mark == SEVERAL or (owner == SEVERAL and not self.exactly)

    @property
    def mark(self) -> str:
        """The value of the rule's ``TAG``."""
        repositories = self.event.repositories
        return repositories if isinstance(repositories, str) else SEVERAL

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
        of: The repository that the rule must be of. If others put targets on such a rule, it stays, with those.
    """

    of: str = ""
    targets: Sequence[Target] = ()

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        foreign = {key: target for key, target in current.targets.items() if not current.has_put(key)}
        if self.of and foreign:
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


def to_aws(targets: Sequence[Target]) -> dict[str, dict[str, Any]]:
    """Return targets by id, as EventBridge takes them."""
    return {str(target.id): target.to_aws() for target in targets}


def stored(text: str) -> Any:
    """Return the JSON that EventBridge has; the text itself if it is too deep to be handled: others may have put it."""
    try:
        return parsed(text)
    except SpecError:
        return text


def same_settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two rules have the same settings: patterns are compared by their meaning."""
    return _settings(first) == _settings(second)


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    pattern = settings.get("EventPattern")
    plain = {name: value for name, value in settings.items() if value and name != "EventPattern"}
    return plain | {"pattern": text_of(canonical(stored(pattern))) if pattern else None}


def same_target(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two targets are the same: their input is compared as JSON."""
    return _target(first) == _target(second)


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: str) -> str:
        return json.dumps(stored(value), sort_keys=True)  # as text: 1, 1.0 and true are equal in Python

    return {name: plain(value) if name == "Input" else value for name, value in target.items()}
