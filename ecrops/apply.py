"""Making the changes of a plan: owners in parallel, the changes of one in order, and one loop for every race."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue

from ecrops.aspect import Want
from ecrops.aws import LOST, Aws, ClientError, code_of
from ecrops.change import Change, Kind
from ecrops.engine import homes, make_plan
from ecrops.errors import ConflictError, EcropsError, SpecError
from ecrops.fates import Fates, Overtaken
from ecrops.plan import Plan

log = logging.getLogger(__name__)
UNSAID = "in the meantime it was changed, and the plan did not say this: plan again"
OnChange = Callable[[Change], object]


def apply(aws: Aws, plan: Plan, on_change: OnChange | None = None, *, bound: bool = False) -> Plan:
    """Make the changes of a plan.

    An owner that was overtaken by somebody else is planned again from its wants, and so is what has to be looked at
    again after it was changed.

    Args:
        aws: Where.
        plan: What.
        on_change: Called with every change that was made.
        bound: Somebody has approved this plan: planning again may not delete, nor make a new owner, beyond it.

    Raises:
        ConflictError: The plan has conflicts; nothing was changed.
        SpecError: The plan was made for another account or region, or was applied before.
    """
    if on_change is not None and not callable(on_change):
        raise SpecError(f"on_change: expected a function of a change, got {on_change!r}")
    if plan.conflicts:
        raise ConflictError(plan.conflicts)
    _check_place(aws, plan)
    notes, run = plan.notes, _Run(aws, on_change, plan.wants, approved=plan if bound else None)
    several = len({want.serves or want.key for want in plan.wants}) > 1
    if bound:
        plan = run.bring_up_to_date(plan)
    for pause in _pauses(aws):
        run.carry_out(plan)
        again = run.to_look_at_again(plan.wants)
        if not again:
            break
        plan = run.plan_again(again, pause)
    else:
        run.give_up(plan)
    run.raise_failures(several)
    notes = tuple(dict.fromkeys((*notes, *run.notes)))
    return Plan(tuple(run.done), notes, applied=tuple(run.done), region=aws.region, account=aws.known_account)


def _check_place(aws: Aws, plan: Plan) -> None:
    if plan.applied:
        raise SpecError("the plan was applied before: plan again")
    if plan and plan.region != aws.region:
        raise SpecError(f"the plan is for {plan.region or 'no region'}, this registry is in {aws.region}")
    if plan.account and plan.account != aws.account_id:
        raise SpecError(f"the plan is for the account {plan.account}, this registry is of {aws.account_id}")


def _pauses(aws: Aws) -> Iterator[float]:
    """Seconds between rounds, longer and longer, with jitter, within the propagation budget.

    The first is long enough for a writer who had read before us to have written.
    """
    spent = pause = 1.0
    yield pause
    while (left := aws.retry.propagation_budget - spent) > 0:
        pause = min(pause * random.uniform(1.3, 2), 10, left)
        spent += pause
        yield pause


class _Run:
    """The rounds of one apply: what was done, what failed, and what was overtaken in the last round."""

    def __init__(self, aws: Aws, on_change: OnChange | None, wants: Sequence[Want], approved: Plan | None) -> None:
        self._aws = aws.stoppable()
        self._wants = wants
        self._elsewhere = {key: home.stoppable() for key, home in homes(wants).items()}
        self._approved = approved
        self._on_change = on_change
        self._events: SimpleQueue[Change | tuple[str, BaseException | None]] = SimpleQueue()
        self._removed: set[str] = set()
        self._touched: set[str] = set()
        self._waited = 0.0
        self.notes: list[str] = []
        self.done: list[Change] = []
        self.fates = Fates()

    def carry_out(self, plan: Plan) -> None:
        """One round. Clients are made, and ``on_change`` is called, on the caller's thread."""
        self._touched = set()
        self.fates.begin(plan)
        steps: dict[int, dict[str, list[Change]]] = {}
        for change in self._left_to_do(plan):
            steps.setdefault(change.step, {}).setdefault(change.owner, []).append(change)
            self._home_of(change).client(change.service)
        for step in sorted(steps):
            self._carry_out(list(steps[step].values()))

    def _carry_out(self, ready: Sequence[Sequence[Change]]) -> None:
        ready = [changes for changes in ready if not self.fates.hold_back(changes[0].owner)]
        with self._aws.pool(len(ready)) as pool:
            for changes in ready:
                pool.submit(self._make_all, changes)
            try:
                self._listen(len(ready))
            except BaseException:
                for aws in (self._aws, *self._elsewhere.values()):
                    aws.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _left_to_do(self, plan: Plan) -> Iterator[Change]:
        """An owner's removal is not repeated but waited for: a new owner of that name would not be ours."""
        for change in plan:
            if change.removes and change.owner in self._removed:
                there = EcropsError(f"{change.owner} was deleted, and is there still or again")
                self.fates.end(change.owner, Overtaken(there))
            elif change.owner not in self.fates.failed:
                yield change

    def _listen(self, owners: int) -> None:
        while owners:
            event = self._events.get()
            if isinstance(event, Change):
                self.done.append(event)
                self._touched.add(event.owner)
                if self._on_change:
                    self._on_change(event)
            else:
                owners -= 1
                owner, error = event
                self.fates.end(owner, error)

    def _make_all(self, changes: Sequence[Change]) -> None:
        owner = changes[0].owner
        try:
            for change in changes:
                self._make(change)
        except BaseException as error:
            self._events.put((owner, error))
        else:
            self._events.put((owner, None))

    def _make(self, change: Change) -> None:
        lost: list[bool] = []
        try:
            self._call(change, lambda: lost.append(True))
        except (ClientError, *LOST) as error:
            if change.awaits(error):
                _explain(error, change)
            elif not self._is_race(change, error):
                _explain(error, change)
                raise
            if change.whole and lost:  # it was our own call that took effect
                self._events.put(change)
            raise Overtaken(error) from error
        self._remember(change)
        self._events.put(change)
        log.info("%s", change, extra={"owner": change.owner, "operation": change.operation})

    def _call(self, change: Change, on_lost: Callable[[], object]) -> None:
        aws = self._home_of(change)
        if change.derived:
            self._call_derived(aws, change)
            return
        awaits = change.unseen if aws.made_recently(change.owner) else ()
        aws.call(change.service, change.operation, change.params, awaits=awaits, on_lost=on_lost)

    def _call_derived(self, aws: Aws, change: Change) -> None:
        """Once more only after a look: what the change was derived from may have been changed during the wait.

        Where an answer was lost, and nothing of the kind is left to do, it was our own call that took effect.
        """
        wants = [want for want in self._wants if want.key == change.owner]
        failed: list[Exception] = []

        def attempt() -> None:
            if failed:
                left = [each for each in make_plan(self._aws, wants) if each.call == change.call]
                if not left and isinstance(failed[-1], LOST):
                    return
                if change.params not in [each.params for each in left]:
                    raise Overtaken(failed[-1])
            try:
                aws.once(change.service, change.operation, change.params)
            except Exception as error:
                failed.append(error)
                raise

        aws.persist(attempt, f"{change.service}:{change.operation}")

    def _is_race(self, change: Change, error: Exception) -> bool:
        races = code_of(error) in (*change.races, *change.unseen)
        if races:
            self._remember(change)
        return races

    def _home_of(self, change: Change) -> Aws:
        return self._elsewhere.get(change.owner, self._aws)

    def _remember(self, change: Change) -> None:
        if change.removes:
            self._removed.add(change.owner)
            self._home_of(change).forget(change.owner)
        elif change.whole:
            self._home_of(change).remember(change.owner)

    def to_look_at_again(self, wants: Sequence[Want]) -> list[Want]:
        """The wants of owners that were overtaken, and those that another writer may have undone."""
        return [
            want for want in wants if not {want.key, want.serves} & self.fates.failed.keys() and self._is_open(want)
        ]

    def _is_open(self, want: Want) -> bool:
        written = want.key in self._touched or want.serves in self._touched
        return want.key in self.fates.overtaken or (written and want.aspect.look_again(want.edit))

    def bring_up_to_date(self, plan: Plan) -> Plan:
        """The plan, with what was derived from reads derived anew: somebody may have written since it was made."""
        stale = {change.owner for change in plan if change.derived or change.overwrites}
        if not stale:
            return plan
        fresh = self._planned([want for want in plan.wants if want.key in stale])
        said = {(each.owner, each.what, each.before) for each in plan}
        gone = [each for each in fresh if each.kind is Kind.DELETE]
        grown = [each for each in gone if (each.owner, each.what, each.before) not in said]
        self.fates.refuse(grown, UNSAID)
        fresh = self._checked(fresh)
        changes = [*(change for change in plan if change.owner not in stale), *fresh]
        return replace(plan, changes=tuple(sorted(changes, key=lambda change: change.step)))

    def plan_again(self, wants: Sequence[Want], pause: float) -> Plan:
        """A plan for these wants, after a pause. Where that fails or finds a conflict, their owners failed."""
        try:
            self._aws.pause(pause, "what was changed could be looked at again")
            self._waited += pause
            plan = self._planned(wants)
        except Exception as error:
            for want in wants:
                self.fates.end(want.key, error)
            return Plan()
        return self._checked(plan)

    def _checked(self, plan: Plan) -> Plan:
        """A plan that was made anew: what cannot be now, or goes beyond what was approved, is refused."""
        self.notes += plan.notes
        self.fates.refuse(plan.conflicts, "in the meantime it was made otherwise, and this cannot be")
        if self._approved is not None:
            said = {(change.owner, change.what) for change in self._approved if _is_grave(change)}
            unsaid = [change for change in plan if _is_grave(change) and (change.owner, change.what) not in said]
            self.fates.refuse(unsaid, UNSAID)
        return plan

    def _planned(self, wants: Sequence[Want]) -> Plan:
        """All of the wants at once; where that fails, owner by owner, so that one does not stop the others."""
        try:
            return make_plan(self._aws, wants)
        except Exception as error:
            keys = dict.fromkeys(want.key for want in wants)
            if len(keys) == 1:
                self.fates.end(next(iter(keys)), error)
                return Plan()
        plans = [self._planned([want for want in wants if want.key == key]) for key in keys]
        changes = tuple(change for plan in plans for change in plan.changes)
        return Plan(changes, tuple(note for plan in plans for note in plan.notes), wants=tuple(wants))

    def give_up(self, plan: Plan) -> None:
        """The rounds are over, and this is still missing."""
        left = dict.fromkeys(change.owner for change in plan if change.owner not in self.fates.failed)
        self.fates.give_up(left, self._waited)

    def raise_failures(self, several: bool) -> None:
        """Raise what stopped the owners."""
        self.fates.raise_failures(self.done, several)


def _is_grave(change: Change) -> bool:
    return change.kind is Kind.DELETE or change.whole


def _explain(error: Exception, change: Change) -> None:
    error.add_note(f"while making this change: {change}")
    if advice := change.advice.get(code_of(error)):
        error.add_note(advice)
