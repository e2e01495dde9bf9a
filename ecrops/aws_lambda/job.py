"""The work of one invocation: batch after batch of specs, as far as the time goes. One owner that fails stops no other.

Called by ``entry``, on a thread of its own: the answer need not wait for a call that does not end. The thread of such a
call ends by itself: its time is over, so it begins no other call. Until then it has the turn of its owner, and no later
invocation in this container writes that owner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ecrops import aspects
from ecrops.aws import ClientError, is_momentary
from ecrops.aws_lambda.event import BATCH, Next, fingerprint_of
from ecrops.aws_lambda.record import Record, without
from ecrops.base.change import Change, Kind
from ecrops.base.problems import repeated
from ecrops.engine.reading import is_of_one
from ecrops.errors import ApplyError, ConflictError, DeadlineError, SpecError
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.aws_lambda.records import Records
    from ecrops.engine.plan import Plan
    from ecrops.engine.reading import OnError
    from ecrops.fleet.fleet import Fleet
    from ecrops.registry import Registry
    from ecrops.registry_settings.spec import RegistrySpec

Specs = Sequence["RepositorySpec | RegistrySpec"]
WOULD_BE = "nothing would be changed, because this is impossible"
IMPOSSIBLE = "it was left alone, because this is impossible"


class Job:
    """The work of one invocation.

    Args:
        registry: Where, with the deadline of the invocation.
        fleet: The fleet.
        record: Hears of everything that is done.
        on_change: Called with each change that was made.
    """

    def __init__(self, registry: Registry, fleet: Fleet, record: Record, on_change: Callable[[Change], object]) -> None:
        self._registry, self._record, self._on_change = registry, record, on_change
        self._specs = sorted(fleet.specs, key=lambda spec: isinstance(spec, RepositorySpec))
        if same := repeated(fleet.names):
            raise SpecError(*(f"two specs have the name {name!r}: merge them into one" for name in same))
        record.fleet, record.specs = fingerprint_of(fleet.names), len(fleet)
        beginning = record.options.next
        if beginning.fleet != record.fleet:
            beginning = Next()
            record.options = record.options._replace(next=beginning)
        record.first, record.size = beginning.first, min(beginning.size, BATCH)

    def plan(self) -> None:
        """Plan all specs, and make nothing."""
        record = self._record
        record.begin(0, len(self._specs))
        record.plan = self._registry.plan(*self._specs)
        for owner, conflicts in _conflicts(record.plan).items():
            record.failed[owner] = ConflictError(conflicts, WOULD_BE)

    def make(self) -> None:
        """Make batch after batch, until all are made or the time is over.

        Raises:
            Exception: What would end every batch, such as credentials that are not valid.
        """
        record = self._record
        while record.first < len(self._specs):
            batch = self._specs[record.first : record.first + record.size]
            record.begin(record.first, len(batch))
            as_planned = self._make(batch)
            if record.late:
                return
            record.end(as_planned=as_planned)

    def _make(self, batch: Specs) -> bool:
        """Make a batch. Returns whether all of it was made. An owner that cannot be read stops no other."""
        failed = len(self._record.failed)
        try:
            try:
                self._make_true(batch, None)
            except (ClientError, SpecError) as error:
                if self._record.plan is not None or not is_of_one(error) or is_momentary(error):
                    raise
                self._make_true(batch, self._fail)
        except DeadlineError as error:
            self._record.late = error
        except ApplyError as error:
            for owner, failure in error.failed.items():
                self._fail(owner, failure)
        except ConflictError as error:
            for conflict in error.conflicts:
                self._fail(conflict.owner, error)
        except Exception as error:
            if not getattr(error, "owner", ""):
                raise
            self._fail(str(getattr(error, "owner", "")), error)
        return len(self._record.failed) == failed and self._record.late is None

    def _make_true(self, batch: Specs, on_error: OnError | None) -> None:
        with self._registry.telling(self._hear) as account:
            wants, known = aspects.wants(account.aws, batch, account.assumed)
            made = account.make(*wants, known=known, on_error=on_error, choose=self._choose)
        self._record.notes += made.notes

    def _hear(self, change: Change) -> None:
        self._record.applied.append(change)
        self._on_change(change)

    def _choose(self, plan: Plan) -> Plan:
        """Return the part of a plan that can be made: owners with conflicts are left alone, and have failed."""
        conflicts = _conflicts(plan)
        for owner, impossible in conflicts.items():
            self._fail(owner, ConflictError(impossible, IMPOSSIBLE))
        wants = tuple(want for want in plan.wants if not {want.key, want.for_owner} & conflicts.keys())
        self._record.plan = replace(plan, changes=tuple(without(plan.changes, conflicts)), wants=wants)
        return self._record.plan

    def _fail(self, owner: str, error: Exception) -> None:
        """Record the error of an owner. One that the time was over for is left to the next invocation."""
        if isinstance(error, DeadlineError):
            self._record.late = error
            self._record.unfinished.add(owner)
        else:
            self._record.failed[owner] = error


def _conflicts(plan: Plan) -> dict[str, list[Change]]:
    """Return the conflicts of a plan by owner."""
    found: dict[str, list[Change]] = {}
    for change in plan.changes:
        if change.kind is Kind.CONFLICT:
            found.setdefault(change.owner, []).append(change)
    return found


def in_time(work: Callable[[], None], seconds: float | None, record: Record | Records) -> None:
    """Do the work of an invocation, and return when it has ended, or after some seconds.

    Args:
        work: The work.
        seconds: How long it is waited for; ``None`` for as long as it takes.
        record: Gets the error that ends it.

    Raises:
        BaseException: What is no ``Exception`` and ended the work, such as ``SystemExit``.
    """
    fatal: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            record.errors.append(error)
        except BaseException as error:
            fatal.append(error)
        record.is_over = True

    thread = threading.Thread(target=run, name="ecrops-job", daemon=True)
    thread.start()
    thread.join(seconds)
    if fatal:
        raise fatal[0]
