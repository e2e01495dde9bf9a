"""``handler``: the function that Lambda calls.

A module of the user calls it once, when a container starts. What takes long is made then: Lambda starts a container
with a whole processor, and calls it with the share that its memory has.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from importlib import import_module
from logging import ERROR, INFO, WARNING
from os import PathLike
from typing import TYPE_CHECKING, Any

from ecrops.aws_lambda.answer import answer_of, data_of
from ecrops.aws_lambda.clock import Invocation, check_margin
from ecrops.aws_lambda.event import Options, options_of
from ecrops.aws_lambda.failures import is_unexpected, secrets_of
from ecrops.aws_lambda.job import Job, in_time
from ecrops.aws_lambda.logs import Journal
from ecrops.aws_lambda.places import Places
from ecrops.aws_lambda.record import Record
from ecrops.aws_lambda.records import Records
from ecrops.aws_lambda.source import Content, Source
from ecrops.errors import EcropsError, SpecError

if TYPE_CHECKING:
    from ecrops.base.change import Change
    from ecrops.registries.registries import Registries
    from ecrops.registry import Registry

OnChange = Callable[["Change"], object]
_MOST_SHOWN = 3
_WARMING = 5
"""Seconds that calls may take when a container starts, of the 10 that Lambda gives it."""
_NOT_LOGGED = ("errors", "notes", "changes", "left_out", "summary", "request_id")


class JobError(EcropsError):
    """An invocation of a handler with ``raise_errors`` was not ok.

    Attributes:
        answer: What the handler would have answered.
    """

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        shown = [f"{row['owner']}: {row['message']}".removeprefix(": ") for row in answer["errors"][:_MOST_SHOWN]]
        super().__init__("\n  ".join([answer["summary"], *shown]))


def handler(
    fleet: Content | Callable[[Any], Content],
    *,
    registry: Registry | Callable[[], Registry] | None = None,
    registries: Registries | str | PathLike[str] | None = None,
    margin: float | None = None,
    dry_run: bool = False,
    raise_errors: bool = False,
) -> Callable[[Any, Any], dict[str, Any]]:
    """Return the handler of a Lambda function that makes a fleet true: ``registry.ensure(*fleet)``.

    The handler never raises for what goes wrong: it answers. ``done`` says that calling it again makes no more, ``ok``
    that all is as it should be, ``left`` how many owners the time did not suffice for. An answer is the event of the
    next call. See ``docs/lambda.md``.

    Args:
        fleet: The path of a fleet file, or of a folder with some; the text of one; a ``Fleet``; a list of specs; or a
            function of the event that returns one of these.
        registry: The registry, or a function that makes it: it is called once in a container. Without one, it is that
            of the role and the region of the function.
        registries: The registries of many accounts and regions, in place of one: a ``Registries``, or the path of a
            file with ``registries``, and perhaps ``overrides`` and ``waves``.
        margin: The seconds before the end of an invocation in which no call begins. By default 42, which the slowest
            call takes that ends by itself, and a third of an invocation that is shorter than 126 seconds. A call that
            takes longer is not waited for: the answer is made 2 seconds before the end, and in a sixth of a shorter
            invocation.
        dry_run: Whether nothing is changed. An event may say so too: ``{"dry_run": true}``.
        raise_errors: Whether an answer that is not ok is raised as a ``JobError``: then the invocation has failed for
            Lambda, which calls again for an event of EventBridge, and counts it in its metric ``Errors``.

    Raises:
        SpecError: An argument is wrong. Mistakes of a fleet file are in the answers.

    Example:
        >>> from ecrops import RepositorySpec
        >>> lambda_handler = handler([RepositorySpec("team/api")])
    """
    from ecrops.registry import Registry

    check_margin(margin)
    if not (registry is None or isinstance(registry, Registry) or callable(registry)):
        raise SpecError(f"registry: expected a Registry, or a function that makes one, got {registry!r}")
    if registries is not None and registry is not None:
        raise SpecError("expected registry or registries, not both")
    for name, value in (("dry_run", dry_run), ("raise_errors", raise_errors)):
        if not isinstance(value, bool):
            raise SpecError(f"{name}: expected True or False, got {value!r}")
    container = _Container(Source(fleet), registry, None if registries is None else Places(registries))
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        container.warm()

    def handle(event: Any, context: Any) -> dict[str, Any]:
        answer = _answer(container, event, context, margin, dry_run=dry_run)
        if raise_errors and not answer["ok"]:
            raise JobError(answer)
        return answer

    return handle


class _Container:
    """What is made once in a container of Lambda: the registry with its clients, and the fleet.

    Args:
        source: Where the specs come from.
        registry: The registry, or what makes it.
        places: Many registries in place of it; ``None`` for one.
    """

    def __init__(
        self, source: Source, registry: Registry | Callable[[], Registry] | None, places: Places | None
    ) -> None:
        self.source, self.places = source, places
        self._made: Registry | None = None
        self._given = registry

    @property
    def registry(self) -> Registry:
        """The registry.

        Raises:
            SpecError: The function of the user made none.
        """
        if self._made is None:
            from ecrops.registry import Registry

            made = self._given() if callable(self._given) else self._given or Registry()
            if not isinstance(made, Registry):
                raise SpecError(f"registry: expected a function that returns a Registry, it returned {made!r}")
            self._made = made
        return self._made

    def warm(self) -> None:
        """Make the clients, read the fleet, and import what writes. What fails here is tried again, and answered."""
        with contextlib.suppress(Exception):
            import_module("ecrops.engine.apply")

            if self.places is not None:
                import_module("ecrops.registries.registries")
                return
            self.registry.aws.client("ecr")
            if not self.source.is_function:
                self.source.fleet(None, self.registry.within(_WARMING))


def _answer(container: _Container, event: Any, context: Any, margin: float | None, *, dry_run: bool) -> dict[str, Any]:
    """Do the work of one invocation, and return its answer."""
    invocation, are_many = Invocation(context, margin), container.places is not None
    journal = Journal(invocation.request_id)
    record = Records(Options(dry_run)) if are_many else Record(Options(dry_run))

    def hear(change: Change) -> None:
        journal.write(str(change), data_of(change))

    def work() -> None:
        invocation.check()
        is_open = container.source.is_function
        record.options = options_of(event, dry_run=dry_run, is_open=is_open, are_many=are_many)
        if isinstance(record, Records):
            _make_many(container, record, event, invocation, hear)
        else:
            _make_one(container, record, event, invocation, hear)

    in_time(work, invocation.patience, record)
    ended = record.snapshot()
    ended.give_up()
    return _told(ended, invocation, journal)


def _make_one(container: _Container, record: Record, event: Any, invocation: Invocation, hear: OnChange) -> None:
    record.registry = container.registry
    if record.registry.dry_run:
        record.options = record.options._replace(dry_run=True)
    registry = record.registry.within(invocation.working)
    fleet = container.source.fleet(event, registry)
    if fleet.registries:
        raise SpecError("fleet: the file says where it is to be: give it to handler(..., registries=...) too")
    chosen = fleet.only(*record.options.only) if record.options.only else fleet
    job = Job(registry, chosen, record, hear)
    (job.plan if record.options.dry_run else job.make)()


def _make_many(container: _Container, records: Records, event: Any, invocation: Invocation, hear: OnChange) -> None:
    from ecrops.aws_lambda.many import Jobs

    assert container.places is not None
    registries, waves = container.places.found()
    if registries.is_dry:
        records.options = records.options._replace(dry_run=True)
    records.begin(registries.work(waves))
    Jobs(records, container.source, event, invocation, hear).make()


def _told(record: Record | Records, invocation: Invocation, journal: Journal) -> dict[str, Any]:
    """Return the answer of an invocation, and write it down: each failure, and then the numbers."""
    secrets = tuple(secret for session in (None, *record.sessions) for secret in secrets_of(session))
    answer = answer_of(record, invocation, secrets)
    for row in answer["errors"]:
        journal.write(row["message"], {name: row[name] for name in ("owner", "owners", "code", "notes")}, ERROR)
    for error in filter(is_unexpected, [*record.errors, *record.failed.values()]):
        journal.write("this is a mistake of ecrops, or of a function of yours", {}, ERROR, error)
    numbers = {name: value for name, value in answer.items() if name not in _NOT_LOGGED}
    journal.write(answer["summary"], numbers, INFO if answer["ok"] else WARNING)
    return answer
