"""Making the changes of a plan: owners in parallel, the changes of one in order, and one loop for every race."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from threading import Event

from ecrops.aspect import Want
from ecrops.aws import Aws, ClientError, code_of
from ecrops.change import Change, Kind
from ecrops.engine import homes, make_plan
from ecrops.errors import ApplyError, ConflictError, DeadlineError, EcropsError, SpecError
from ecrops.plan import Plan

log = logging.getLogger(__name__)
OnChange = Callable[[Change], object]


def apply(aws: Aws, plan: Plan, on_change: OnChange | None = None) -> Plan:
    """Make the changes of a plan.

    An owner that was overtaken by somebody else is planned again from its wants, and so is what has to be looked at
    again after it was changed.

    Raises:
        ConflictError: The plan has conflicts; nothing was changed.
    """
    if plan.conflicts:
        raise ConflictError(plan.conflicts)
    if plan and plan.region != aws.region:
        raise SpecError(f"the plan is for {plan.region or 'no region'}, this registry is in {aws.region}")
    notes, run = plan.notes, _Run(aws, on_change, homes(plan.wants))
    several = len({want.key for want in plan.wants}) > 1
    for pause in _pauses(aws):
        run.carry_out(plan)
        again = run.to_look_at_again(plan.wants)
        if not again:
            break
        plan = run.plan_again(again, pause)
    else:
        run.give_up(plan)
    run.raise_failures(several)
    return Plan(tuple(run.done), notes, applied=tuple(run.done), wants=plan.wants, region=aws.region)


def _pauses(aws: Aws) -> Iterator[float]:
    """Seconds between rounds, longer and longer, with jitter, within the propagation budget.

    The first is long enough for a writer who had read before us to have written.
    """
    spent, pause = 0.0, 1.0
    yield pause
    while spent < aws.retry.propagation_budget:
        spent += pause
        pause = min(pause * random.uniform(1.3, 2), 10)
        yield pause


class _Run:
    """The rounds of one apply: what was done, what failed, and what was overtaken in the last round."""

    def __init__(self, aws: Aws, on_change: OnChange | None, elsewhere: Mapping[str, Aws]) -> None:
        self._aws = aws
        self._elsewhere = elsewhere
        self._on_change = on_change
        self._stop = Event()
        self._events: SimpleQueue[Change | tuple[str, Exception | None]] = SimpleQueue()
        self._overtaken: dict[str, Exception] = {}
        self._touched: set[str] = set()
        self.done: list[Change] = []
        self.failed: dict[str, Exception] = {}

    def carry_out(self, plan: Plan) -> None:
        """One round. Clients are made, and ``on_change`` is called, on the caller's thread."""
        self._overtaken, self._touched = {}, set()
        owners: dict[str, list[Change]] = {}
        for change in self._left_to_do(plan):
            owners.setdefault(change.owner, []).append(change)
            self._home_of(change).client(change.service)
        with self._aws.pool(len(owners)) as pool:
            for changes in owners.values():
                pool.submit(self._make_all, changes)
            try:
                self._listen(len(owners))
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _left_to_do(self, plan: Plan) -> Iterator[Change]:
        """An owner's removal is not repeated but waited for: a new owner of that name would not be ours."""
        removed = [change.owner for change in self.done if change.whole and change.kind is Kind.DELETE]
        for change in plan:
            if change.whole and change.kind is Kind.DELETE and change.owner in removed:
                self._overtaken[change.owner] = EcropsError(f"{change.owner} was deleted, and is there still or again")
            elif change.owner not in self.failed:
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
                if error and not self._was_overtaken(owner, error):
                    self.failed[owner] = error

    def _was_overtaken(self, owner: str, error: Exception) -> bool:
        if isinstance(error, _Overtaken):
            self._overtaken[owner] = error.error
        return isinstance(error, _Overtaken)

    def _make_all(self, changes: Sequence[Change]) -> None:
        owner = changes[0].owner
        try:
            for change in changes:
                if self._stop.is_set():
                    break
                self._make(change)
                self._events.put(change)
        except Exception as error:
            self._events.put((owner, error))
        else:
            self._events.put((owner, None))

    def _make(self, change: Change) -> None:
        aws = self._home_of(change)
        unseen = change.unseen if aws.made_recently(change.owner) else ()
        try:
            aws.call(
                change.service,
                change.operation,
                change.params,
                awaits=lambda error: code_of(error) in unseen or change.awaits(error),
            )
        except ClientError as error:
            if code_of(error) in (*change.races, *change.unseen):
                self._remember(change)
                raise _Overtaken(error) from error
            _explain(error, change)
            raise
        log.info("%s", change, extra={"owner": change.owner, "operation": change.operation})
        self._remember(change)

    def _home_of(self, change: Change) -> Aws:
        return self._elsewhere.get(change.owner, self._aws)

    def _remember(self, change: Change) -> None:
        if change.whole:
            aws = self._home_of(change)
            (aws.forget if change.kind is Kind.DELETE else aws.remember)(change.owner)

    def to_look_at_again(self, wants: Sequence[Want]) -> list[Want]:
        """The wants of owners that were overtaken, and those that another writer may have undone."""
        return [
            want
            for want in wants
            if want.key not in self.failed
            and (want.key in self._overtaken or (want.key in self._touched and want.aspect.look_again(want.edit)))
        ]

    def plan_again(self, wants: Sequence[Want], pause: float) -> Plan:
        """A plan for these wants, after a pause. Where that fails or finds a conflict, their owners failed."""
        try:
            self._aws.wait(pause, "what was changed could be looked at again")
            plan = make_plan(self._aws, wants)
        except Exception as error:
            self.failed |= {want.key: error for want in wants}
            return Plan()
        for owner in {conflict.owner for conflict in plan.conflicts}:
            self.failed[owner] = ConflictError(change for change in plan.conflicts if change.owner == owner)
        return plan

    def give_up(self, plan: Plan) -> None:
        """The rounds are over, and this is still missing."""
        for owner in dict.fromkeys(change.owner for change in plan if change.owner not in self.failed):
            undone = EcropsError(f"{owner}: somebody else keeps changing it back")
            self.failed[owner] = self._overtaken.get(owner, undone)

    def raise_failures(self, several: bool) -> None:
        """Raise what stopped the owners: one owner's error as it is, one error for several owners."""
        errors = list(dict.fromkeys(self.failed.values()))
        if not errors:
            return
        if all(isinstance(error, DeadlineError) for error in errors):
            raise DeadlineError(f"{errors[0]}: {len(self.failed)} not finished", self.done) from errors[0]
        if several:
            raise ApplyError(f"{len(self.failed)} could not be finished", errors, self.done)
        for change in self.done:
            errors[0].add_note(f"done before: {change}")
        raise errors[0]


class _Overtaken(Exception):
    """Somebody was faster."""

    def __init__(self, error: ClientError) -> None:
        super().__init__()
        self.error = error


def _explain(error: ClientError, change: Change) -> None:
    error.add_note(f"while making this change: {change}")
    if advice := change.advice.get(code_of(error)):
        error.add_note(advice)
