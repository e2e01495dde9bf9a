"""``Event``: an EventBridge rule as it should be, as a value.

Made by the verbs and by specs; ``edits.Wanted`` makes a rule of it. An event checks itself: its own fields here, its
options and pattern in ``patterns``, its targets in ``targets``.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Literal, Self

from ecrops.base.problems import Problems, check_depths, compact
from ecrops.errors import SpecError
from ecrops.events.patterns import selection
from ecrops.events.patterns.api_calls import asks_for_reading
from ecrops.events.patterns.kinds import KINDS
from ecrops.events.patterns.limits import canonical
from ecrops.events.patterns.options import check_options
from ecrops.events.patterns.pattern import Pattern
from ecrops.events.patterns.selection import EXAMPLE_LOCATION, Location, Selection, check_selection
from ecrops.events.targets.target import Target, check_targets
from ecrops.events.words import InWords
from ecrops.repositories.checks import MAX_TAGS, check_tags
from ecrops.repositories.prefixes import Prefix, prefix

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_BUS = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
OWN_TAGS = 5
"""How many tags ecrops adds to a rule at most: see ``value``."""
_DEFAULT_NAME = re.compile(rf"ecrops-({'|'.join(KINDS)})-.+-[0-9a-f]{{12}}")


StateName = Literal["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]


class RuleState(StrEnum):
    """The states of a rule. API calls that only read, such as pulls, fire a rule in the state ``ALL_CLOUD_TRAIL`` only.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    ALL_CLOUD_TRAIL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@dataclass(frozen=True, slots=True)
class Event(InWords):
    """A rule on events of ECR. Get one from ``ecrops.events``, such as ``on_image_pushed(target=queue)``.

    Args:
        kind: The kind of event, such as ``image-pushed``.
        repositories: The repositories whose events are meant: a name, several names, ``prefix("team/")``, or ``None``:
            all repositories; in a spec, its repository.
        name: The name of the rule, 1 to 64 letters, digits, ``.``, ``-`` and ``_``; by default made from the kind, the
            repositories, the options and the pattern.
        targets: The targets to invoke.
        options: The options of the kind of event, such as ``image_tags``.
        event_pattern: A further pattern; both must match.
        description: The description of the rule, at most 512 characters.
        state: The state of the rule; ``None`` leaves it, and a new rule is enabled.
        bus: The name of its event bus; AWS's own events come on ``default`` only.
        tags: The tags of the rule, besides those of ecrops.

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
    state: StateName | RuleState | None = None
    bus: str = "default"
    tags: Mapping[str, str] = field(default_factory=dict)

    __repr__ = compact

    def __post_init__(self) -> None:
        check_depths({item.name: getattr(self, item.name) for item in fields(self)})
        problems = Problems()
        known = isinstance(self.kind, str) and self.kind in KINDS
        problems.check(known, "kind", f"expected one of {', '.join(KINDS)}, got {self.kind!r}")
        problems.raise_any()
        self._check_field(problems, "repositories", check_selection)
        self._check_field(problems, "targets", lambda targets: check_targets(target_list(targets)), path="")
        self._check_field(problems, "tags", _check_tags)
        self._check_field(problems, "options", lambda options: check_options(self.kind, options))
        if self.state is not None:
            object.__setattr__(self, "state", problems.member("state", RuleState, self.state))
        text = self.description
        is_target = isinstance(self.name, str) and self.name.startswith("arn:")
        way_out = f"; write target={self.name!r}" if is_target else ""
        problems.take("", lambda: check_rule_name("any" if self.name is None else self.name, self.bus, way_out))
        is_right = text is None or (isinstance(text, str) and len(text) <= 512)
        problems.check(is_right, "description", f"expected at most 512 characters, got {text!r}")
        problems.texts("description", text)
        if self.options is not None:
            problems.take("", self.pattern)
        problems.raise_any()
        if self.event_pattern is not None:
            object.__setattr__(self, "event_pattern", canonical(self.event_pattern))

    def _check_field(self, problems: Problems, name: str, check: Any, path: str | None = None) -> None:
        """Replace a field by what ``check`` returns for it."""
        value = problems.take(name if path is None else path, lambda: check(getattr(self, name)))
        object.__setattr__(self, name, value)

    def pattern(self, location: Location = EXAMPLE_LOCATION, scan_type: str = "BASIC") -> Pattern:
        """Return the pattern of the rule.

        Args:
            location: The account and region of the registry.
            scan_type: The scan type that is in force, for an event without one in its options.
        """
        kind = KINDS[self.kind]
        defaults = {"scan_type": scan_type, "location": location} if "scan_type" in kind.options else {}
        pattern = kind.pattern(self.repositories, **{**defaults, **self.options})
        return pattern if self.event_pattern is None else pattern.restricted(self.event_pattern)

    @property
    def needs_scan_type(self) -> bool:
        """Whether the pattern depends on the scan type that is in force in the registry."""
        return "scan_type" in KINDS[self.kind].options and "scan_type" not in self.options

    @property
    def rule(self) -> str:
        """The name of the rule: ``name``, or else a name made from the kind, repositories, options and pattern.

        The name does not depend on the targets, the account or the scan type in force, so that a rule stays the same
        rule when they change.
        """
        if self.name is not None:
            return self.name
        identity = [self.kind, repr(self.repositories), dict(self.options), self.event_pattern]
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()[:12]
        start = f"ecrops-{self.kind}-{self.whose}"
        return f"{re.sub(r'[^.A-Za-z0-9_-]+', '-', start)[:51].rstrip('-')}-{digest}"

    @property
    def whose(self) -> str:
        """The repositories, in words."""
        return selection.words(self.repositories)

    @property
    def first_state(self) -> RuleState:
        """The state of a new rule. A rule on API calls that only read fires in one state only."""
        reads = asks_for_reading(self.event_pattern or {})
        return RuleState.ALL_CLOUD_TRAIL if reads else RuleState.ENABLED

    def of(self, repository: str) -> Event:
        """Return the same event for the repository of a spec.

        Raises:
            SpecError: The event has other repositories.
        """
        if self.repositories not in (None, repository):
            raise SpecError(f"repositories: the events of a repository's spec are its own, got {self.whose}")
        return replace(self, repositories=repository)

    def of_registry(self) -> Event:
        """Return the event, for the spec of a registry. That of one repository is in the repository's spec."""
        if isinstance(self.repositories, str):
            raise SpecError(f"repositories: write it in RepositorySpec({self.whose!r}, events=[...])")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are not empty, ready for JSON."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        selected = self.repositories
        values["repositories"] = {"prefix": selected.text} if isinstance(selected, Prefix) else _plain(selected)
        values["targets"] = [target.to_dict() for target in check_targets(self.targets)]
        values["bus"] = None if self.bus == "default" else self.bus
        values["options"] = {name: _plain(value) for name, value in self.options.items()}
        values |= {name: copy.deepcopy(values[name]) for name in ("tags", "event_pattern")}
        return {name: value for name, value in values.items() if value not in (None, {}, [])}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the event that ``to_dict`` describes.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [item.name for item in fields(cls)], "an event")
        problems.check("kind" in values, "kind", "is missing")
        targets = values.get("targets", ())
        if isinstance(targets, list | tuple):
            values["targets"] = problems.each(
                "targets", targets, lambda item: item if isinstance(item, str | Target) else Target.from_dict(item)
            )
        if isinstance(selected := values.get("repositories"), Mapping):
            values["repositories"] = problems.take("repositories", lambda: _prefix(selected))
        problems.raise_any()
        return cls(**values)


