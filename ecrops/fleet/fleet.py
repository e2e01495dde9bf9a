"""``Fleet``: what fleet files say, as specs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.base.problems import nearest
from ecrops.base.render import count
from ecrops.base.shown import ShownTuple, shown_all
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec


@dataclass(frozen=True, slots=True)
class Fleet:
    """What fleet files say. ``registry.ensure(*fleet)`` makes it true.

    Args:
        specs: The spec of the registry, if the files have one, and those of the repositories, in their order.
        registries: What the files say of where the fleet is to be, as it stands there. ``ecrops.registries`` reads it.

    Example:
        >>> fleet = Fleet((RepositorySpec("team/api"), RepositorySpec("team/worker"), RepositorySpec("tools/lint")))
        >>> fleet.only("team/*").names
        ('team/api', 'team/worker')
    """

    specs: tuple[RepositorySpec | RegistrySpec, ...] = ()
    registries: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        registry = "" if self.registry is None else ", and the settings of the registry"
        return f"<Fleet: {count(len(self.repositories), 'repository', 'repositories')}{registry}>"

    def _repr_html_(self) -> str:
        return shown_all(*((self.registry,) if self.registry else ()), ShownTuple(self.repositories))

    def __iter__(self) -> Iterator[RepositorySpec | RegistrySpec]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    @property
    def repositories(self) -> tuple[RepositorySpec, ...]:
        """The specs of the repositories."""
        return tuple(spec for spec in self.specs if isinstance(spec, RepositorySpec))

    @property
    def registry(self) -> RegistrySpec | None:
        """The spec of the registry; ``None`` if the files say nothing of it."""
        return next((spec for spec in self.specs if not isinstance(spec, RepositorySpec)), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the repositories."""
        return tuple(spec.name for spec in self.repositories)

    def only(self, *patterns: str) -> Fleet:
        """Return the repositories whose names fit one of some patterns, without the settings of the registry.

        Args:
            patterns: Names, with ``*`` for any characters, such as ``team/*``.

        Raises:
            SpecError: A pattern fits no repository of the fleet.
        """
        for pattern in patterns:
            if not isinstance(pattern, str):
                raise SpecError(f"expected a pattern of names, such as 'team/*', got {pattern!r}")
            if not any(fits(name, pattern.split("*")) for name in self.names):
                close = nearest(pattern, self.names)
                way_out = f"; did you mean {close}?" if close else ""
                raise SpecError(f"no repository of the fleet has a name like {pattern!r}{way_out}")
        segments = [pattern.split("*") for pattern in patterns]
        return Fleet(tuple(spec for spec in self.repositories if any(fits(spec.name, parts) for parts in segments)))
