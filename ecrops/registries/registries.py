"""Many registries as one: the verbs of a registry over accounts and regions.

Users start here. The work of each registry is data (``task``) that runs on the executor of the user (``running``), and
comes back as a row (``row``). Nothing here holds a session, a client or credentials.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Self

from ecrops.aws import RetryPolicy
from ecrops.base.problems import is_number, is_whole
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.lifecycle.guard import RegistryGuard
from ecrops.registries.location import RegistryLocation, check_locations
from ecrops.registries.overrides import Overrides, matches
from ecrops.registries.plan import RegistriesPlan
from ecrops.registries.result import RegistriesResult
from ecrops.registries.row import Row, RowError
from ecrops.registries.running import OnResult, in_waves, not_begun
from ecrops.registries.task import Options, Spec, SpecFunction, Task

Waves = Sequence[Sequence[str]]


class Registries(Shown):
    """Registries of many accounts and regions. Making one calls nothing.

    Args:
        locations: The registries, as ``RegistryLocation`` values, or as mappings of their fields.
        overrides: Fields of repository specs that are different at some registries, by account, region, name of a
            location (``*`` is any text) or tag of a location (``stage=prod``):
            ``{"eu-*": {"tags": {...}}}``. Later entries win.
        workers: The threads of each registry.
        retry: How calls are retried.
        guard: What the lifecycle policies of every registry must leave.
        dry_run: Whether every verb returns what it would do, and changes nothing.
        seconds_each: The seconds that the work of each registry may take.

    Raises:
        SpecError: Two locations have one account and region, or a value is wrong; with every reason.
    """

    def __init__(
        self,
        locations: Iterable[RegistryLocation | Mapping[str, Any]],
        *,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        workers: int = 20,
        retry: RetryPolicy | None = None,
        guard: RegistryGuard | None = None,
        dry_run: bool = False,
        seconds_each: float | None = None,
    ) -> None:
        self.locations = check_locations(
            RegistryLocation.from_dict(place) if isinstance(place, Mapping) else place for place in locations
        )
        self._overrides = Overrides(dict(overrides or {}))
        if unused := self._overrides.unused(self.locations):
            raise SpecError(f"overrides: no location is meant by {', '.join(map(repr, unused))}")
        if seconds_each is not None and (not is_number(seconds_each) or seconds_each <= 0):
            raise SpecError(f"seconds_each: expected seconds above 0, got {seconds_each!r}")
        self._options = Options(workers, retry or RetryPolicy(), guard, dry_run, seconds_each=seconds_each)

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

    def _is_about(self, patterns: Iterable[str], location: RegistryLocation) -> bool:
        return any(matches(pattern, location) for pattern in patterns)

    def _only(self, locations: Sequence[RegistryLocation], patterns: Iterable[str] = ()) -> Self:
        for pattern in patterns:
            if not any(self._is_about([pattern], place) for place in self.locations):
                raise SpecError(f"no registry is meant by {pattern!r}: there are {', '.join(map(str, self.locations))}")
        other = copy.copy(self)
        other.locations = tuple(locations)
        return other

    # Verbs

    def plan(
        self,
        *specs: Spec | SpecFunction,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        stop_after: int | None = None,
        keep: bool = True,
        **options: Any,
    ) -> RegistriesPlan:
        """Return what is missing everywhere for the specs to be true. Reads only.

        Args:
            specs: Repositories and settings of registries as they should be, one argument each; or one function that
                returns the specs of a location. With processes, it has to be a function of a module.
            executor: Where the work is done; threads here without one.
            on_result: Called on this thread with the row of each registry, as they come.
            stop_after: After how many failures no work is begun any more.
            keep: Whether to keep the plan of each registry, which ``apply`` needs. Without them, the memory does not
                grow with the number of registries.
            options: Further keywords of ``Registry.plan``, such as ``remove_unmanaged``.

        Raises:
            SpecError: The specs, or an option, can never be right.
        """
        tasks = self._tasks("plan", specs, options)
        return RegistriesPlan.collect(self._rows([tasks], executor, on_result, stop_after), self.locations, keep=keep)

    def drift(
        self,
        *specs: Spec | SpecFunction,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        **options: Any,
    ) -> RegistriesPlan:
        """Return what differs from the specs: a plan that is shown, and that ``apply`` refuses."""
        return replace(self.plan(*specs, executor=executor, on_result=on_result, keep=False, **options), is_drift=True)

    def apply(
        self,
        plan: RegistriesPlan,
        executor: Executor | None = None,
        *,
        on_result: OnResult | None = None,
        stop_after: int | None = None,
        waves: Waves | None = None,
    ) -> RegistriesResult:
        """Make the changes of a plan that was made for these registries.

        Args:
            plan: The plan.
            executor: Where the work is done; threads here without one.
            on_result: Called on this thread with the row of each registry, as they come.
            stop_after: After how many failures no work is begun any more.
            waves: Patterns of locations: ``[["dev/*"], ["prod/*"]]``. A wave begins when the one before is done without
                a failure.

        Returns:
            A row for each registry. One whose plan failed is left alone, and its row says so.

        Raises:
            SpecError: The plan is for other registries, or a registry is in no wave.
            ConflictError: The plan has conflicts; nothing was changed.
        """
        if not isinstance(plan, RegistriesPlan):
            raise SpecError(f"expected a RegistriesPlan, of plan(), got {plan!r}")
        rows = plan.rows_for(self.locations)
        tasks, left = [], list[Row]()
        for row in rows:
            if row.failed:
                error = RowError("NotPlanned", f"left alone, since it could not be planned: {row.error}")
                left.append(replace(row, error=error))
            else:
                tasks.append(Task(row.location, "apply", (), {"plan": row.value}, self._options))
        made = self._written(tasks, waves, executor, on_result, stop_after)
        return RegistriesResult.collect((*left, *made), self.locations, self)

    def ensure(
        self,
        *specs: Spec | SpecFunction,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        stop_after: int | None = None,
        waves: Waves | None = None,
        **options: Any,
    ) -> RegistriesResult:
        """Make the specs true everywhere: each registry is planned and applied in one task.

        Args:
            specs: As for ``plan``.
            executor: As for ``plan``.
            on_result: As for ``plan``.
            stop_after: As for ``plan``.
            waves: As for ``apply``.
            options: Further keywords of ``Registry.ensure``, such as ``remove_unmanaged``.

        Returns:
            A row for each registry; an error is a row, and stops no other registry.
        """
        tasks = self._tasks("ensure", specs, options)
        rows = self._written(tasks, waves, executor, on_result, stop_after)
        return RegistriesResult.collect(rows, self.locations, self)

    def describe(
        self, *names: str, executor: Executor | None = None, on_result: OnResult | None = None
    ) -> RegistriesResult:
        """Return the repositories of all registries as specs: see ``Registry.describe``."""
        return self._each("describe", {"": names}, executor, on_result)

    def remove(
        self, *names: str, executor: Executor | None = None, on_result: OnResult | None = None, **options: Any
    ) -> RegistriesResult:
        """Delete repositories in all registries: see ``Registry.remove``."""
        return self._each("remove", {"": names, **options}, executor, on_result)

    def access(
        self, *names: Any, executor: Executor | None = None, on_result: OnResult | None = None
    ) -> RegistriesResult:
        """Return who can do what in all registries: see ``Registry.access``."""
        return self._each("access", {"": names}, executor, on_result)

    def inventory(
        self, *names: str, executor: Executor | None = None, on_result: OnResult | None = None, **options: Any
    ) -> RegistriesResult:
        """Return what the repositories of all registries store: see ``Registry.inventory``."""
        return self._each("inventory", {"": names, **options}, executor, on_result)

    def simulate_lifecycles(
        self, *arguments: Any, executor: Executor | None = None, on_result: OnResult | None = None, **options: Any
    ) -> RegistriesResult:
        """Return what lifecycle policies would do in all registries: see ``Registry.simulate_lifecycles``."""
        return self._each("simulate_lifecycles", {"": arguments, **options}, executor, on_result)

    def unmanaged(
        self,
        *specs: Spec | SpecFunction,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        **options: Any,
    ) -> RegistriesResult:
        """Return what is there and in no spec, in all registries: see ``Registry.unmanaged``."""
        tasks = self._tasks("unmanaged", specs, options)
        return RegistriesResult.collect(self._rows([tasks], executor, on_result, None), self.locations, self)

    # Work

    def _each(
        self, verb: str, arguments: Mapping[str, Any], executor: Executor | None, on_result: OnResult | None
    ) -> RegistriesResult:
        tasks = [Task(place, verb, (), arguments, self._options) for place in self.locations]
        return RegistriesResult.collect(self._rows([tasks], executor, on_result, None), self.locations, self)

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
        refused = {row.location: row for row in self._rows([checks], executor, None, None) if row.failed}
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


def _check_options(on_result: object, stop_after: object) -> None:
    """Refuse options of a verb that can never be right."""
    if stop_after is not None and (not is_whole(stop_after) or stop_after < 1):
        raise SpecError(f"stop_after: expected a number of failures of at least 1, got {stop_after!r}")
    if on_result is not None and not callable(on_result):
        raise SpecError(f"on_result: expected a function of a row, got {on_result!r}")
