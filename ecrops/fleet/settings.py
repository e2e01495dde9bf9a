"""What the documents of a fleet say of the registry. Pure.

A field of ``registry`` is in one document. ``events`` are the events of all documents, in their order, whether they
stand under ``registry`` or beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.errors import SpecError
from ecrops.fleet.document import Findings, Origin, steps_of

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec


class Settings:
    """What documents say of the registry, and where.

    Args:
        findings: Takes what is wrong.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.values: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.events: list[tuple[Any, Origin]] = []
        self.first: Origin | None = None
        """Where the registry is said first; nowhere if no document says anything of it."""

    def take(self, parts: Mapping[str, Any], origin: Origin) -> None:
        """Take the parts of a document."""
        if "registry" in parts:
            self._take_fields(parts["registry"], origin.at("registry"))
        if "events" in parts:
            self._take_events(parts["events"], origin.at("events"))

    def _take_fields(self, fields: Mapping[str, Any], origin: Origin) -> None:
        self.first = self.first or origin
        for name, value in fields.items():
            part = origin.at(name)
            if name == "events" and isinstance(value, Sequence) and not isinstance(value, str):
                self._take_events(value, part)
            elif name in self.values:
                self.findings.add(part, f"is in {self.origins[name].place} too: say it in one of them")
            else:
                self.values[name], self.origins[name] = value, part

    def _take_events(self, events: Iterable[Any], origin: Origin) -> None:
        self.first = self.first or origin
        self.values["events"] = []
        self.events += [(event, origin.at(index)) for index, event in enumerate(events)]

    def spec(self) -> RegistrySpec | None:
        """Return the spec of the registry; ``None`` if nothing is said of it, or it is wrong."""
        if self.first is None:
            return None
        from ecrops.registry_settings.spec import RegistrySpec

        values = self.values | ({"events": [event for event, _ in self.events]} if self.events else {})
        try:
            return RegistrySpec.from_dict(values)
        except SpecError as error:
            for reason in error.reasons:
                self._add(reason, self.first)
            return None

    def _add(self, reason: str, whole: Origin) -> None:
        """Add a reason about the merged fields, with the origin of what it is about."""
        steps = steps_of(reason)
        if len(steps) > 1 and steps[0] == "events" and isinstance(steps[1], int):
            self.findings.add(self.events[steps[1]][1], reason, moved=steps[:2])
        elif steps and steps[0] in self.origins:
            self.findings.add(self.origins[str(steps[0])], reason, moved=steps[:1])
        else:
            self.findings.add(whole, reason)
