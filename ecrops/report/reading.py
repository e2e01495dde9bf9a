"""Reading a registry for a report: everything once, in parallel, and nothing that cannot be read stops the rest.

Called by the verb. One listing tells which repositories there are. Tags and both policies of each are read once, for
the plan and for the page. Images are read if the report is to say what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops import aspects
from ecrops.aws import Aws
from ecrops.describing import described
from ecrops.engine.account import Account
from ecrops.engine.aspect import Aspect, Want, name_of
from ecrops.engine.planning import accounts, group
from ecrops.engine.reading import Goal, is_of_one, read
from ecrops.engine.turns import NEVER
from ecrops.errors import SpecError
from ecrops.images.image import aware
from ecrops.images.usage.values import Protected
from ecrops.inventory.prices import Prices
from ecrops.inventory.reading import check_used, images_of
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle.policy.document import Rules, canonical, render
from ecrops.lifecycle.simulation.projection import check_days
from ecrops.registry_settings import wants as settings_wants
from ecrops.report.outlook import findings, merged, outlook
from ecrops.report.report import Report
from ecrops.report.values import ReportedAccess, ReportedPrincipal, ReportedRepository, Unread
from ecrops.repositories import settings
from ecrops.repositories.checks import check_existing_name, check_one_by_one
from ecrops.spec import RepositorySpec
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.base.change import Change
    from ecrops.engine.plan import Plan
    from ecrops.registry_settings.spec import RegistrySpec

Specs = Sequence["RepositorySpec | RegistrySpec"]
MISSING = "there is no such repository"


class Options(NamedTuple):
    """What the user of a report chose. See ``Registry.report``."""

    images: bool
    days: int
    prices: Prices
    now: datetime | None
    in_use: Protected | None = None
    access: bool = False

    def checked(self) -> datetime:
        """Return the moment of the report.

        Raises:
            SpecError: An option is out of range.
        """
        if not isinstance(self.images, bool):
            raise SpecError(f"images: expected True or False, got {self.images!r}")
        if not isinstance(self.access, bool):
            raise SpecError(f"access: expected True or False, got {self.access!r}")
        check_days(self.days)
        if self.in_use is not None:
            check_used(self.in_use)
            if not self.images:
                raise SpecError("in_use: expected none with images=False: what runs is looked for among the images")
        return datetime.now(UTC) if self.now is None else aware(self.now)


class _Failures:
    """What could not be read so far, by key.

    An error that is about the caller or the service, and not about one key, is raised.
    """

    def __init__(self) -> None:
        self.by_key: dict[str, list[Exception]] = {}

    def add(self, key: str, error: Exception) -> None:
        if not is_of_one(error):
            raise error
        self.by_key.setdefault(key, []).append(error)

    def of(self, goals: Iterable[Goal], current: Mapping[Goal, Any]) -> dict[str, dict[Aspect, Exception]]:
        """Return the errors by key and aspect. Without the base of an owner, its parts are not read either."""
        unread: dict[str, dict[Aspect, Exception]] = {}
        for aspect, key in goals:
            errors = self.by_key.get(key)
            if errors and (aspect, key) not in current:
                known = unread.setdefault(key, {})
                known[aspect] = errors[min(len(known), len(errors) - 1)]
        return unread


def report(registry: Account, specs_or_names: Sequence[object], options: Options) -> Report:
    """Read what a report says. For the arguments see ``Registry.report``."""
    at, aws, failures = options.checked(), registry.aws, _Failures()
    specs, names = _apart(specs_or_names)
    wants, known, unread = _wants(registry, specs)
    if not specs_or_names:
        known = {(settings, name): value for name, value in settings.every(aws).items()}
    wanted = {spec.name: spec for spec in specs if isinstance(spec, RepositorySpec)}
    listed = sorted({*wanted, *names, *(name for aspect, name in known if aspect is settings)})
    goals: dict[Goal, Sequence[Any]] = dict(group(wants))
    for goal in (*((aspect, name) for name in listed for aspect in aspects.aspects()), *settings_wants.goals_of()):
        goals.setdefault(goal, ())
    current = read(aws, goals, known, accounts(wants), failures.add)
    failed = failures.of(goals, current)
    plan, undecided = _plan(registry, wants, current) if specs else (None, [])
    unread += undecided
    shown = {name: _spec(aws, name, wanted.get(name), current, failed.get(name, {})) for name in listed}
    unread += [Unread(name, "all of it", MISSING) for name, spec in shown.items() if not spec]
    changes: dict[str, list[Change]] = {}
    for change in plan or ():
        changes.setdefault(change.owner, []).append(change)
    repositories = [
        _repository(spec, wanted.get(name), current, changes.get(name, ())) for name, spec in shown.items() if spec
    ]
    if options.images:
        looked = list(_with_images(registry, repositories, at, options))
        repositories = [repository for repository, _ in looked]
        unread += [reason for _, reason in looked if reason]
    made = Report(
        account=aws.account_id,
        region=aws.region,
        at=at,
        repositories=tuple(repositories),
        plan=plan,
        settings=settings_wants.spec_of(current),
        unread=(*_unread(failed), *unread),
        prices=options.prices,
        days=options.days if options.images else 0,
    )
    return _with_access(aws, made) if options.access else made


def _apart(specs_or_names: Sequence[object]) -> tuple[Specs, list[str]]:
    """Return the specs and the names. What is neither is refused with the wants of the specs."""
    check_one_by_one(specs_or_names, "report(*specs)")
    names = [check_existing_name(name) for name in specs_or_names if isinstance(name, str)]
    specs: Any = [spec for spec in specs_or_names if not isinstance(spec, str)]
    return specs, names


def _wants(registry: Account, specs: Specs) -> tuple[list[Want], Mapping[Goal, Any], list[Unread]]:
    """Return the wants of specs, and what had to be read to know them. Without the right to read it, without events."""
    try:
        wants, known = aspects.wants(registry.aws, specs, registry.assumed)
    except Exception as error:
        if not is_of_one(error) or isinstance(error, SpecError):
            raise
        wants, known = aspects.wants(registry.aws, [replace(spec, events=None) for spec in specs], registry.assumed)
        return registry.as_planned(wants), known, [Unread("EventBridge rules", "what differs", _text(error))]
    return registry.as_planned(wants), known, []


def _plan(registry: Account, wants: Sequence[Want], current: Mapping[Goal, Any]) -> tuple[Plan, list[Unread]]:
    """Return the plan of what could be read, and the owners of which nobody can say what differs."""
    undecided = _Failures()
    possible = [want for want in wants if (want.aspect, want.key) in current]
    plan = replace(registry.plan_wants(possible, current, undecided.add), read_at=NEVER)
    failed = undecided.by_key.items()
    return plan, [Unread(key, "what differs", _text(error)) for key, errors in failed for error in errors]


def _repository(
    spec: RepositorySpec, wanted: RepositorySpec | None, current: Mapping[Goal, Any], changes: Sequence[Change]
) -> ReportedRepository:
    """Return what a report says of a repository, without its images."""
    policy = current.get((lifecycle, spec.name))
    rules, is_planned = _rules(wanted, policy.rules if policy else [])
    exists = current.get((settings, spec.name), ()) is not None
    return ReportedRepository(spec, exists, tuple(changes), rules, is_planned, findings(rules))


def _spec(
    aws: Aws,
    name: str,
    wanted: RepositorySpec | None,
    current: Mapping[Goal, Any],
    unread: Mapping[Aspect, Exception],
) -> RepositorySpec | None:
    """Return a repository as it is; as it is wanted if it does not exist."""
    if any(current.get((aspect, name), ()) is None for aspect in aspects.aspects()):
        return wanted
    return described(aws, name, current, unread)


def _rules(wanted: RepositorySpec | None, current: Rules) -> tuple[Rules, bool]:
    """Return the lifecycle rules that a repository will have, and whether it has others now."""
    if wanted is None or wanted.lifecycle_rules is None or "lifecycle_rules" in (wanted.verbatim or ()):
        return current, False
    rules = canonical(render(wanted.lifecycle_rules))
    return rules, rules != current


def _with_images(
    registry: Account, repositories: Sequence[ReportedRepository], at: datetime, options: Options
) -> Iterator[tuple[ReportedRepository, Unread | None]]:
    """Yield the repositories with what their images show, and why there is nothing of one."""
    here, in_use = registry.aws.stoppable(), options.in_use
    here.client("ecr", len(repositories))
    host = None if in_use is None else registry.host()

    def look(repository: ReportedRepository) -> tuple[ReportedRepository, Unread | None]:
        if not repository.exists:
            return repository, None
        try:
            images = images_of(here, repository.name, in_use)
            place = (repository.name, host)
            seen, warnings, problem = outlook(repository.rules, images, at, options.days, in_use, place)
        except Exception as error:
            if not is_of_one(error):
                raise
            return repository, Unread(repository.name, "images", _text(error))
        reason = Unread(repository.name, "what its lifecycle policy does", printable(problem)) if problem else None
        return replace(repository, outlook=seen, findings=merged(warnings, repository.findings)), reason

    yield from here.map(look, repositories, here.stop)


def _with_access(aws: Aws, made: Report) -> Report:
    """Return a report with who can do what with the repositories that exist, and what could not be read of it."""
    from ecrops.access.answers.words import UNSEEN
    from ecrops.access.reports.reading import matrix_of
    from ecrops.access.reports.row import SHOWN_VERBS

    names = [repository.name for repository in made.repositories if repository.exists]
    if not names:
        return replace(made, access=ReportedAccess())
    matrix = matrix_of(aws, names)
    rows = (row.cells() for row in matrix)
    principals = (ReportedPrincipal(who, dict(zip(SHOWN_VERBS, cells, strict=True))) for who, *cells in rows)
    access = ReportedAccess(tuple(principals), matrix.deleted, UNSEEN)
    problems = (Unread(what, "access", why) for what, _, why in (text.partition(": ") for text in matrix.unread))
    return replace(made, access=access, unread=(*made.unread, *problems))


def _unread(failed: Mapping[str, Mapping[Aspect, Exception]]) -> Iterator[Unread]:
    for key, errors in failed.items():
        for aspect, error in errors.items():
            yield Unread(printable(key), _words(aspect), _text(error))


def _words(aspect: Aspect) -> str:
    """Return what an aspect is of an owner, in words: the name of its module, or of its folder."""
    return name_of(aspect).removesuffix(".aspect").rpartition(".")[2].replace("_", " ")


def _text(error: Exception) -> str:
    return printable(str(error))
