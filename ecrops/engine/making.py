"""Making one change: the call, its retries, and what an error says about other writers.

Called by ``engine/apply`` on the worker of the change's owner. It knows one change at a time: it neither orders
changes nor decides what happens to an owner that was superseded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from ecrops.aws import LOST, Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Partly
from ecrops.base.waits import Waited
from ecrops.engine import comparing
from ecrops.engine.aspect import Want, name_of, rederived
from ecrops.engine.outcomes import Superseded, explain
from ecrops.engine.plan import Plan
from ecrops.engine.planning import make_plan
from ecrops.engine.turns import CHECKED_EVERY, TURNS, Moment, Place, place_of
from ecrops.errors import EcropsError

log = logging.getLogger(__name__)
MOST_READINGS = 3
NOT_MADE = Partly(None)


class Maker:
    """Makes changes, each in the account of its owner.

    Args:
        aws: The registry's account.
        elsewhere: The accounts of owners that are not in it.
        wants: What the plan was made from, to derive a change again after a wait.
        approved: Whether somebody approved the plan. Values that are written whole are then read again too.

    Attributes:
        removed: The owners that were removed in this apply, with their identities.
        notes: What the user must know about the calls that were made.
        refusals: What was made and does not work, as the service says: the owners, and why.
        lost: The times at which answers to the last change of each owner were lost.
        doubted: The owners of which an answer of this round lacked what was sent.
        uncertain: The owners of this round that are gone, or lack something else, as a later reading says.
    """

    def __init__(self, aws: Aws, elsewhere: Mapping[str, Aws], wants: Sequence[Want], *, approved: bool) -> None:
        self._aws = aws
        self._elsewhere = elsewhere
        self._approved = approved
        self._guarded: set[tuple[str, str]] = set()
        self._wants: dict[str, list[Want]] = {}
        for want in wants:
            edit = rederived(want.edit)
            self._wants.setdefault(want.key, []).append(want._replace(edit=edit))
            if edit is not want.edit:
                self._guarded.add((want.key, name_of(want.aspect)))
        self._owners: dict[str, Aws] = {}
        self._failures: dict[str, int] = {}
        self._later: dict[str, tuple[Sequence[Change], Change]] = {}
        self.removed: dict[str, str] = {}
        self.begin_round()
        self.notes: list[str] = []
        self.refusals: list[tuple[str, Exception]] = []
        self._partly: dict[str, Partly] = {}
        self.lost: dict[str, list[float]] = {}
        self._held = TURNS.held

    def begin_round(self) -> None:
        """Forget what was doubted, uncertain and prepared in the round before."""
        self.doubted, self.uncertain, self.prepared = set[str](), set[str](), set[str]()

    def account_of(self, change: Change) -> Aws:
        """Return the account that a change is made in, with the budgets of its owner."""
        here, elsewhere = self._budgeted(change.owner), self._elsewhere.get(change.owner)
        return elsewhere.bound_to(here) if elsewhere else here

    def _budgeted(self, owner: str) -> Aws:
        """Return the registry's account for the calls of one owner: their failed attempts count together."""
        if owner not in self._owners:
            self._owners[owner] = self._aws.for_owner(owner)
        return self._owners[owner]

    def is_derived(self, change: Change) -> bool:
        """Whether a change depends on a reading: it edits one, or somebody approved what it overwrites.

        The creation of a repository does not: AWS refuses it if the repository exists.
        """
        return change.races.derived or (self._approved and not change.refuses_existing)

    def turn(self, change: Change) -> AbstractContextManager[None]:
        """Return the turn of an owner: no other thread of this process writes it meanwhile."""
        wait = partial(self.account_of(change).waits_on_thread, CHECKED_EVERY, Waited(change.owner))
        return TURNS.of(self.place_of(change), wait, self._held)

    @property
    def moment(self) -> Moment:
        """This moment."""
        return TURNS.now

    def is_written_since(self, moment: Moment, change: Change) -> bool:
        """Whether another thread of this process wrote the owner of a change after a moment."""
        return TURNS.is_written_since(self.place_of(change), moment)

    def has_waited(self, owner: str) -> bool:
        """Whether a call for an owner waited for its next attempt since the owner was ``refreshed``."""
        return self._budgeted(owner).failures != self._failures.get(owner, 0)

    def _plan(self, owner: str, wants: Sequence[Want]) -> Plan:
        """Plan an owner from values of one moment: they are read again if a call waited for its next attempt.

        That holds for a single reading too: it may be several calls. Something that is waited for again and again, such
        as a repository that is gone, limits how often.
        """
        aws = self._budgeted(owner)
        for _ in range(MOST_READINGS):
            failures = aws.failures
            plan = make_plan(aws, wants)
            if aws.failures == failures:
                break
        return plan

    def place_of(self, change: Change) -> Place:
        """Return where the owner of a change is."""
        return place_of(self.account_of(change), change.service, change.owner)

    def record(self, changes: Sequence[Change]) -> None:
        """Record the changes that were made of one owner: a reading that lacks them is an older one."""
        owner = changes[0].owner if changes else ""
        if owner in self._later and comparing.are_unmade(*self._later.pop(owner), changes):
            self.uncertain.add(owner)
        for aspect in dict.fromkeys(change.aspect for change in changes):
            made = [change for change in changes if change.aspect == aspect]
            edits = [want.edit for want in self._wants_of(made)]
            TURNS.record(self.place_of(made[0]), aspect, edits, frozenset().union(*(change.parts for change in made)))

    def refreshed(self, changes: Sequence[Change], failed: Collection[str]) -> Plan | None:
        """Read an owner again right before it is written, and derive its edits from that reading.

        Other owners were written since the plan read this one: another writer may have changed it. A repository that
        this very run is about to make needs no second reading: its creation tells that it has no parts.

        Args:
            changes: The planned changes of one owner in one step.
            failed: Owners that failed before: what is only wanted for them is not derived.

        Returns:
            The plan to make in their place; ``None`` if the planned changes are to be made as they are.

        Raises:
            Superseded: The owner does not exist any more.
        """
        derived = [change for change in changes if self.is_derived(change)]
        if changes[0].refuses_existing or not derived:
            return None
        wants = [want for want in self._wants_of(derived) if want.for_owner not in failed]
        try:
            plan = self._plan(changes[0].owner, wants)
        except ClientError as error:
            if any(code_of(error) in (*change.races.superseded, *change.races.not_yet_visible) for change in derived):
                raise Superseded(error) from error
            raise
        self._failures[changes[0].owner] = self._budgeted(changes[0].owner).failures
        planned = tuple(comparing.as_planned(change, derived) for change in plan)
        if not self._approved and not set(map(id, planned)) <= set(map(id, derived)) and self._is_guarded(derived):
            raise Superseded(EcropsError(f"{changes[0].owner} was changed by another writer: a guard judges it again"))
        unchanged = tuple(change for change in changes if change not in derived)
        return replace(plan, changes=unchanged + planned)

    def _is_guarded(self, changes: Collection[Change]) -> bool:
        """Whether changes of one owner were judged when they were planned, and are not when they are derived again."""
        return any((change.owner, change.aspect) in self._guarded for change in changes)

    def _wants_of(self, changes: Collection[Change]) -> list[Want]:
        """Return the wants that changes of one owner were derived from."""
        aspects = {change.aspect for change in changes}
        return [want for want in self._wants.get(next(iter(changes)).owner, ()) if name_of(want.aspect) in aspects]

    def make(self, change: Change, on_made: Callable[[Change], object]) -> None:
        """Make a change.

        Args:
            change: The change.
            on_made: Called once the change took effect, even if an error is raised afterwards.

        Raises:
            Superseded: Another writer was faster, or something that the call names is not visible yet.
            ClientError: botocore's own error, with notes.
        """
        self.lost[change.owner], begun = (lost := []), time.time()
        self._partly.pop(change.owner, None)
        try:
            self._call(change, lambda: lost.append(time.time()))
        except (ClientError, *LOST) as error:
            races, code = change.races, code_of(error)
            if made := self._partly.get(change.owner, NOT_MADE).made:
                on_made(made)
            if code not in races.done and not (races.is_made and races.is_made(self.account_of(change), error)):
                if not races.awaits(error) and code in (*races.superseded, *races.not_yet_visible):
                    self._remember(change)
                else:
                    explain(error, change)
                    if not races.awaits(error):
                        raise
                if change.makes_owner and lost and self._is_ours(change, begun, lost[-1]):
                    on_made(change)
                raise Superseded(error) from error
        self._remember(change)
        made, why_not_all = self._partly.get(change.owner, Partly(change))
        if made:
            on_made(made)
            log.info("%s", made, extra={"owner": change.owner, "operation": change.operation})
        self.refusals += [(change.owner, why_not_all)] if why_not_all else []
        self._confirm(change)

    def _confirm(self, change: Change) -> None:
        """Ask the service whether what was made works. If not, the owner fails in the end, and what follows is made."""
        if change.call and change.call.confirm:
            try:
                change.call.confirm(self.account_of(change))
            except (EcropsError, ClientError, *LOST) as error:
                self.refusals.append((change.owner, error))

    def _is_ours(self, change: Change, begun: float, lost: float) -> bool:
        """Whether our own call, whose answer was lost, made an owner. If that is not certain, a note says so."""
        is_made_between = change.races.is_made_between
        if is_made_between is None or is_made_between(self.account_of(change), begun, lost):
            return True
        self.notes.append(comparing.made_by_another(change))
        return False

    def _call(self, change: Change, on_lost: Callable[[], object]) -> None:
        assert change.call is not None  # a conflict is never made
        aws = self.account_of(change)
        if change.call.prepare:
            self.prepared.add(change.owner)  # that may take hours, as the layers of an image do
            change.call.prepare(aws)
        if self.is_derived(change):
            self._call_derived(aws, change, change.call, on_lost)
            return
        awaits = change.races.not_yet_visible if change.owner in aws.made else ()
        self._look_at(change, aws.call(change.service, change.operation, change.params, awaits=awaits, on_lost=on_lost))

    def _look_at(self, change: Change, answer: Mapping[str, object]) -> None:
        """Raise the error in an answer. Doubt a change if its answer lacks what was sent: its owner is read again."""
        if change.call and change.call.partly:
            self._partly[change.owner] = change.call.partly(change, answer)
        if change.call and change.call.refusal and (error := change.call.refusal(answer)):
            raise error
        if change.call and not change.call.is_kept(answer):
            self.doubted.add(change.owner)

    def _call_derived(self, aws: Aws, change: Change, call: Call, on_lost: Callable[[], object]) -> None:
        """Make a derived change. Before it is repeated, its owner is read and planned again.

        If what a lost call removes is gone then, it took effect: what somebody made since stays, and a note says so.
        """
        wants = self._wants_of([change])
        errors: list[Exception] = []

        def attempt() -> None:
            if errors:
                later = self._plan(change.owner, wants).changes
                self._later[change.owner] = later, change
                same = [other for other in later if comparing.is_same_step(other, change)]
                if isinstance(errors[-1], LOST) and not any(
                    comparing.is_still_missing(change, other) for other in later
                ):
                    self._presume(change, is_different=bool(same))
                    return
                if not any(comparing.is_no_more(other, change) for other in same):
                    raise Superseded(errors[-1])
            try:
                self._look_at(change, aws.once(call.service, call.operation, call.params))
            except Exception as error:
                errors.append(error)
                if isinstance(error, LOST):
                    on_lost()
                raise

        awaits = change.races.not_yet_visible if change.owner in aws.made else ()
        aws.persist(attempt, f"{call.service}:{call.operation}", awaits)

    def _presume(self, change: Change, *, is_different: bool) -> None:
        """Take a removal whose answer was lost as made, though something else may have come in its place."""
        if change.removes_owner:
            self.uncertain.add(change.owner)
        elif is_different:
            self.notes.append(comparing.changed_since(change))

    def _remember(self, change: Change) -> None:
        """Note that an owner was made or removed just now: not every part of AWS sees it yet."""
        if change.removes_owner:
            self.removed[change.owner] = change.identity
            self.account_of(change).made.discard(change.owner)
        elif change.makes_owner:
            self.account_of(change).made.add(change.owner)
