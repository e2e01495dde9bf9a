"""What is different at some registries: fields of specs, by account, region, name, or a tag of the account. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

from ecrops.base.problems import Problems, hint
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.spec import RepositorySpec


def matches(pattern: str, location: RegistryLocation) -> bool:
    """Whether a pattern is about a location.

    Args:
        pattern: The id of an account, a region, the name of a location, all with ``*`` for any text, or
            ``KEY=VALUE`` for a tag of the location.
        location: The location.
    """
    key, equals, value = pattern.partition("=")
    if equals:
        tags = location.tags or {}
        return key in tags and fits(tags[key], value.split("*"))
    names = (location.account, location.region, location.label, location.place)
    return any(name and fits(name, pattern.split("*")) for name in names)


@dataclass(frozen=True)
class Overrides:
    """Fields of repository specs that are different at some locations. Later entries win.

    Args:
        entries: The fields by pattern: see ``matches``.
    """

    entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = Problems()
        if not isinstance(self.entries, Mapping):
            raise SpecError(f"overrides: expected {{pattern: {{field: value}}}}, got {self.entries!r}")
        names = [part.name for part in fields(RepositorySpec) if part.name != "name"]
        for pattern, values in self.entries.items():
            path = f"overrides[{pattern!r}]"
            if not isinstance(pattern, str) or not pattern or not isinstance(values, Mapping):
                problems.add(path, f"expected fields of a RepositorySpec, got {values!r}")
                continue
            for name in values:
                if name not in names:
                    problems.add(path, f"a RepositorySpec has no field {name!r} to override{hint(str(name), names)}")
        problems.raise_any()

    def unused(self, locations: Iterable[RegistryLocation]) -> list[str]:
        """Return the patterns that are about none of some locations."""
        places = list(locations)
        return [pattern for pattern in self.entries if not any(matches(pattern, place) for place in places)]

    def applied(self, location: RegistryLocation, specs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return specs as they are at a location. Settings of the registry are left as they are.

        Raises:
            SpecError: A repository cannot be like this.
        """
        changed: dict[str, Any] = {}
        for pattern, values in self.entries.items():
            if matches(pattern, location):
                changed |= values
        if not changed:
            return specs
        problems = Problems()
        made = [
            problems.take(f"overrides: {spec.name}", partial(replace, spec, **changed))
            if isinstance(spec, RepositorySpec)
            else spec
            for spec in specs
        ]
        problems.raise_any()
        return tuple(made)
