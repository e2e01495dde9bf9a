"""The tasks of a verb over many registries, and how they are run. Base class of ``Registries``.

Called by the verbs. It makes a task for each registry, checks what can be checked before any call, and yields rows.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any, Self, cast

from ecrops.base.problems import is_number, is_whole
from ecrops.base.render import several
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.overrides import Overrides, matches
from ecrops.registries.results.result import RegistriesResult
from ecrops.registries.results.row import Row, RowError
from ecrops.registries.tasks.running import OnResult, in_waves, not_begun
from ecrops.registries.tasks.task import Options, Task
from ecrops.registry import Registry

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
        self.locations = self._known = locations
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
            SpecError: A pattern is about none, or there is none.
        """
        if not patterns:
            raise SpecError("expected patterns of locations, such as 'dev/*', got none")
        _check_patterns(patterns, self.locations)
        return self._only([place for place in self.locations if self._is_about(patterns, place)])

    def work(self, waves: Waves | None = None) -> list[list[Task]]:
        """Return what travels to ensure specs in each registry, wave by wave, without the specs. For other engines.

        Raises:
            SpecError: A registry is in no wave, or a pattern is about none.
        """
        tasks = [Task(place, "ensure", (), {}, self._options, self._overrides) for place in self.locations]
        return _placed(tasks, self._numbers(self.locations, waves), waves)

    @property
    def is_dry(self) -> bool:
        """Whether every verb changes nothing."""
        return self._options.dry_run

    def _is_about(self, patterns: Iterable[str], location: RegistryLocation) -> bool:
        return any(matches(pattern, location) for pattern in patterns)

    def _only(self, locations: Sequence[RegistryLocation]) -> Self:
        other = copy.copy(self)
        other.locations = tuple(locations)
        return other

    def _each(
        self, verb: str, arguments: Mapping[str, Any], executor: Executor | None, on_result: OnResult | None
    ) -> RegistriesResult:
        tasks = self._named_tasks(verb, arguments)
        return RegistriesResult.collect(self._rows([tasks], executor, on_result, None), self.locations, self._whole)

    def _named_tasks(self, verb: str, arguments: Mapping[str, Any]) -> list[Task]:
        _check_arguments(verb, arguments)
        return [Task(place, verb, (), arguments, self._options) for place in self.locations]

    def _tasks(self, verb: str, specs: Sequence[Any], arguments: Mapping[str, Any]) -> list[Task]:
        if not specs:
            raise SpecError("expected specs, or a function that returns the specs of a location, got none")
        function = specs[0] if len(specs) == 1 and callable(specs[0]) else None
        if function is None and any(map(callable, specs)):
            raise SpecError("expected specs, or one function that returns the specs of a location: not both")
        _check_arguments(verb, {"": specs, **arguments})
        work: Any = tuple(specs) if function is None else function
        tasks = [Task(place, verb, work, arguments, self._options, self._overrides) for place in self.locations]
        if function is None:
            _check_specs(tasks)
        return tasks

    def _written(
        self,
        tasks: Sequence[Task],
        waves: Waves | None,
        executor: Executor | None,
        on_result: OnResult | None,
        stop_after: int | None,
        left: Sequence[Row] = (),
    ) -> Iterator[Row]:
        """Yield the rows of tasks that write: first those of registries that cannot be worked on from the start.

        Args:
            tasks: The tasks.
            waves: Patterns of locations, wave by wave.
            executor: Where they are done.
            on_result: Called with each row.
            stop_after: After how many failures no work is begun any more.
            left: The rows of registries that are left alone. To waves, and to ``stop_after``, they are failures.
        """
        _check_options(on_result, stop_after)
        numbers = self._numbers([*(row.location for row in left), *(task.location for task in tasks)], waves)
        checks = [replace(task, verb="check", arguments={}) for task in tasks]
        checked = list(_once(self._rows([checks], executor, None, None), self.locations))
        refused = {row.location: row for row in checked if row.failed}
        failed = [*left, *refused.values()]
        for row in failed:
            if on_result is not None:
                on_result(row)
            yield row
        remaining = [task for task in tasks if task.location not in refused]
        if stop_after is not None and len(failed) >= stop_after:
            for task in remaining:
                row = not_begun(task, f"{len(failed)} registries cannot be worked on, and stop_after is {stop_after}")
                if on_result is not None:
                    on_result(row)
                yield row
            return
        placed = _placed(remaining, numbers, waves)
        still = None if stop_after is None else stop_after - len(failed)
        before = [(numbers[row.location], row) for row in failed] if waves is not None else []
        yield from in_waves(placed, executor, on_result, still, before)

    def _numbers(self, locations: Iterable[RegistryLocation], waves: Waves | None) -> dict[RegistryLocation, int]:
        """Return the number of the wave of each location: the first one that has a pattern about it.

        Raises:
            SpecError: They are no waves, a pattern is about no registry, or a registry is in no wave.
        """
        if waves is None:
            return dict.fromkeys(locations, 0)
        is_list = isinstance(waves, Sequence) and not isinstance(waves, str)
        if not is_list or not all(isinstance(wave, list | tuple) for wave in waves):
            raise SpecError(f"waves: expected lists of patterns, such as [['dev/*'], ['prod/*']], got {waves!r}")
        _check_patterns((pattern for wave in waves for pattern in wave), self._known, "waves: ")
        numbers: dict[RegistryLocation, int] = {}
        without: list[str] = []
        for place in locations:
            number = next((n for n, patterns in enumerate(waves) if self._is_about(patterns, place)), None)
            if number is None:
                without.append(str(place))
            else:
                numbers[place] = number
        if without:
            raise SpecError(f"waves: no wave has {', '.join(without)}: add a last wave ['*'] for all others")
        return numbers

    def _rows(
        self,
        waves: Sequence[Sequence[Task]],
        executor: Executor | None,
        on_result: OnResult | None,
        stop_after: int | None,
    ) -> Iterator[Row]:
        _check_options(on_result, stop_after)
        return in_waves(waves, executor, on_result, stop_after)


