"""What a job has done so far: read by the answer, whether the job has ended or the time has.

Written by ``job`` on its thread. It decides nothing, and calls nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecrops.aws_lambda.event import Next, Options
from ecrops.base.change import Change
from ecrops.errors import DeadlineError

if TYPE_CHECKING:
    import boto3

    from ecrops.engine.plan import Plan
    from ecrops.registry import Registry


SMALLER = 10
"""What the size of a batch is divided by after an invocation that made nothing."""
MOST_IDLE = 4
"""How many invocations in a row may make nothing before the next one is the last: batches are of one spec by then."""
IDLE = (
    "the time was over, and nothing was made or finished, as in the invocations before: give the function a longer "
    "timeout or more memory, and look whether it reaches AWS"
)


@dataclass
class Record:
    """What a job has done so far.

    Args:
        options: The options of the event.
        registry: Where it works.
        fleet: The fingerprint of the fleet.
        specs: How many specs there are, once that is known.
        first: The first spec of the batch that is under way.
        size: How many specs are planned together.
        batch: How many specs are in the batch that is under way.
        plan: What the batch that is under way lacked at first, once that is known; in a dry run what all specs lack.
        applied: The changes that were made.
        begun: How many of them were made before the batch that is under way.
        settled: How many owners had failed before it.
        unmade: The changes that earlier batches lack.
        failed: The errors of owners that failed.
        unfinished: The owners that the time was over for, as far as an error names them.
        errors: The errors of no single owner: one of them ended the work.
        late: The error that says that the time was over.
        notes: The notes of what was made.
        is_over: Whether the work has ended.
    """

    options: Options
    registry: Registry | None = None
    fleet: str = ""
    specs: int = 0
    first: int = 0
    size: int = 1
    batch: int = 0
    plan: Plan | None = None
    applied: list[Change] = field(default_factory=list)
    begun: int = 0
    settled: int = 0
    unmade: list[Change] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    late: Exception | None = None
    notes: list[str] = field(default_factory=list)
    is_over: bool = False

    def snapshot(self) -> Record:
        """Return a copy that a job that goes on changes no more."""
        is_over = self.is_over  # first: what ended the job is known by then
        return replace(
            self,
            applied=list(self.applied),
            unmade=list(self.unmade),
            failed=dict(self.failed),
            unfinished=set(self.unfinished),
            errors=list(self.errors),
            notes=list(self.notes),
            is_over=is_over,
        )

    def begin(self, first: int, batch: int) -> None:
        """Begin a batch."""
        self.first, self.batch = first, batch
        self.plan, self.unfinished = None, set()
        self.begun, self.settled = len(self.applied), len(self.failed)

    def end(self, *, as_planned: bool) -> None:
        """End a batch.

        Args:
            as_planned: Whether nothing is missing: what another writer made in the meantime is not.
        """
        self.unmade += [] if as_planned else self.unmade_here
        self.begin(self.first + self.batch, 0)

    @property
    def done(self) -> bool:
        """Whether calling again makes no more."""
        return self.is_over and self.late is None

    @property
    def unmade_here(self) -> list[Change]:
        """The changes that the batch under way lacks: as many of each owner, part and operation as are missing."""
        made = Counter(map(_name, self.applied[self.begun :]))
        unmade = []
        for change in self.plan.changes if self.plan else ():
            made[_name(change)] -= 1
            if made[_name(change)] < 0:
                unmade.append(change)
        return unmade

    @property
    def left(self) -> int:
        """How many owners are left: all specs of a batch, as long as it is not known what it lacks."""
        if self.done and not self.errors:
            return 0
        if self.plan is None:
            here = self.batch
        else:
            here = len({*(change.owner for change in self.unmade_here), *self.unfinished} - self.failed.keys())
        later = self.specs - self.first - self.batch
        return here + later if self.done else max(1, here + later)

    @property
    def next(self) -> Next | None:
        """Where the next invocation begins; ``None`` if there is nothing to do for it.

        If this one finished no batch and made nothing, the next one plans fewer specs together.
        """
        if self.done:
            return None
        before = self.options.next
        failed = before.failed + self.settled
        if self.has_moved:
            return Next(self.first, self.size, failed, 0, self.fleet)
        return Next(self.first, max(1, self.size // SMALLER), failed, before.idle + 1, self.fleet)

    @property
    def has_moved(self) -> bool:
        """Whether something was made, or a batch is finished."""
        return bool(self.applied) or self.first > self.options.next.first

    def give_up(self) -> None:
        """End a job that made nothing in several invocations in a row: one more would not either."""
        if not self.done and not self.has_moved and self.options.next.idle >= MOST_IDLE:
            self.errors.append(DeadlineError(f"{IDLE}{self.reason and f': {self.reason}'}"))
            self.late, self.is_over = None, True

    @property
    def reason(self) -> str:
        """What took the time, such as throttling; empty if it is only that there was too little."""
        error: BaseException | None = self.late
        while error and error.__cause__:
            error = error.__cause__
        return "" if error is None or isinstance(error, DeadlineError) else str(error)

    @property
    def checksum(self) -> str:
        """The checksum of the plan of a dry run; empty for what was made."""
        return self.plan.checksum if self.plan and self.options.dry_run else ""

    @property
    def failed_before(self) -> int:
        """How many owners have failed before this invocation."""
        return self.options.next.failed

    @property
    def registries(self) -> None:
        """There is one."""
        return None

    @property
    def sessions(self) -> list[boto3.Session]:
        """The session that was used, whose secrets no answer has."""
        return [self.registry.aws.session] if self.registry else []

    @property
    def account(self) -> str:
        """The account, if an answer named it."""
        return self.registry.aws.known_account if self.registry else ""

    @property
    def region(self) -> str:
        """The region, if there is one."""
        return self.registry.aws.session.region_name or "" if self.registry else ""


def _name(change: Change) -> tuple[str, str, str]:
    return change.owner, change.what, change.operation


def without(changes: Iterable[Change], owners: Iterable[str]) -> Sequence[Change]:
    """Return changes without those of some owners, and without those that are made for these alone."""
    left_out = set(owners)
    return [
        change
        for change in changes
        if change.owner not in left_out and not (change.for_owners and left_out >= set(change.for_owners))
    ]
