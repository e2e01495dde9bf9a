"""The work of one invocation, on a thread of its own: the answer need not wait for a call that does not end.

Called by ``entry``. The thread of a call that was not waited for ends by itself: its time is over, so it begins no
other call. Until then it has its owner's turn, and no later invocation in this container writes that owner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecrops import aspects
from ecrops.aws_lambda import runtime
from ecrops.aws_lambda.answer import data_of
from ecrops.aws_lambda.event import Options
from ecrops.base.change import Change
from ecrops.errors import ConflictError

if TYPE_CHECKING:
    from ecrops.aws_lambda.logs import Journal
    from ecrops.engine.plan import Plan
    from ecrops.fleet.fleet import Fleet
    from ecrops.registry import Registry


@dataclass
class Record:
    """What a job has done so far.

    Args:
        options: The options of the event.
        specs: How many specs there are, once that is known.
        plan: What was missing at first, once that is known.
        applied: The changes that were made.
        made: The plan of all that was made, at the end.
        error: What ended the work, if anything did.
        is_over: Whether it has ended.
        registry: Where it works.
    """

    options: Options
    specs: int = 0
    plan: Plan | None = None
    applied: list[Change] = field(default_factory=list)
    made: Plan | None = None
    error: BaseException | None = None
    is_over: bool = False
    registry: Registry | None = None

    def snapshot(self) -> Record:
        """Return a copy that a job that goes on changes no more."""
        is_over = self.is_over  # first: what ended the job is known by then
        return replace(self, applied=list(self.applied), is_over=is_over)

    @property
    def missing(self) -> Sequence[Change]:
        """The changes that were missing at first, as far as it is known."""
        return self.plan.changes if self.plan else ()

    @property
    def notes(self) -> Sequence[str]:
        """The notes of the runtime, and of what was made, or is missing."""
        plan = self.made or self.plan
        return (*runtime.notes(), *(plan.notes if plan else ()))

    @property
    def checksum(self) -> str:
        """The checksum of the plan of a dry run; empty for what was made."""
        return self.plan.checksum if self.plan and self.options.dry_run else ""

    @property
    def account(self) -> str:
        """The account, if an answer named it."""
        return self.registry.aws.known_account if self.registry else ""

    @property
    def region(self) -> str:
        """The region, if there is one."""
        return self.registry.aws.session.region_name or "" if self.registry else ""


def carry_out(registry: Registry, fleet: Fleet, record: Record, journal: Journal) -> None:
    """Make a fleet true, or only plan it.

    Args:
        registry: Where, with the deadline of the invocation.
        fleet: The fleet.
        record: Hears of everything that is done.
        journal: Gets a line for each change.
    """

    def on_plan(plan: Plan) -> None:
        record.plan = plan

    def on_change(change: Change) -> None:
        record.applied.append(change)
        journal.write(str(change), data_of(change))

    record.specs = len(fleet)
    if record.options.dry_run:
        record.plan = registry.plan(*fleet)
        if record.plan.conflicts:
            raise ConflictError(record.plan.conflicts, "nothing would be changed, because these changes are impossible")
        return
    with registry.telling(on_change) as account:
        wants, known = aspects.wants(account.aws, fleet.specs, account.assumed)
        record.made = account.make(*wants, known=known, on_plan=on_plan)


def in_time(work: Callable[[], None], seconds: float | None, record: Record) -> None:
    """Do the work of an invocation, and return when it has ended, or after some seconds.

    Args:
        work: The work.
        seconds: How long it is waited for; ``None`` for as long as it takes.
        record: Gets the error that ends it.

    Raises:
        BaseException: What is no ``Exception`` and ended the work, such as ``SystemExit``.
    """

    def run() -> None:
        try:
            work()
        except BaseException as error:
            record.error = error
        finally:
            record.is_over = True

    thread = threading.Thread(target=run, name="ecrops-job", daemon=True)
    thread.start()
    thread.join(seconds)
    if record.is_over and isinstance(record.error, BaseException) and not isinstance(record.error, Exception):
        raise record.error
