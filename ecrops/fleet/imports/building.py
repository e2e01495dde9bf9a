"""Collecting what a file says of ECR, resource by resource, and making specs of it. Pure.

Called by the readers of each kind of resource. It decides what becomes of things that ecrops would not write: they are
verbatim in the spec of their repository, as AWS has them, or they are listed as left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecrops.aws import Arn, is_account, is_region, partition_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.fleet.imports.imported import STAND_INS, Imported, Left
from ecrops.fleet.imports.properties import Properties
from ecrops.repositories import verbatim
from ecrops.spec import UNNAMED, RepositorySpec

if TYPE_CHECKING:
    from ecrops.events.event import Event
    from ecrops.public.spec import PublicRepositorySpec
    from ecrops.registry_settings.spec import RegistrySpec

REGISTRY = "the registry"


@dataclass(frozen=True, slots=True)
class Place:
    """The account and region whose ECR is imported.

    Args:
        account: The account; the stand-in if nobody named one.
        region: The region, likewise.
        partition: The partition.
    """

    account: str = STAND_INS["account"]
    region: str = STAND_INS["region"]
    partition: str = "aws"

    @property
    def url_suffix(self) -> str:
        """What the names of hosts end with, such as ``amazonaws.com``."""
        return partition_of(self.region).dns_suffix if is_region(self.region) else "amazonaws.com"

    def arn(self, service: str, resource: str, *, is_global: bool = False) -> str:
        """Return the ARN of a resource in this place."""
        return str(Arn(self.partition, service, "" if is_global else self.region, self.account, resource))


def check_place(account: object, region: object) -> None:
    """Refuse what is no account, or no region.

    Raises:
        SpecError: With both reasons.
    """
    problems = Problems()
    problems.check(account is None or is_account(account), "account", f"expected 12 digits, got {account!r}")
    problems.check(region is None or is_region(region), "region", f"expected a region, got {region!r}")
    problems.raise_any()


@dataclass
class Builder:
    """All that was read so far.

    Args:
        place: The account and region that is imported.
        grants: Whether grants in IAM are carried over.
        events: Whether EventBridge rules are carried over.
    """

    place: Place
    grants: bool = False
    events: bool = False
    _left: list[Left] = field(default_factory=list)
    _fields: dict[str, dict[str, tuple[str, Any]]] = field(default_factory=dict)
    _public: dict[str, dict[str, tuple[str, Any]]] = field(default_factory=dict)
    _settings: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _items: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    _granted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _events: list[tuple[str, Event]] = field(default_factory=list)

    def leave(self, address: str, name: str, reason: str) -> None:
        """List something as not carried over."""
        self._left.append(Left(address, name, reason))

    def close(self, properties: Properties) -> None:
        """List what was not read of a resource."""
        self._left += properties.close()

    def repository(self, address: str, name: str, fields: Mapping[str, Any], *, public: bool = False) -> None:
        """Add fields of a repository, and the repository if there are none. A field of ``None`` is not managed."""
        known = (self._public if public else self._fields).setdefault(name, {})
        for key, value in fields.items():
            if value is None:
                continue
            if key in known and known[key][1] != value:
                self.leave(address, key, f"{known[key][0]} says something else of the repository {name}")
            else:
                known.setdefault(key, (address, value))

    def setting(self, address: str, name: str, value: Any) -> None:
        """Add a setting of the registry: a registry has one of each."""
        if name in self._settings and self._settings[name][1] != value:
            self.leave(address, "", f"{self._settings[name][0]} says something else of {REGISTRY}'s {name}")
        else:
            self._settings.setdefault(name, (address, value))

    def account_setting(self, address: str, name: str, value: str) -> None:
        """Add an account setting: there is one for each name."""
        known = self._settings.setdefault("account_settings", (address, {}))[1]
        if known.setdefault(name, value) != value:
            self.leave(address, "value", f"another resource says something else of the account setting {name}")

    def item(self, address: str, name: str, value: Any) -> None:
        """Add one item of a setting of the registry that is a list, such as one rule of the pull-through cache.

        A field of ``None`` in it is not managed, as in a repository.
        """
        if isinstance(value, Mapping):
            value = {key: part for key, part in value.items() if part is not None}
        self._items.setdefault(name, []).append((address, value))

    def grant(self, name: str, grant: dict[str, Any]) -> None:
        """Add a grant on a repository."""
        granted = self._granted.setdefault(name, [])
        if grant not in granted:
            granted.append(grant)

    def event(self, address: str, event: Event) -> None:
        """Add an EventBridge rule."""
        self._events.append((address, event))

    @property
    def names(self) -> Sequence[str]:
        """The names of the private repositories so far."""
        return tuple(self._fields)

    # Making specs

    def build(self) -> Imported:
        """Return what was imported."""
        events = self._events_by_repository()
        repositories = tuple(self._repository(name, events.get(name, ())) for name in sorted(self._fields))
        registry = self._registry(events.get("", ()))
        public = tuple(spec for name in sorted(self._public) if (spec := self._public_repository(name)) is not None)
        made = [spec for spec in repositories if spec is not None]
        imported = Imported(tuple(made), registry, public, tuple(self._left))
        content = json.dumps([imported.to_dict(), *(spec.to_dict() for spec in public)])
        used = tuple(name for name, stand_in in STAND_INS.items() if stand_in in content)
        return replace(imported, placeholders=used) if used else imported

    def _repository(self, name: str, events: Sequence[tuple[str, Event]]) -> RepositorySpec | None:
        fields = self._fields[name]
        values = {key: value for key, (_, value) in fields.items()}
        values["grants"] = self._granted.get(name) or None
        values["events"] = tuple(event for _, event in events) or None
        try:
            return RepositorySpec(name, **values)
        except SpecError:
            return self._odd_repository(name, values, fields)

    def _odd_repository(
        self, name: str, values: dict[str, Any], fields: Mapping[str, tuple[str, Any]]
    ) -> RepositorySpec | None:
        """Return a repository that ecrops would not write like this: what AWS has is verbatim, the rest is listed."""
        unwritten: list[str] = []
        for group in [*verbatim.GROUPS, ("image_scan_on_push",), ("grants",), ("events",)]:
            part = {key: values[key] for key in group if values.get(key) is not None}
            reason = _refusal(name if group == ("name",) else UNNAMED, part)
            if reason and (group not in verbatim.GROUPS or _refusal(UNNAMED, part, part)):
                address = next((fields[key][0] for key in part if key in fields), name)
                self.leave(address, ", ".join(part) or "name", reason)
                values = {key: value for key, value in values.items() if key not in part}
            elif reason:
                unwritten += part or ["name"]
        try:
            return RepositorySpec(name, **values, verbatim=unwritten)
        except SpecError as error:
            self.leave(next((address for address, _ in fields.values()), name), "", str(error))
            return None

    def _registry(self, events: Sequence[tuple[str, Event]]) -> RegistrySpec | None:
        """Return the spec of the registry. A setting that is refused is listed, and does not hide the others."""
        from ecrops.registry_settings.spec import RegistrySpec

        values: dict[str, Any] = {}
        for name, (address, value) in self._settings.items():
            if (reason := _refusal_of(RegistrySpec, {name: value})) is None:
                values[name] = value
            else:
                self.leave(address, "", reason)
        for name, items in self._items.items():
            accepted: list[Any] = []
            for address, value in items:
                if (reason := _refusal_of(RegistrySpec, {name: [*accepted, value]})) is None:
                    accepted.append(value)
                else:
                    self.leave(address, "", reason)
            if accepted:
                values[name] = accepted
        if events:
            values["events"] = [event for _, event in events]
        return RegistrySpec(**values) if values else None

    def _public_repository(self, name: str) -> PublicRepositorySpec | None:
        from ecrops.public.spec import PublicRepositorySpec

        values: dict[str, Any] = {}
        for key, (address, value) in self._public[name].items():
            if (reason := _refusal_of(PublicRepositorySpec, {"name": UNNAMED, key: value})) is None:
                values[key] = value
            else:
                self.leave(address, key, reason)
        try:
            return PublicRepositorySpec(name, **values)
        except SpecError as error:
            self.leave(name, "", str(error))
            return None

    def _events_by_repository(self) -> dict[str, list[tuple[str, Event]]]:
        """Return the events of each repository, and under an empty name those of several."""
        events: dict[str, list[tuple[str, Event]]] = {}
        for address, event in self._events:
            name = event.repositories if isinstance(event.repositories, str) else ""
            if name and name not in self._fields:
                self.leave(address, "", f"is on events of {name}, which is not in the file: write it in its spec")
            elif any(other.rule == event.rule for _, other in events.get(name, ())):
                self.leave(address, "", f"another rule has the name {event.rule}")
            else:
                events.setdefault(name, []).append((address, event))
        return events


def _refusal(name: str, part: Mapping[str, Any], unwritten: Mapping[str, Any] | None = None) -> str | None:
    return _refusal_of(RepositorySpec, {"name": name, **part, "verbatim": list(unwritten) if unwritten else None})


def _refusal_of(cls: Any, values: Mapping[str, Any]) -> str | None:
    try:
        cls(**values)
    except SpecError as error:
        return str(error)
    return None
