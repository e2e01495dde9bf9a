"""A rule as it should be, as a value: which events of which repositories go where."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

from ecrops.base.problems import Problems, compact
from ecrops.errors import SpecError
from ecrops.events.patterns import selection
from ecrops.events.patterns.api_calls import asks_for_reading
from ecrops.events.patterns.checks import canonical
from ecrops.events.patterns.kinds import KINDS
from ecrops.events.patterns.options import check_options
from ecrops.events.patterns.pattern import Pattern
from ecrops.events.patterns.selection import SOMEWHERE, Place, Prefix, Selection, check_selection
from ecrops.events.targets.target import Target, check_targets
from ecrops.repositories.checks import MOST_TAGS, check_tags

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_BUS = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
OWN_TAGS = 4


class RuleState(StrEnum):
    """Whether a rule fires. Reading API calls, such as pulls, fire only with the last one.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    ALL_CLOUD_TRAIL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@dataclass(frozen=True, slots=True)
class Event:
    """A rule on events of ECR. Get one from ``ecrops.events``, such as ``on_image_pushed(target=queue)``.

    Args:
        kind: The kind of event, such as ``image-pushed``.
        repositories: A name, some names, ``prefix("team/")``, or ``None``: all, or the spec's in a spec.
        name: Of the rule, 1 to 64 letters, digits, ``.``, ``-`` and ``_``; made from the rest without one.
        targets: What is invoked.
        options: What the kind of event takes, such as ``image_tags``.
        event_pattern: A further pattern; both must match.
        description: Of the rule, at most 512 characters.
        state: Of the rule; ``None`` leaves it, and a new one is enabled.
        bus: The name of its event bus; AWS's own events come on ``default`` only.
        tags: Of the rule, besides the one that ecrops knows its rules by.

    Raises:
        SpecError: EventBridge would refuse it, or it could never fire; with every reason.
    """

    kind: str
    repositories: Selection = None
    name: str | None = None
    targets: Sequence[Target | str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    event_pattern: Mapping[str, Any] | None = None
    description: str | None = None
    state: RuleState | str | None = None
    bus: str = "default"
    tags: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        known = isinstance(self.kind, str) and self.kind in KINDS
        problems.check(known, "kind", f"expected one of {', '.join(KINDS)}, got {self.kind!r}")
        problems.raise_any()
        self._take(problems, "repositories", check_selection)
        self._take(problems, "targets", lambda targets: check_targets(target_list(targets)), path="")
        self._take(problems, "tags", _check_tags)
        self._take(problems, "options", lambda options: check_options(self.kind, options))
        if self.state is not None:
            object.__setattr__(self, "state", problems.member("state", RuleState, self.state))
        text = self.description
        problems.take("", lambda: check_rule_name("any" if self.name is None else self.name, self.bus))
        right = text is None or (isinstance(text, str) and len(text) <= 512)
        problems.check(right, "description", f"expected at most 512 characters, got {text!r}")
        if self.options is not None:
            problems.take("", self.pattern)
        problems.raise_any()
        if self.event_pattern is not None:
            object.__setattr__(self, "event_pattern", canonical(self.event_pattern))

    def _take(self, problems: Problems, name: str, check: Any, path: str | None = None) -> None:
        value = problems.take(name if path is None else path, lambda: check(getattr(self, name)))
        object.__setattr__(self, name, value)

    def pattern(self, place: Place = SOMEWHERE, scan_type: str = "BASIC") -> Pattern:
        """The pattern of the rule.

        Args:
            place: The account and region of the registry.
            scan_type: The one that is in force, for an event that was not told.
        """
        kind = KINDS[self.kind]
        defaults = {"scan_type": scan_type, "place": place} if "scan_type" in kind.options else {}
        pattern = kind.pattern(self.repositories, **{**defaults, **self.options})
        return pattern if self.event_pattern is None else pattern.restricted(self.event_pattern)

    @property
    def needs_scan_type(self) -> bool:
        """Whether the pattern depends on the scan type that is in force."""
        return "scan_type" in KINDS[self.kind].options and "scan_type" not in self.options

    @property
    def rule(self) -> str:
        """The name of the rule: the one given, or one that the same kind of event of the same repositories has again.

        It does not depend on the targets, the account or the scan type, so that a rule stays the same rule.
        """
        if self.name is not None:
            return self.name
        said = [self.kind, repr(self.repositories), dict(self.options), self.event_pattern]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:12]
        start = f"ecrops-{self.kind}-{self.whose}"
        return f"{re.sub(r'[^.A-Za-z0-9_-]+', '-', start)[:51].rstrip('-')}-{digest}"

    @property
    def whose(self) -> str:
        """Whose events, in words."""
        return selection.words(self.repositories)

    @property
    def first_state(self) -> RuleState:
        """The state of a new rule: one on API calls that only read fires in one state only."""
        reads = asks_for_reading(self.event_pattern or {})
        return RuleState.ALL_CLOUD_TRAIL if reads else RuleState.ENABLED

    def of(self, repository: str) -> Event:
        """The same for the repository of a spec.

        Raises:
            SpecError: It names repositories already.
        """
        if self.repositories not in (None, repository):
            raise SpecError(f"repositories: the events of a repository's spec are its own, got {self.whose}")
        return replace(self, repositories=repository)

    def to_dict(self) -> dict[str, Any]:
        """The fields that say something, ready for JSON."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        whose = self.repositories
        values["repositories"] = {"prefix": whose.text} if isinstance(whose, Prefix) else _plain(whose)
        values["targets"] = [target.to_dict() for target in check_targets(self.targets)]
        values["bus"] = None if self.bus == "default" else self.bus
        values["options"] = {name: _plain(value) for name, value in self.options.items()}
        values |= {name: copy.deepcopy(values[name]) for name in ("tags", "event_pattern")}
        return {name: value for name, value in values.items() if value not in (None, {}, [])}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [each.name for each in fields(cls)], "an event")
        problems.check("kind" in values, "kind", "is missing")
        targets = values.get("targets", ())
        if isinstance(targets, list | tuple):
            values["targets"] = [
                each
                if isinstance(each, str | Target)
                else problems.take(f"targets[{index}]", lambda each=each: Target.from_dict(each))  # type: ignore[misc]
                for index, each in enumerate(targets)
            ]
        if isinstance(whose := values.get("repositories"), Mapping):
            values["repositories"] = problems.take("repositories", lambda: _prefix(whose))
        problems.raise_any()
        return cls(**values)


def check_rule_name(name: object, bus: object) -> None:
    """Whether a rule can have this name on this bus.

    Raises:
        SpecError: It cannot; with every reason.
    """
    problems = Problems()
    right = isinstance(name, str) and bool(_NAME.fullmatch(name))
    problems.check(right, "name", f"a rule's name has 1 to 64 letters, digits, '.', '-' and '_', got {name!r}")
    right = isinstance(bus, str) and bool(_BUS.fullmatch(bus))
    problems.check(right, "bus", f"expected the name of an event bus, got {bus!r}")
    problems.raise_any()


def target_list(targets: object) -> tuple[Any, ...]:
    """The targets of a rule as a list.

    Raises:
        SpecError: They are something else.
    """
    if isinstance(targets, str | Target):
        raise SpecError(f"targets: expected a list of targets, got {targets!r}; write target={targets!r}")
    if not isinstance(targets, Collection) or isinstance(targets, Mapping | bytes):
        raise SpecError(f"targets: expected a list of targets, got {targets!r}")
    return tuple(targets)


def _prefix(data: Mapping[Any, Any]) -> Prefix | None:
    problems = Problems()
    start = problems.known(data, ["prefix"], "a prefix").get("prefix")
    problems.raise_any()
    return selection.prefix(start)  # type: ignore[arg-type]


def _check_tags(tags: object) -> dict[str, str]:
    """The tags of a rule, which has room for those of ecrops too."""
    checked, problems = check_tags(tags), Problems()
    most = MOST_TAGS - OWN_TAGS
    problems.check(len(checked) <= most, "", f"at most {most}, and those that ecrops adds; these are {len(checked)}")
    for key in checked:
        problems.check(
            not key.startswith("ecrops:"), "", f"keys that start with 'ecrops:' are ecrops's own, got {key!r}"
        )
    problems.raise_any()
    return checked


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def events_from(events: Sequence[object]) -> list[Event]:
    """Events as they come from JSON, or as values.

    Raises:
        SpecError: With the path of each field that is unknown or wrong.
    """
    problems = Problems()
    found = [
        each if isinstance(each, Event) else problems.take(f"events[{index}]", lambda each=each: Event.from_dict(each))  # type: ignore[misc]
        for index, each in enumerate(events)
    ]
    problems.raise_any()
    return [each for each in found if each is not None]


def check_events(events: object, repository: str) -> tuple[Event, ...]:
    """The events of a repository's spec.

    Raises:
        SpecError: One is none or not the repository's, or two are one rule; with every reason.
    """
    if isinstance(events, str | Mapping | Event) or not isinstance(events, Sequence):
        raise SpecError(f"events: expected a list of events, such as [on_image_pushed(target=...)], got {events!r}")
    problems = Problems()
    found: dict[tuple[str, str], Event] = {}
    for index, each in enumerate(events):
        if not problems.check(isinstance(each, Event), f"events[{index}]", f"expected an event, got {each!r}"):
            continue
        event = problems.take(f"events[{index}]", lambda each=each: each.of(repository))  # type: ignore[misc]
        if event is not None and found.setdefault((event.bus, event.rule), event) is not event:
            problems.add(
                "", f"events[{index}]: is the rule {event.rule} again: give one of them a name, or merge their targets"
            )
    problems.raise_any()
    return tuple(found.values())
