"""A rule with its tags and targets as a value, and edits of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ecrops.events.event import Event, RuleState
from ecrops.events.patterns.checks import canonical, text_of
from ecrops.events.patterns.selection import SOMEWHERE, Place
from ecrops.events.targets.target import MARK, Target
from ecrops.iam.statements import fingerprint

TAG = "ecrops:repository"
"""The tag that ecrops knows its rules by; its value is the name of the repository, or ``SEVERAL``."""
SEVERAL = "several repositories"
OURS = "ecrops:targets"
"""The tag that tells, by fingerprint, which targets are ecrops's though their ids are the user's."""
UNAUTHORIZED = "ecrops:unauthorized"
"""The tag that tells, by fingerprint, which targets ecrops was told not to authorise."""
STATE = "ecrops:state"
"""The tag that tells the state of a disabled rule before it was disabled, where that is not ``ENABLED``."""

Targets = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """What is there, or what should be.

    Args:
        settings: The members of ``PutRule`` without its name, bus and tags; ``None`` where there is no rule.
        tags: Without AWS's own.
        targets: By id, as EventBridge lists them.
        place: The account and region.
        scan_type: The one in force, if it was asked for.
    """

    settings: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    place: Place = SOMEWHERE
    scan_type: str = "BASIC"

    @property
    def is_ours(self) -> bool:
        """Whether ecrops made it."""
        return TAG in self.tags

    def has_put(self, target: str) -> bool:
        """Whether the target with this id is one of ecrops."""
        return target.startswith(MARK) or fingerprint(target) in self.noted(OURS)

    @property
    def authorized(self) -> list[Mapping[str, Any]]:
        """The targets, but for those that ecrops was told not to authorise."""
        return [each for key, each in self.targets.items() if fingerprint(key) not in self.noted(UNAUTHORIZED)]

    def noted(self, tag: str) -> set[str]:
        """What a tag tells of targets."""
        return set(self.tags.get(tag, "").split())

    def with_targets(self, targets: Sequence[Target], dropped: Collection[str] = ()) -> Rule:
        """The rule with these targets too, and its tags telling of them what their ids do not."""
        stay = {key: each for key, each in self.targets.items() if key not in dropped}
        more = to_aws(targets)
        marks = {str(each.id): fingerprint(str(each.id)) for each in targets}
        own = {mark for key, mark in marks.items() if not key.startswith(MARK)}
        allowed = {marks[str(each.id)] for each in targets if each.authorize}
        alone = {mark for key, mark in marks.items() if mark not in allowed and key not in self.targets}
        known = {*map(fingerprint, self.targets), *marks.values()}
        wanted = {
            OURS: self.noted(OURS) | own if self.is_ours else set(),
            UNAUTHORIZED: self.noted(UNAUTHORIZED) - allowed | alone,
        }
        # what is of no consequence any more stays until there is something new to tell: that needs no call
        tags = {tag: " ".join(sorted(told & known)) for tag, told in wanted.items() if told != self.noted(tag)}
        return replace(self, targets=stay | more, tags={**self.tags, **tags})


class Edit(Protocol):
    """What is wanted of a rule, as a value that is called on the rule."""

    @property
    def targets(self) -> Sequence[Target]:
        """The targets that it adds."""

    def __call__(self, have: Rule, /) -> Rule:
        """The rule after the edit."""


@dataclass(frozen=True)
class Wanted:
    """An edit: the rule of an event with its targets.

    Args:
        event: What is wanted.
        exactly: Whether other targets that ecrops put there are removed.
    """

    event: Event
    exactly: bool = False

    def __call__(self, have: Rule) -> Rule:
        """The rule after the edit."""
        event, before = self.event, have.settings or {}
        settings = {**before, "EventPattern": str(event.pattern(have.place, have.scan_type))}
        fires = self._fires(have, settings)
        stays_off = before.get("State") == RuleState.DISABLED
        settings["State"] = str(event.state or (RuleState.DISABLED if stays_off else fires))
        if event.description is not None:
            settings["Description"] = event.description
        dropped = [key for key in have.targets if self.exactly and have.has_put(key)]
        tags = {**have.tags, **event.tags, TAG: self.mark}
        if settings["State"] == RuleState.DISABLED:
            tags |= _noting_state(have, fires)
        return replace(have, settings=settings, tags=tags).with_targets(self.targets, dropped)

    def _fires(self, have: Rule, settings: Mapping[str, Any]) -> str:
        """How the rule fires while it is not disabled. What another pattern is on, the old state may never hear."""
        before = have.settings or {}
        state = before.get("State", self.event.first_state)
        if state != RuleState.ALL_CLOUD_TRAIL and not same_settings(before, settings):
            return str(self.event.first_state)
        return str(have.tags.get(STATE) or RuleState.ENABLED if state == RuleState.DISABLED else state)

    def may_take(self, whose: str) -> bool:
        """Whether a rule of these repositories may become this one: a spec takes none of a fleet."""
        return whose == self.mark or self.mark == SEVERAL or (whose == SEVERAL and not self.exactly)

    @property
    def mark(self) -> str:
        """Whose rule it is."""
        whose = self.event.repositories
        return whose if isinstance(whose, str) else SEVERAL

    @property
    def targets(self) -> Sequence[Target]:
        """Those that are wanted."""
        return event_targets(self.event)


@dataclass(frozen=True)
class Include:
    """An edit: these targets too."""

    targets: Sequence[Target]

    def __call__(self, have: Rule) -> Rule:
        """The rule after the edit."""
        return have.with_targets(self.targets)


@dataclass(frozen=True)
class Exclude:
    """An edit: no targets with these ids or ARNs."""

    names: Collection[str]
    targets: Sequence[Target] = ()

    def __call__(self, have: Rule) -> Rule:
        """The rule after the edit."""
        stay = {key: each for key, each in have.targets.items() if not {key, each["Arn"]} & set(self.names)}
        return replace(have, targets=stay)


@dataclass(frozen=True)
class Switch:
    """An edit: the rule fires, or does not."""

    on: bool
    targets: Sequence[Target] = ()

    def __call__(self, have: Rule) -> Rule:
        """The rule after the edit; one that fires on all API calls does so again."""
        if have.settings is None or (have.settings.get("State") != RuleState.DISABLED) == self.on:
            return have
        if self.on:
            state = have.tags.get(STATE) or str(RuleState.ENABLED)
            return replace(have, settings={**have.settings, "State": state})
        noted = _noting_state(have, str(have.settings.get("State", RuleState.ENABLED)))
        settings = {**have.settings, "State": str(RuleState.DISABLED)}
        return replace(have, settings=settings, tags={**have.tags, **noted})


@dataclass(frozen=True)
class Absent:
    """An edit: no such rule.

    Args:
        of: Of which repository it is to be: then a rule that others gave targets stays, with those.
    """

    of: str = ""
    targets: Sequence[Target] = ()

    def __call__(self, have: Rule) -> Rule:
        """The rule after the edit."""
        theirs = {key: each for key, each in have.targets.items() if not have.has_put(key)}
        if self.of and theirs:
            return replace(have, targets=theirs)
        return replace(have, settings=None, tags={}, targets={})


def _noting_state(have: Rule, state: str) -> dict[str, str]:
    """The tag that tells how a rule fired before it is disabled, where nothing else does."""
    return {} if state == (have.tags.get(STATE) or RuleState.ENABLED) else {STATE: state}


def needs_rule(edit: Edit) -> bool:
    """Whether an edit is an error where there is no rule."""
    return isinstance(edit, Include) or (isinstance(edit, Switch) and edit.on)


def edited(have: Rule, edits: Sequence[Edit]) -> Rule:
    """The rule after the edits."""
    for edit in edits:
        have = edit(have)
    return have


def event_targets(event: Event) -> Sequence[Target]:
    """The targets of an event, which its check has made values."""
    return [target for target in event.targets if isinstance(target, Target)]


def to_aws(targets: Sequence[Target]) -> dict[str, dict[str, Any]]:
    """Targets by id, as EventBridge takes them."""
    return {str(target.id): target.to_aws() for target in targets}


def same_settings(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules are the same: a pattern is compared by its meaning."""
    return _settings(one) == _settings(other)


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    pattern = settings.get("EventPattern")
    plain = {name: value for name, value in settings.items() if value and name != "EventPattern"}
    return plain | {"pattern": text_of(canonical(json.loads(pattern))) if pattern else None}


def same_target(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two targets are the same: their input is compared as JSON."""
    return _target(one) == _target(other)


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: str) -> str:
        return json.dumps(json.loads(value), sort_keys=True)  # as text: 1, 1.0 and true are equal in Python

    return {name: plain(value) if name == "Input" else value for name, value in target.items()}
