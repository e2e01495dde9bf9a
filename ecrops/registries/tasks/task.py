"""The work of one registry, as data: what travels to a worker, and what is done there.

``run`` is called by an executor, in a thread or in another process. It makes the session and the registry where it
runs, so that no credentials travel, and returns every error as a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.aspects import apart
from ecrops.aws import Aws, RetryPolicy
from ecrops.aws.sessions import explain, session_of
from ecrops.base.problems import Problems, is_number, is_whole
from ecrops.errors import SpecError
from ecrops.lifecycle.guard import Guard, RegistryGuard
from ecrops.registries.location import RegistryLocation
from ecrops.registries.overrides import Overrides
from ecrops.registries.results.row import Row, RowError
from ecrops.registry import Registry
from ecrops.registry_settings.spec import RegistrySpec
from ecrops.spec import RepositorySpec

Spec = RepositorySpec | RegistrySpec
SpecFunction = Callable[[RegistryLocation], Iterable[Spec]]


@dataclass(frozen=True)
class Options:
    """How every registry is used.

    Args:
        workers: The threads of each registry.
        retry: How calls are retried.
        guard: What lifecycle policies must leave.
        dry_run: Whether nothing is changed.
        until: When the time for all is over, as ``time.time`` counts; ``None`` for never.
        seconds_each: The seconds that each registry has, from the moment at which its work begins.

    Raises:
        SpecError: With every option that is wrong.
    """

    workers: int = 20
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    guard: Guard | RegistryGuard | None = None
    dry_run: bool = False
    until: float | None = None
    seconds_each: float | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        problems.check(
            is_whole(self.workers) and self.workers >= 1,
            "workers",
            f"expected a whole number of at least 1, got {self.workers!r}",
        )
        problems.check(isinstance(self.retry, RetryPolicy), "retry", f"expected a RetryPolicy, got {self.retry!r}")
        is_guard = self.guard is None or isinstance(self.guard, Guard | RegistryGuard)
        problems.check(is_guard, "guard", f"expected a Guard or a RegistryGuard, got {self.guard!r}")
        problems.check(isinstance(self.dry_run, bool), "dry_run", f"expected True or False, got {self.dry_run!r}")
        seconds = self.seconds_each
        is_time = seconds is None or (is_number(seconds) and seconds > 0)
        problems.check(is_time, "seconds_each", f"expected seconds above 0, got {seconds!r}")
        problems.raise_any()

    def registry(self, location: RegistryLocation) -> Registry:
        """Return the registry of a location. It makes no call of ECR.

        The time that the role takes to be assumed is a part of what the registry has.
        """
        start = time.monotonic()
        limits = [] if self.seconds_each is None else [self.seconds_each]
        if self.until is not None:
            limits.append(self.until - time.time())
        seconds = max(0.0, min(limits)) if limits else None
        registry = Registry(
            session_of(location, retry=self.retry, seconds=seconds),
            workers=self.workers,
            retry=self.retry,
            guard=self.guard,
            dry_run=self.dry_run,
        )
        return registry if seconds is None else registry.within(max(0.0, seconds - (time.monotonic() - start)))


@dataclass(frozen=True)
class Task:
    """The work of one registry.

    Args:
        location: The registry.
        verb: What is done: a name of ``VERBS``.
        specs: The specs, or a function that returns those of a location.
        arguments: The other arguments of the verb.
        options: How the registry is used.
        overrides: What is different at this location.
    """

    location: RegistryLocation
    verb: str
    specs: tuple[Spec, ...] | SpecFunction = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    overrides: Overrides = field(default_factory=Overrides)

    def own_specs(self) -> tuple[Spec, ...]:
        """Return the specs of this location.

        Raises:
            SpecError: The function returned something else, or the specs do not fit together.
        """
        specs = self.specs(self.location) if callable(self.specs) else self.specs
        if isinstance(specs, RepositorySpec | RegistrySpec) or not isinstance(specs, Iterable):
            raise SpecError(f"expected a function that returns a list of specs, got {specs!r} for {self.location}")
        checked = tuple(specs)
        if wrong := [spec for spec in checked if not isinstance(spec, RepositorySpec | RegistrySpec)]:
            raise SpecError(f"expected RepositorySpec or RegistrySpec for {self.location}, got {wrong[0]!r}")
        if callable(self.specs) and not checked:
            raise SpecError(f"the function returned no specs for {self.location}: leave the location out instead")
        own = self.overrides.applied(self.location, checked)
        apart(own)
        return own


def run(task: Task, begin: Callable[[Aws], object] | None = None) -> Row:
    """Do the work of one registry, and return what became of it. It raises nothing but Ctrl-C.

    Args:
        task: The work.
        begin: Takes the account before any call of it: whoever does so can stop it.
    """
    from ecrops.registries.tasks.working import VERBS

    start = time.monotonic()
    registry: Registry | None = None
    try:
        registry = task.options.registry(task.location)
        if begin is not None:
            registry.aws = registry.aws.bound_to(registry.aws.stoppable())
            begin(registry.aws)
        value = VERBS[task.verb](registry, task)
    except (Exception, SystemExit) as error:  # also that of a function of the user which ends its script
        explain(error, task.location)
        applied = tuple(getattr(error, "applied", ()))
        row = Row(task.location, error=RowError.of(error), applied=applied)
    else:
        row = Row(task.location, value=value, applied=tuple(getattr(value, "applied", ())))
    return _placed(row, registry, time.monotonic() - start)


def _placed(row: Row, registry: Registry | None, seconds: float) -> Row:
    from dataclasses import replace

    aws = registry.aws if registry else None
    account = (aws.known_account if aws else None) or row.location.account or ""
    region = (aws.session.region_name if aws else None) or row.location.region or ""
    return replace(row, account=account, region=region, seconds=seconds)
