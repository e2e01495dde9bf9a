"""The verbs of many registries that ask, and those that take names. Mixin of ``Registries``."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from ecrops.registries.results.result import RegistriesResult
from ecrops.registries.tasks.running import OnResult
from ecrops.registries.tasks.task import Spec, SpecFunction
from ecrops.registries.work import Waves, Work

if TYPE_CHECKING:
    from ecrops.registries.results.report import RegistriesReport


class NamedVerbs(Work):
    """What each registry is asked, or told, alike."""

    def describe(
        self, *names: str, executor: Executor | None = None, on_result: OnResult | None = None
    ) -> RegistriesResult:
        """Return the repositories of all registries as specs: see ``Registry.describe``."""
        return self._each("describe", {"": names}, executor, on_result)

    def remove(
        self,
        *names: str,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        stop_after: int | None = None,
        waves: Waves | None = None,
        **options: Any,
    ) -> RegistriesResult:
        """Delete repositories in all registries: see ``Registry.remove``, and ``ensure`` for the other arguments."""
        tasks = self._named_tasks("remove", {"": names, **options})
        rows = self._written(tasks, waves, executor, on_result, stop_after)
        return RegistriesResult.collect(rows, self.locations, self._whole)

    def access(
        self, *names: Any, executor: Executor | None = None, on_result: OnResult | None = None
    ) -> RegistriesResult:
        """Return who can do what in all registries: see ``Registry.access``."""
        return self._each("access", {"": names}, executor, on_result)

    def inventory(
        self, *names: str, executor: Executor | None = None, on_result: OnResult | None = None, **options: Any
    ) -> RegistriesResult:
        """Return what the repositories of all registries store: see ``Registry.inventory``.

        ``.inventory`` of the result is all of it, a row for each registry. ``print`` shows that.
        """
        return self._each("inventory", {"": names, **options}, executor, on_result)

    def simulate_lifecycles(
        self, *arguments: Any, executor: Executor | None = None, on_result: OnResult | None = None, **options: Any
    ) -> RegistriesResult:
        """Return what lifecycle policies would do in all registries: see ``Registry.simulate_lifecycles``.

        The value of each is a mapping of the names of repositories to simulations, or to the error of one.
        """
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
        return RegistriesResult.collect(self._rows([tasks], executor, on_result, None), self.locations, self._whole)

    def report(
        self,
        *specs: Spec | SpecFunction,
        executor: Executor | None = None,
        on_result: OnResult | None = None,
        **options: Any,
    ) -> RegistriesReport:
        """Return one page about all registries: what differs from the specs, said once, and a row for each registry.

        ``registries.report(*specs).write("report.html")`` writes it. Reads only. The arguments are those of ``drift``.
        """
        from datetime import UTC, datetime

        from ecrops.registries.results.report import RegistriesReport

        drift = self._whole.drift(*specs, executor=executor, on_result=on_result, **options)
        return RegistriesReport(drift, datetime.now(UTC))
