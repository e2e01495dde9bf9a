"""Many registries as one: the verbs of a registry over accounts and regions.

Users start here. The work of each registry is data (``task``) that runs on the executor of the user (``running``), and
comes back as a row (``row``). Nothing here holds a session, a client or credentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from ecrops.aws import RetryPolicy
from ecrops.errors import SpecError
from ecrops.lifecycle.guard import Guard, RegistryGuard
from ecrops.registries.location import RegistryLocation, check_locations
from ecrops.registries.overrides import Overrides
from ecrops.registries.results.plan import RegistriesPlan
from ecrops.registries.results.result import RegistriesResult
from ecrops.registries.results.row import Row, RowError
from ecrops.registries.tasks.running import OnResult
from ecrops.registries.tasks.task import Options, Spec, SpecFunction, Task
from ecrops.registries.verbs import NamedVerbs
from ecrops.registries.work import Waves

if TYPE_CHECKING:
    import boto3

    from ecrops.registries.roles.bootstrap import BootstrapPolicy


class Registries(NamedVerbs):
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
        guard: Guard | RegistryGuard | None = None,
        dry_run: bool = False,
        seconds_each: float | None = None,
    ) -> None:
        places = check_locations(
            RegistryLocation.from_dict(place) if isinstance(place, Mapping) else place for place in locations
        )
        different = Overrides({} if overrides is None else overrides)
        if unused := different.unused(places):
            raise SpecError(f"overrides: no location is meant by {', '.join(map(repr, unused))}")
        options = Options(workers, RetryPolicy() if retry is None else retry, guard, dry_run, seconds_each=seconds_each)
        super().__init__(places, different, options)

    @classmethod
    def of(
        cls,
        *,
        accounts: Sequence[str | int] | None = None,
        organization: bool = False,
        units: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
        without: Sequence[str | int] = (),
        regions: Sequence[str] | Literal["enabled"] | None = None,
        role_name: str | None = None,
        external_id: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        session: boto3.Session | None = None,
        **options: Any,
    ) -> Self:
        """Return the registries of accounts, or of an organization, in some regions. It reads which there are.

        Args:
            accounts: The accounts by their ids.
            organization: Whether to take the active accounts of the organization of the caller.
            units: Only the accounts in these organizational units, and in the units inside of them.
            tags: Only the accounts with these tags. ``{}`` reads the tags, for overrides and waves, and takes all.
            without: Accounts that are left out.
            regions: The regions; ``"enabled"`` for those that each account has enabled.
            role_name: The role that is assumed in each account.
            external_id: The external id that the trust policies of the roles ask for.
            profile: The profile whose credentials are used.
            endpoint_url: Where all services are called, for emulators.
            session: The session that lists the accounts; that of the profile without it.
            options: The options of ``Registries``, such as ``overrides``.

        Raises:
            SpecError: With every argument that is wrong.
            ClientError: botocore's own error: the organization cannot be read.
            ApplyError: The regions of some accounts cannot be read; ``failed`` has the error of each.

        Example:
            ``Registries.of(organization=True, regions=["eu-west-1"], role_name="ecrops")``
        """
        from ecrops.registries.organization import locations_of

        places = locations_of(
            accounts=accounts,
            organization=organization,
            units=units,
            tags=tags,
            without=without,
            regions=regions,
            role_name=role_name,
            external_id=external_id,
            profile=profile,
            endpoint_url=endpoint_url,
            session=session,
            retry=options.get("retry"),
        )
        return cls(places, **options)

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
        tasks, left = [], list[Row]()
        for row in plan.rows_for(self.locations):
            if row.failed:
                error = RowError("NotPlanned", f"left alone, since it could not be planned: {row.error}")
                left.append(replace(row, error=error))
            else:
                tasks.append(Task(row.location, "apply", (), {"plan": row.value}, self._options))
        rows = self._written(tasks, waves, executor, on_result, stop_after, left)
        return RegistriesResult.collect(rows, self.locations, self)

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

    def bootstrap_policy(self, *specs: Spec, **options: Any) -> BootstrapPolicy:
        """Return the least policy of the role that these registries assume, and its trust policy, to print.

        Args:
            specs: What is to be managed. Without any: all settings of registries, and most fields of repositories.
            options: The options of ``ecrops.registries.bootstrap_policy``, such as ``trusts`` and ``deletes``. The name
                of the role, its external id and the regions are those of the locations, unless they are given.

        Raises:
            SpecError: The locations have several roles, and none is named; or an option is wrong.
        """
        from ecrops.registries.roles.bootstrap import bootstrap_policy

        for name in ("role_name", "external_id"):
            values = {value for place in self.locations if (value := getattr(place, name)) is not None}
            if len(values) > 1 and name not in options:
                raise SpecError(f"{name}: the locations have {', '.join(sorted(values))}: say {name}= which one")
            if values:
                options.setdefault(name, min(values))
        regions = dict.fromkeys(place.region for place in self.locations)
        if None not in regions:
            options.setdefault("regions", list(regions))
        return bootstrap_policy(*specs, **options)