def is_default_name(name: str) -> bool:
    """Whether a name is one that ecrops gives to a rule without a name: see ``Event.rule``."""
    return bool(_DEFAULT_NAME.fullmatch(name))


def check_rule_name(name: object, bus: object, way_out: str = "") -> None:
    """Refuse a name that no rule, or a bus that no account, can have.

    Args:
        name: The name of the rule.
        bus: The name of the bus.
        way_out: The end of the message about a wrong name.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    is_name = isinstance(name, str) and bool(_NAME.fullmatch(name))
    reason = f"a rule's name has 1 to 64 letters, digits, '.', '-' and '_', got {name!r}{way_out}"
    problems.check(is_name, "name", reason)
    is_bus = isinstance(bus, str) and bool(_BUS.fullmatch(bus))
    problems.check(is_bus, "bus", f"expected the name of an event bus, got {bus!r}")
    problems.raise_any()


def target_list(targets: object) -> tuple[Any, ...]:
    """Return the targets of a rule as a tuple. Its items are not checked.

    Raises:
        SpecError: ``targets`` is not a list.
    """
    if isinstance(targets, str | Target):
        raise SpecError(f"targets: expected a list of targets, got {targets!r}; write target={targets!r}")
    if not isinstance(targets, Collection) or isinstance(targets, Mapping | bytes):
        raise SpecError(f"targets: expected a list of targets, got {targets!r}")
    return tuple(targets)


def _prefix(data: Mapping[Any, Any]) -> Prefix | None:
    problems = Problems()
    text = problems.known(data, ["prefix"], "a prefix").get("prefix")
    problems.raise_any()
    return prefix(text)  # type: ignore[arg-type]


def _check_tags(tags: object) -> dict[str, str]:
    """Return the tags of a rule. There must be room for those of ecrops too."""
    checked, problems = check_tags(tags), Problems()
    limit = MAX_TAGS - OWN_TAGS
    problems.check(len(checked) <= limit, "", f"at most {limit}, and those that ecrops adds; these are {len(checked)}")
    for key in checked:
        reason = f"keys that start with 'ecrops:' are ecrops's own, got {key!r}"
        problems.check(not key.startswith("ecrops:"), "", reason)
    problems.raise_any()
    return checked


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def events_from(events: Sequence[object]) -> list[Event]:
    """Return events; each item is one, or the JSON of one.

    Raises:
        SpecError: With the path of each field that is unknown or wrong.
    """
    problems = Problems()
    parsed = problems.each("events", events, lambda item: item if isinstance(item, Event) else Event.from_dict(item))
    problems.raise_any()
    return parsed


def check_events(events: object, repository: str | None) -> tuple[Event, ...]:
    """Return the events of a repository's spec, each for that repository; without one, those of a registry's spec.

    Raises:
        SpecError: One is not an event, or of other repositories, or two are the same rule; with every reason.
    """
    if isinstance(events, str | Mapping | Event) or not isinstance(events, Sequence):
        raise SpecError(f"events: expected a list of events, such as [on_image_pushed(target=...)], got {events!r}")
    problems = Problems()
    rules: dict[tuple[str, str], Event] = {}

    def check(item: object) -> None:
        if not isinstance(item, Event):
            raise SpecError(f"expected an event, got {item!r}")
        event = item.of_registry() if repository is None else item.of(repository)
        if rules.setdefault((event.bus, event.rule), event) is not event:
            raise SpecError(f"is the rule {event.rule} again: give one of them a name, or merge their targets")

    problems.each("events", events, check)
    problems.raise_any()
    return tuple(rules.values())