def _once(rows: Iterable[Row], locations: Sequence[RegistryLocation]) -> Iterator[Row]:
    """Yield the rows of checks; of several for one account and region, which differ in their names alone, only one.

    Args:
        rows: The rows, in any order.
        locations: The registries. Of those that are one, the first one stays.
    """
    numbers = {location: number for number, location in enumerate(locations)}
    first: dict[tuple[str, str, str], Row] = {}
    for row in sorted(rows, key=lambda row: numbers[row.location]):
        place = row.account, row.region, row.location.endpoint_url or ""
        other = first.setdefault(place, row) if row.account and not row.failed else row
        if other is row:
            yield row
            continue
        message = f"is {row.account} in {row.region}, as {other.location} is: leave out one of them"
        yield replace(row, error=RowError("SpecError", message))


def _check_patterns(patterns: Iterable[str], locations: Sequence[RegistryLocation], what: str = "") -> None:
    """Refuse patterns that are about no registry.

    Raises:
        SpecError: With the pattern.
    """
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise SpecError(f"{what}expected a pattern of locations, such as 'dev/*', got {pattern!r}")
        if not any(matches(pattern, place) for place in locations):
            raise SpecError(f"{what}no registry is meant by {pattern!r}: there are {several(map(str, locations))}")


def _check_specs(tasks: Iterable[Task]) -> None:
    """Refuse specs that can never be right, before any call.

    Raises:
        SpecError: With the reasons of all registries, each once.
    """
    reasons: dict[str, None] = {}
    for task in tasks:
        try:
            task.own_specs()
        except SpecError as error:
            reasons |= dict.fromkeys(error.reasons)
    if reasons:
        raise SpecError(*reasons)


def _check_arguments(verb: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that the verb of a registry does not take.

    Raises:
        SpecError: With the reason.
    """
    keywords = dict(arguments)
    positional = keywords.pop("", ())
    try:
        signature(getattr(Registry, verb)).bind(None, *positional, **keywords)
    except TypeError as error:
        raise SpecError(f"{verb}: {error}") from None


def _check_options(on_result: object, stop_after: object) -> None:
    """Refuse options of a verb that can never be right."""
    if stop_after is not None and (not is_whole(stop_after) or stop_after < 1):
        raise SpecError(f"stop_after: expected a number of failures of at least 1, got {stop_after!r}")
    if on_result is not None and not callable(on_result):
        raise SpecError(f"on_result: expected a function of a row, got {on_result!r}")


def _placed(tasks: Iterable[Task], numbers: Mapping[RegistryLocation, int], waves: Waves | None) -> list[list[Task]]:
    """Return tasks wave by wave."""
    placed: list[list[Task]] = [[] for _ in waves or [()]]
    for task in tasks:
        placed[numbers[task.location]].append(task)
    return placed
