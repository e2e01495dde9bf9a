"""An EventBridge rule with its tags and targets as a value, and what its tags tell: whose rule it is. Pure.

Made by ``reading``, and from other values by ``edits``. ``aspect`` compares the value before and after the edits.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from ecrops.base.plain_json import parsed
from ecrops.base.quotas import DEFAULT_QUOTAS, Quotas
from ecrops.errors import SpecError
from ecrops.events.event import is_default_name
from ecrops.events.patterns.limits import canonical, text_of
from ecrops.events.patterns.selection import EXAMPLE_LOCATION, Location
from ecrops.events.targets.target import MARK, Target
from ecrops.iam.statements import fingerprint

TAG = "ecrops:repository"
"""The tag of every rule that ecrops made; its value is the name of the repository, or ``SEVERAL``."""
MARKER = "ecrops:rule"
"""The tag with a fingerprint of the rule's own ARN. A rule that has copied tags has the one of another rule."""
SEVERAL = "several repositories"
OWN_TARGETS = "ecrops:targets"
"""The tag that lists, by fingerprint, the targets that ecrops put under ids that the user chose."""
UNAUTHORIZED = "ecrops:unauthorized"
"""The tag that lists, by fingerprint, the targets with ``authorize=False``."""
STATE = "ecrops:state"
"""The tag with the state that a disabled rule had before, unless that was ``ENABLED``."""

Targets = Mapping[str, Mapping[str, Any]]
_INPUTS = {"Input", "InputPath", "InputTransformer"}


class Origin(Enum):
    """Who made a rule, as far as its tags tell.

    ``MADE``: ecrops. ``ADOPTED``: somebody else, and ecrops found it as it is wanted: it is never changed or removed.
    ``UNCERTAIN``: it has ecrops's tag without a fingerprint. Earlier versions wrote none, and a tag can be copied.
    ``FOREIGN``: somebody else.
    """

    MADE = "made"
    ADOPTED = "adopted"
    UNCERTAIN = "uncertain"
    FOREIGN = "foreign"

    @classmethod
    def of(cls, tags: Mapping[str, str], arn: str) -> Origin:
        """Return who made the rule with these tags and this ARN."""
        marker = tags.get(MARKER)
        if TAG not in tags:
            return cls.FOREIGN
        if marker is None:
            return cls.MADE if is_default_name(arn.rpartition("/")[2]) else cls.UNCERTAIN
        return {fingerprint(arn): cls.MADE, _adopted(arn): cls.ADOPTED}.get(marker, cls.FOREIGN)


def _adopted(arn: str) -> str:
    return fingerprint(f"adopted {arn}")


@dataclass(frozen=True)
class RuleValue:
    """An EventBridge rule: the current one, or the desired one.

    Args:
        settings: The members of ``PutRule`` without its name, bus and tags; ``None`` if there is no rule.
        tags: Its tags, without AWS's own.
        targets: Its targets by id, as EventBridge lists them.
        location: The account and region.
        scan_type: The scan type in force, if it was read.
        arn: The ARN of the rule.
        quotas: The quotas of the account.
        bus_rules: How many rules the bus would have with all that is wanted; 0 if they were not counted.
    """

    settings: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    location: Location = EXAMPLE_LOCATION
    scan_type: str = "BASIC"
    arn: str = ""
    quotas: Quotas = DEFAULT_QUOTAS
    bus_rules: int = 0

    @property
    def origin(self) -> Origin:
        """Who made the rule."""
        return Origin.of(self.tags, self.arn)

    @property
    def next_marker(self) -> str:
        """The value of ``MARKER`` that the rule gets when ecrops wants it."""
        is_theirs = self.settings is not None and self.origin in (Origin.ADOPTED, Origin.FOREIGN)
        return _adopted(self.arn) if is_theirs else fingerprint(self.arn)

    @property
    def owner(self) -> str | None:
        """The repository that ecrops made the rule for, or ``SEVERAL``; ``None`` if ecrops did not make it."""
        return None if self.origin in (Origin.ADOPTED, Origin.FOREIGN) else self.tags[TAG]

    @property
    def is_ours(self) -> bool:
        """Whether ecrops made the rule or has adopted it."""
        return self.origin is not Origin.FOREIGN

    def is_changed_since(self, found: RuleValue) -> bool:
        """Whether somebody changed the rule since it was found, or put a target on it. One less is no change."""
        return (
            not same_settings(self.settings or {}, found.settings or {})
            or self.tags != found.tags
            or any(not same_target(target, found.targets.get(key, {})) for key, target in self.targets.items())
        )

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

        What a target leaves out stays as it is. A foreign target that is there as it is wanted stays foreign.

        Args:
            targets: The targets to add.
            dropped: The ids of targets to remove.
        """
        remaining = {key: target for key, target in self.targets.items() if key not in dropped}
        marks = {str(target.id): fingerprint(str(target.id)) for target in targets}
        written = {key: merged(self.targets.get(key, {}), target) for key, target in to_aws(targets).items()}
        ours = {key for key in marks if key not in self.targets or self.has_put(key)}
        chosen = {mark for key, mark in marks.items() if key in ours and not key.startswith(MARK)}
        allowed = {marks[str(target.id)] for target in targets if target.authorize}
        refused = {mark for key, mark in marks.items() if mark not in allowed and key not in self.targets}
        lists = {
            OWN_TARGETS: self.fingerprints(OWN_TARGETS) | chosen if self.is_ours else set(),
            UNAUTHORIZED: self.fingerprints(UNAUTHORIZED) - allowed | refused,
        }
        # A tag with outdated fingerprints is not corrected for their sake: that would need a call
        known = {*map(fingerprint, self.targets), *marks.values()}
        tags = {tag: " ".join(sorted(new & known)) for tag, new in lists.items() if new != self.fingerprints(tag)}
        return replace(self, targets=remaining | written, tags={**self.tags, **tags})


def to_aws(targets: Sequence[Target]) -> dict[str, dict[str, Any]]:
    """Return targets by id, as EventBridge takes them."""
    return {str(target.id): target.to_aws() for target in targets}


def merged(current: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target with the members that it leaves out as they are: another ARN is another target.

    Args:
        current: The current target with this id; empty if there is none.
        target: The target as ecrops puts it.
    """
    if current.get("Arn") != target["Arn"]:
        return dict(target)
    reset = _INPUTS if _INPUTS & target.keys() else set()  # a target has one of them
    kept = {name: value for name, value in current.items() if name not in reset}
    retry = {**kept.get("RetryPolicy", {}), **target.get("RetryPolicy", {})}
    return {**kept, **target, **({"RetryPolicy": retry} if retry else {})}


def stored(text: str) -> Any:
    """Return the JSON that EventBridge has; the text itself if it is too deep to be handled: others may have put it."""
    try:
        return parsed(text)
    except SpecError:
        return text


def same_settings(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two rules have the same settings: patterns are compared by their meaning."""
    return canonical_settings(first) == canonical_settings(second)


def canonical_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a rule, comparable: patterns by their meaning, and none that is empty."""
    pattern = settings.get("EventPattern")
    plain = {name: value for name, value in settings.items() if value and name != "EventPattern"}
    return plain | {"pattern": text_of(canonical(stored(pattern))) if pattern else None}


def same_target(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two targets are the same: their input is compared as JSON."""
    return canonical_target(first) == canonical_target(second)


def canonical_target(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target, comparable: its input is JSON in one spelling."""

    def plain(value: str) -> str:
        return json.dumps(stored(value), sort_keys=True)  # as text: 1, 1.0 and true are equal in Python

    return {name: plain(value) if name == "Input" else value for name, value in target.items()}
