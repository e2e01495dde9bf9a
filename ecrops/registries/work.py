"""The tasks of a verb over many registries, and how they are run. Base class of ``Registries``.

Called by the verbs. It makes a task for each registry, checks what can be checked before any call, and yields rows.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

from ecrops.base.problems import is_number, is_whole
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.overrides import Overrides, matches
from ecrops.registries.result import RegistriesResult
from ecrops.registries.row import Row, RowError
from ecrops.registries.running import OnResult, in_waves, not_begun
from ecrops.registries.task import Options, Task

if TYPE_CHECKING:
    from ecrops.registries.registries import Registries

Waves = Sequence[Sequence[str]]
"""Patterns of locations, wave by wave."""


class Work(Shown):
    """Many registries, and the tasks of a verb over them.

    Args:
        locations: The registries.
        overrides: What is different at some of them.
        options: How each is used.
    """

    def __init__(self, locations: tuple[RegistryLocation, ...], overrides: Overrides, options: Options) -> None:
        self.locations = locations
        self._overrides = overrides
        self._options = options

    @property
    def _whole(self) -> Registries:
        """These registries, with all verbs: what a result gives back of those that failed."""
        return cast("Registries", self)

    def __len__(self) -> int:
        return len(self.locations)

    def __iter__(self) -> Iterator[RegistryLocation]:
        return iter(self.locations)

    def _shown(self) -> Mapping[str, Any]:
        return {"registries": [str(location) for location in self.locations]}

    def __repr__(self) -> str:
        return f"<Registries: {len(self)}>"

    def within(self, seconds: float) -> Self:
        """Return the same registries with a deadline: what is not done ``seconds`` from now is not begun, anywhere."""
        if not is_number(seconds):
            raise SpecError(f"expected seconds, got {seconds!r}")
        other = copy.copy(self)
        until = time.time() + seconds
        other._options = replace(self._options, until=min(until, self._options.until or until))
        return other

    def where(self, *patterns: str) -> Self:
        """Return the registries that one of the patterns is about.

        Args:
            patterns: Ids of accounts, regions or names of locations (``*`` is any text), or tags of locations
                (``stage=prod``).

        Raises:
            SpecError: A pattern is about none.
        """
        return self._only([place for place in self.locations if self._is_about(patterns, place)], patterns)

    def work(self, waves: Waves | None = None) -> list[list[Task]]:
        """Return what travels to ensure specs in each registry, wave by wave, without the specs. For other engines.

        Raises:
            SpecError: A registry is in no wave, or a pattern is about none.
        """
        tasks = [Task(place, "ensure", (), {}, self._options, self._overrides) for place in self.locations]
        return self._waves(tasks, waves)

    @property
    def is_dry(self) -> bool:
        """Whether every verb changes nothing."""
        return self._options.dry_run

    def _is_about(self, patterns: Iterable[str], location: RegistryLocation) -> bool:
        return any(matches(pattern, location) for pattern in patterns)

    def _only(self, locations: Sequence[RegistryLocation], patterns: Iterable[str] = ()) -> Self:
        for pattern in patterns:
            if not any(self._is_about([pattern], place) for place in self.locations):
                raise SpecError(f"no registry is meant by {pattern!r}: there are {', '.join(map(str, self.locations))}")
        other = copy.copy(self)
        other.locations = tuple(locations)
        return other

    def _each(
        self, verb: str, arguments: Mapping[str, Any], executor: Executor | None, on_result: OnResult | None
    ) -> RegistriesResult:
        tasks = [Task(place, verb, (), arguments, self._options) for place in self.locations]
        return RegistriesResult.collect(self._rows([tasks], executor, on_result, None), self.locations, self._whole)

    def _tasks(self, verb: str, specs: Sequence[Any], arguments: Mapping[str, Any]) -> list[Task]:
        function = specs[0] if len(specs) == 1 and callable(specs[0]) else None
        if function is None and any(map(callable, specs)):
            raise SpecError("expected specs, or one function that returns the specs of a location: not both")
        work: Any = tuple(specs) if function is None else function
        tasks = [Task(place, verb, work, arguments, self._options, self._overrides) for place in self.locations]
        if function is None:
            for task in tasks:
                task.own_specs()  # what can never be right is said before any call
        return tasks

    def _written(
        self,
        tasks: Sequence[Task],
        waves: Waves | None,
        executor: Executor | None,
        on_result: OnResult | None,
        stop_after: int | None,
    ) -> Iterator[Row]:
        """Yield the rows of tasks that write: first those of registries that cannot be worked on from the start."""
        _check_options(on_result, stop_after)
        self._waves(tasks, waves)
        checks = [replace(task, verb="check", arguments={}) for task in tasks]
        refused = {row.location: row for row in _once(self._rows([checks], executor, None, None)) if row.failed}
        for row in refused.values():
            if on_result is not None:
                on_result(row)
            yield row
        remaining = [task for task in tasks if task.location not in refused]
        if stop_after is not None and len(refused) >= stop_after:
            yield from (not_begun(task, f"{len(refused)} registries cannot be reached") for task in remaining)
            return
        yield from self._rows(self._waves(remaining, waves), executor, on_result, stop_after)

    def _waves(self, tasks: Sequence[Task], waves: Waves | None) -> list[list[Task]]:
        if waves is None:
            return [list(tasks)]
        placed: list[list[Task]] = [[] for _ in waves]
        without: list[str] = []
        for task in tasks:
            number = next((n for n, patterns in enumerate(waves) if self._is_about(patterns, task.location)), None)
            if number is None:
                without.append(str(task.location))
            else:
                placed[number].append(task)
        if without:
            raise SpecError(f"waves: no wave has {', '.join(without)}: add a last wave ['*'] for all others")
        return placed

    def _rows(
        self,
        waves: Sequence[Sequence[Task]],
        executor: Executor | None,
        on_result: OnResult | None,
        stop_after: int | None,
    ) -> Iterator[Row]:
        _check_options(on_result, stop_after)
        return in_waves(waves, executor, on_result, stop_after)


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of checks; of several for one account and region, which differ in their names alone, only one."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        other = first.setdefault((row.account, row.region), row) if row.account and not row.failed else row
        if other is row:
            yield row
            continue
        message = f"is {row.account} in {row.region}, as {other.location} is: leave out one of them"
        yield replace(row, error=RowError("SpecError", message))


def _check_options(on_result: object, stop_after: object) -> None:
    """Refuse options of a verb that can never be right."""
    if stop_after is not None and (not is_whole(stop_after) or stop_after < 1):
        raise SpecError(f"stop_after: expected a number of failures of at least 1, got {stop_after!r}")
    if on_result is not None and not callable(on_result):
        raise SpecError(f"on_result: expected a function of a row, got {on_result!r}")
