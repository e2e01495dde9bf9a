"""Making the changes of a plan: owners in parallel, the changes of one owner in order, one loop for every race.

Called by ``engine/account``. It schedules owners and plans superseded ones again; single changes are made by
``engine/making``. It knows no aspect by name.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace

from ecrops.aws import Aws, callers
from ecrops.aws.parallel import Crew, Work
from ecrops.aws.retry import rounds
from ecrops.base.change import Change
from ecrops.base.notes import together
from ecrops.base.waits import Waited
from ecrops.engine.approval import approved_wants, beyond
from ecrops.engine.aspect import Want
from ecrops.engine.making import Maker
from ecrops.engine.outcomes import BEYOND, IMPOSSIBLE, Outcomes, Superseded
from ecrops.engine.plan import Plan
from ecrops.engine.planning import accounts, check_place, located, make_plan
from ecrops.engine.telling import Listener
from ecrops.engine.turns import NEVER, Moment
from ecrops.errors import ConflictError, EcropsError

FRESH_SECONDS = 5.0
"""How old a reading may be that an owner is written from, if it is the only one that is written."""


def apply(aws: Aws, plan: Plan, listener: Listener, *, approved: bool = False) -> Plan:
    """Make the changes of a plan.

    1. Refuse a plan that has conflicts, a plan that an apply returned, or a plan for another account or region.
    2. If the plan is approved: plan it again, and refuse what goes beyond it (``_Run.brought_up_to_date``).
    3. Make the changes, step by step; in each step all owners in parallel, each in its turn (``_Run.carry_out``).
       Read an owner again right before it is written, unless its reading is fresh (``_Run._refreshed``).
    4. Collect the wants of owners that were superseded, and of those that have to be verified (``_Run.open_wants``).
    5. If there are any: pause, plan them again (``_Run.plan_again``), and go on with 3, within the propagation budget.
    6. Raise the errors of owners that failed, or return the changes that were made.

    Args:
        aws: The account and region.
        plan: The plan.
        listener: Hears of every change that was made.
        approved: Whether somebody has approved this plan. Nothing is then taken away, overwritten or added that the
            plan did not show.

    Raises:
        ConflictError: The plan has conflicts, or goes beyond what was approved; nothing was changed.
        SpecError: The plan was made for another account or region, or an apply returned it.
    """
    if plan.conflicts:
        raise ConflictError(plan.conflicts)
    check_place(aws, plan, approved=approved)
    notes, wants = plan.notes, approved_wants(plan) if approved else list(plan.wants)
    run = _Run(aws, listener, wants, plan if approved else None)
    several = len({want.for_owner or want.key for want in plan.wants}) > 1
    try:
        if approved:
            plan = run.brought_up_to_date(plan, wants)
        run.make_rounds(plan, rounds(aws.retry))
        run.outcomes.add_refusals(run.refusals)
        failure = run.outcomes.failure(run.applied, several, run.unanswered.values())
        if failure is None:
            listener.end()
    except BaseException as error:  # Ctrl-C, or an error of on_change or on_wait
        run.outcomes.end_with(error, tuple(run.applied), tuple(run.unanswered.values()), listener.settle)
        raise
    if failure:
        raise failure
    applied, notes = tuple(run.applied), together((*notes, *run.notes))
    made = Plan(applied, notes, applied=applied, wants=tuple(wants), region=aws.region, account=aws.known_account)
    return replace(located(made, aws), wants=())


class _Run:
    """The rounds of one apply.

    Attributes:
        applied: The changes that were made, in order: workers put them there as soon as a call is answered.
        unanswered: Changes that may have been made, by owner: their call is under way, or its answer was lost.
        notes: The notes of plans that were made on the way.
        refusals: What was made and does not work.
        outcomes: How each owner ended.
    """

    def __init__(self, aws: Aws, listener: Listener, wants: Sequence[Want], approved: Plan | None) -> None:
        self._aws = aws.stoppable()
        elsewhere = {key: account.bound_to(self._aws) for key, account in accounts(wants).items()}
        self._maker = Maker(self._aws, elsewhere, wants, approved=approved is not None)
        self._approved, self._listener = approved, listener
        self._events = callers.Inbox()
        self._touched: set[str] = set()
        self._unfinished: set[str] = set()
        self._read_at = NEVER
        self._seen: dict[str, Moment] = {}
        self._is_alone, self._waited = False, Waited()
        self.applied: list[Change] = []
        self.unanswered: dict[str, Change] = {}
        self.notes, self.refusals = self._maker.notes, self._maker.refusals
        self.outcomes = Outcomes()

    def make_rounds(self, plan: Plan, pauses: Iterable[float]) -> None:
        """Make the changes, and plan again what is still missing, until nothing is or the pauses are over."""
        for pause in pauses:
            self.carry_out(plan)
            wants = self.open_wants(plan.wants)
            if not wants:
                return
            plan = self.plan_again(wants, pause)
        self.give_up(plan)

    def carry_out(self, plan: Plan) -> None:
        """Make the changes of one round. Clients are made, and the listener hears, on the caller's thread."""
        self._touched, self._unfinished = set(), set()
        self._maker.begin_round()
        self._read_at, self._seen = plan.read_at, {}
        self.outcomes.begin(plan)
        steps: dict[int, dict[str, list[Change]]] = {}
        self._is_alone = len({change.owner for change in plan}) == 1
        self._listener.begin(len(self.applied), len(changes := list(self._open_changes(plan))))
        for change in changes:
            steps.setdefault(change.step, {}).setdefault(change.owner, []).append(change)
            self._maker.account_of(change).client(change.service, len(plan))
        for step in sorted(steps):
            self._carry_out(list(steps[step].values()))

    def _carry_out(self, step: Sequence[Sequence[Change]]) -> None:
        ready = [changes for changes in step if not self.outcomes.skips(changes[0].owner)]

        def listen(workers: Sequence[Future[None]]) -> None:
            if self._listener.is_deaf and not self._aws.on_wait:
                wait(workers)  # the caller's thread need not wake up for each change
            self._listen(len(ready))

        Crew(min(self._aws.workers, len(ready)), self._make_each, ready, self._aws.stop).run(listen)

    def _open_changes(self, plan: Plan) -> Iterator[Change]:
        """Yield the changes of owners that have not failed.

        The removal of an owner is not repeated but waited for. A new owner of that name is not ours: it stays.
        """
        removed = self._maker.removed
        for change in plan:
            if change.removes_owner and change.owner in removed:
                exists = EcropsError(f"{change.owner} was deleted, and is there still or again")
                is_new = change.identity != removed[change.owner]
                self.outcomes.record(change.owner, exists if is_new else Superseded(exists))
            elif change.owner not in self.outcomes.failed:
                yield change

    def _listen(self, owners: int) -> None:
        """Take the events of workers until so many owners have ended."""
        while owners:
            event = self._events.get()
            if isinstance(event, Change):
                if not event.refuses_existing:  # nobody read it before that, and can undo an edit unseen
                    self._touched.add(event.owner)
                self._listener.hear(self.applied)
            elif isinstance(event, tuple):
                owners -= 1
                self.outcomes.record(*event)
            else:
                callers.run(event)

    def _make_each(self, work: Work[Sequence[Change]]) -> None:
        callers.work_for(self._events)
        for changes in work:
            self._make_all(changes)

    def _make_all(self, changes: Sequence[Change]) -> None:
        """Make the changes of one owner, on a worker, in the owner's turn."""
        owner, made = changes[0].owner, list[Change]()

        def on_made(change: Change) -> None:
            made.append(change)
            self.applied.append(change)  # before it is told: Ctrl-C may end the telling, and loses no change
            self.unanswered.pop(owner, None)
            self._events.put(change)

        try:
            with self._maker.turn(changes[0]):
                try:
                    remaining = self._refreshed(changes)
                    while remaining:
                        self.unanswered[owner] = remaining[0]
                        self._maker.make(remaining[0], on_made)
                        remaining = remaining[1:]
                        if remaining and self._maker.has_waited(owner):
                            remaining = self._refreshed(remaining)
                finally:
                    self._maker.record(made)
                    self._seen[owner] = self._maker.moment
        except BaseException as error:
            if isinstance(error, Superseded) or not self._maker.lost.get(owner):
                self.unanswered.pop(owner, None)
            self._events.put((owner, error))
        else:
            self._events.put((owner, None))

    def _refreshed(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Return the changes of an owner from a fresh reading.

        Raises:
            ConflictError: They cannot be made, or go beyond the approved plan.
            Superseded: A guard has to judge them again.
        """
        if self._is_alone and self._is_fresh(changes[0]):
            return changes
        plan = self._maker.refreshed(changes, self.outcomes.failed)
        if plan is None:
            return changes
        self.notes += plan.notes
        if plan.conflicts:
            raise ConflictError(plan.conflicts, IMPOSSIBLE)
        if self._approved is not None and (refused := beyond(self._approved, plan.changes)):
            raise ConflictError(refused, BEYOND)
        if any(change.step != changes[0].step for change in plan):
            self._unfinished.add(changes[0].owner)  # it is planned again: its other steps may lack these changes
        return [change for change in plan if change.step == changes[0].step]

    def _is_fresh(self, change: Change) -> bool:
        """Whether the last reading of an owner is fresh, or what this worker has made of the owner since.

        It is a few seconds old at most, no call was prepared or has waited for its next attempt since, and no other
        thread has written the owner.
        """
        since = max(self._read_at, self._seen.get(change.owner, NEVER))
        is_recent = since.time > time.monotonic() - FRESH_SECONDS and change.owner not in self._maker.prepared
        return (
            is_recent and not self._maker.has_waited(change.owner) and not self._maker.is_written_since(since, change)
        )

    def open_wants(self, wants: Sequence[Want]) -> list[Want]:
        """Return the wants of owners that were superseded, and those that another writer may have undone."""
        failed = self.outcomes.failed.keys()
        open_goals = {(want.aspect, want.key) for want in wants if self._is_open(want)}
        return [
            want for want in wants if (want.aspect, want.key) in open_goals and not {want.key, want.for_owner} & failed
        ]

    def _is_open(self, want: Want) -> bool:
        """Whether a want is planned again. If one edit of a goal is, all are: they make one value together."""
        again = (self.outcomes.superseded, self._unfinished, self._maker.uncertain, self._maker.doubted)
        is_planned_again = any(want.key in owners for owners in again)
        written = want.key in self._touched or want.for_owner in self._touched
        return is_planned_again or (written and want.aspect.verify(want.edit))

    def brought_up_to_date(self, approved: Plan, wants: Sequence[Want]) -> Plan:
        """Plan the wants of an approved plan again: other writers may have written since it was made.

        New repositories are not read: their creation is refused if they exist.

        Raises:
            ConflictError: It cannot be made any more, or goes beyond what was approved. Nothing was changed.
        """
        new = {change.owner for change in approved if change.refuses_existing}
        plan = self._plan([want for want in wants if want.key not in new])
        self.notes += plan.notes
        if plan.conflicts:
            raise ConflictError(plan.conflicts, IMPOSSIBLE)
        if refused := beyond(approved, plan.changes):
            raise ConflictError(refused, BEYOND)
        changes = [*(change for change in approved if change.owner in new), *plan]
        return replace(plan, changes=tuple(sorted(changes, key=lambda change: change.step)), wants=tuple(wants))

    def plan_again(self, wants: Sequence[Want], pause: float) -> Plan:
        """Plan some wants again, after a pause. An owner whose planning fails, or finds a conflict, has failed."""
        try:
            self._waited.owner, reason = self.outcomes.reason(wants, self._maker.removed)
            self._aws.pause(pause, "what was changed could be verified", reason, self._waited)
        except Exception as error:
            for want in wants:
                self.outcomes.record(want.key, error)
            return Plan()
        return self._check(self._plan(wants))

    def _check(self, plan: Plan) -> Plan:
        """Refuse the changes of a new plan that cannot be made, or go beyond what was approved (``beyond``)."""
        self.notes += plan.notes
        if self._approved is not None:
            self.outcomes.refuse(beyond(self._approved, plan.changes), BEYOND)
        self.outcomes.refuse(plan.conflicts, IMPOSSIBLE)
        doubted = [change for change in plan if change.owner in self._maker.doubted]
        self.outcomes.refuse_unkept(doubted, None if self._approved else self.applied)
        return plan

    def _plan(self, wants: Sequence[Want]) -> Plan:
        """Plan all of the wants at once. An owner that cannot be planned has failed, and stops no other."""
        return make_plan(self._aws, wants, on_error=self.outcomes.record)

    def give_up(self, plan: Plan) -> None:
        """Record that the rounds are over, and that this plan is still missing."""
        owners = dict.fromkeys(change.owner for change in plan if change.owner not in self.outcomes.failed)
        self.outcomes.give_up(owners, self._waited.seconds)
