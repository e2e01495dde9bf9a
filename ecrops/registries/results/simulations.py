"""What lifecycle policies would do in one registry, read to its end. Pure; it travels between processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecrops.base.render import count, page, text_size
from ecrops.registries.results.grouping import joined
from ecrops.registries.results.row import RowError

if TYPE_CHECKING:
    from ecrops.lifecycle.simulation.result import Simulation

MAX_LINES = 200
"""The repositories that ``print`` shows."""


class Simulations(Mapping[str, "Simulation | RowError"]):
    """A simulation for each repository, by name; an error where there can be none.

    Args:
        pairs: What ``registry.simulate_lifecycles`` yields.
    """

    def __init__(self, pairs: Iterable[tuple[str, Simulation | Exception]]) -> None:
        self._found = {
            name: RowError.of(found) if isinstance(found, Exception) else found
            for name, found in sorted(pairs, key=_name)
        }

    def __getitem__(self, name: str) -> Simulation | RowError:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def simulations(self) -> dict[str, Simulation]:
        """The simulations, by repository, without the errors."""
        return {name: found for name, found in self._found.items() if not isinstance(found, RowError)}

    @property
    def errors(self) -> dict[str, RowError]:
        """Why there is no simulation, by repository."""
        return {name: found for name, found in self._found.items() if isinstance(found, RowError)}

    @property
    def expired(self) -> int:
        """How many images would expire in all repositories."""
        return sum(len(simulation.expired) for simulation in self.simulations.values())

    @property
    def archived(self) -> int:
        """How many images would be archived."""
        return sum(len(simulation.archived) for simulation in self.simulations.values())

    @property
    def images(self) -> int:
        """How many images there are."""
        return sum(len(simulation.verdicts) for simulation in self.simulations.values())

    @property
    def bytes_freed(self) -> int:
        """The bytes of the images that would expire."""
        return sum(simulation.bytes_freed for simulation in self.simulations.values())

    @property
    def summary(self) -> str:
        """What would go, of all repositories together."""
        return summary([self])

    def __str__(self) -> str:
        lines = [f"{name}: {getattr(found, 'summary', found)}" for name, found in self._found.items()]
        more = [f"and {len(lines) - MAX_LINES:,} more"] if len(lines) > MAX_LINES else []
        return page([*lines[:MAX_LINES], *more, self.summary])

    def __repr__(self) -> str:
        return f"<Simulations: {self.summary}>"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "summary": self.summary,
            "repositories": {name: simulation.to_dict() for name, simulation in self.simulations.items()},
            "errors": {name: error.to_dict() for name, error in self.errors.items()},
        }


def summary(registries: Iterable[Simulations]) -> str:
    """Return what would go, in some registries together."""
    all_of = list(registries)
    images, expired, archived, freed, repositories, errors = (
        sum(numbers)
        for numbers in zip(
            *((one.images, one.expired, one.archived, one.bytes_freed, len(one), len(one.errors)) for one in all_of),
            strict=True,
        )
    )
    return joined(
        [
            f"expires {expired:,} of {count(images, 'image')} in {count(repositories, 'repository', 'repositories')}, "
            f"{text_size(freed)}",
            f"archives {archived:,}" if archived else "",
            f"{errors:,} could not be simulated" if errors else "",
        ]
    )


def _name(pair: tuple[str, object]) -> str:
    return pair[0]
