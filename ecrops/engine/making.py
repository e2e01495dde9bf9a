"""Making one change: the call, its retries, and what an error says about other writers.

Called by ``engine/apply`` on the worker of the change's owner. It knows one change at a time: it neither orders
changes nor decides what happens to an owner that was superseded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from ecrops.aws import LOST, Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind
from ecrops.engine.aspect import Want
from ecrops.engine.outcomes import Superseded
from ecrops.engine.plan import Plan
from ecrops.engine.planning import make_plan
from ecrops.text import printable

log = logging.getLogger(__name__)
STOPPED = "while making this change"


class Maker:
    """Makes changes, each in the account of its owner.

    Args:
        aws: The registry's account.
        elsewhere: The accounts of owners that are not in it.
        wants: What the plan was made from, to derive a change again after a wait.

    Attributes:
        removed: The owners that were removed in this apply, with their identities.
    """

    def __init__(self, aws: Aws, elsewhere: Mapping[str, Aws], wants: Sequence[Want]) -> None:
        self._aws = aws
        self._elsewhere = elsewhere
        self._wants: dict[str, list[Want]] = {}
        for want in wants:
            self._wants.setdefault(want.key, []).append(want)
        self.removed: dict[str, str] = {}

    def account_of(self, change: Change) -> Aws:
        """Return the account that a change is made in."""
        return self._elsewhere.get(change.owner, self._aws)

    def stop(self) -> None:
        """Begin no call and no wait any more, in any account."""
        for aws in (self._aws, *self._elsewhere.values()):
            aws.stop()

    def refreshed(self, changes: Sequence[Change], failed: Collection[str]) -> Plan | None:
        """Read an owner again right before it is written, and derive its edits from that reading.

        Other owners were written, and perhaps waited for, since the plan read this one: another writer may have changed
        it. Values that are written whole (settings, tags) need no second reading. A repository that this very run is
        about to make needs none either: its creation tells that it has no parts.

        Args:
            changes: The planned changes of one owner in one step.
            failed: Owners that failed before: what is only wanted for them is not derived.

        Returns:
            The changes to make in their place; ``None`` if the planned ones are to be made as they are.
        """
        first = changes[0]
        is_new = first.makes_owner and first.kind is Kind.CREATE
        owner_wants = [want for want in self._wants.get(first.owner, ()) if want.for_owner not in failed]
        derived = {want.aspect for want in owner_wants if want.aspect.verify(want.edit)}
        wants = [want for want in owner_wants if want.aspect in derived]
        if is_new or not wants or not any(change.races.derived for change in changes):
            return None
        plan = make_plan(self._aws, wants)
        unchanged = [change for change in changes if not change.races.derived]
        fresh = [change for change in plan if change.step == first.step]
        return replace(plan, changes=(*unchanged, *fresh))

    def make(self, change: Change, on_made: Callable[[Change], object]) -> None:
        """Make a change.

        Args:
            change: The change.
            on_made: Called once the change took effect, even if an error is raised afterwards.

        Raises:
            Superseded: Another writer was faster, or something that the call names is not visible yet.
            ClientError: botocore's own error, with notes.
        """
        answers_lost: list[bool] = []
        try:
            self._call(change, lambda: answers_lost.append(True))
        except (ClientError, *LOST) as error:
            if change.races.awaits(error):
                _explain(error, change)
            elif not self._is_superseded(change, error):
                _explain(error, change)
                raise
            if change.makes_owner and answers_lost:  # our own call, whose answer was lost, took effect
                on_made(change)
            raise Superseded(error) from error
        self._remember(change)
        on_made(change)
        log.info("%s", change, extra={"owner": change.owner, "operation": change.operation})

    def _call(self, change: Change, on_lost: Callable[[], object]) -> None:
        assert change.call is not None  # a conflict is never made
        aws = self.account_of(change)
        if change.races.derived:
            self._call_derived(aws, change, change.call, on_lost)
            return
        awaits = change.races.not_yet_visible if aws.made_recently(change.owner) else ()
        aws.call(change.service, change.operation, change.params, awaits=awaits, on_lost=on_lost)

    def _call_derived(self, aws: Aws, change: Change, call: Call, on_lost: Callable[[], object]) -> None:
        """Make a derived change. Before it is repeated, its owner is read and planned again.

        Another writer may have changed the owner during the wait. If an answer was lost and planning again finds
        nothing of the kind to do for this very owner, the lost call took effect: an owner that somebody made anew
        under the same name is not removed.
        """
        wants = self._wants[change.owner]
        errors: list[Exception] = []

        def attempt() -> None:
            if errors:
                same = [other for other in make_plan(self._aws, wants) if _is_same_step(other, change)]
                is_gone = all(other.identity != change.identity for other in same)
                if is_gone and isinstance(errors[-1], LOST):
                    return
                if is_gone and change.removes_owner:
                    raise Superseded(errors[-1])
                if change.params not in [other.params for other in same]:
                    raise Superseded(errors[-1])
            try:
                aws.once(call.service, call.operation, call.params)
            except Exception as error:
                errors.append(error)
                if isinstance(error, LOST):
                    on_lost()
                raise

        aws.persist(attempt, f"{call.service}:{call.operation}")

    def _is_superseded(self, change: Change, error: Exception) -> bool:
        superseded = code_of(error) in (*change.races.superseded, *change.races.not_yet_visible)
        if superseded:
            self._remember(change)
        return superseded

    def _remember(self, change: Change) -> None:
        """Note that an owner was made or removed just now: not every part of AWS sees it yet."""
        if change.removes_owner:
            self.removed[change.owner] = change.identity
            self.account_of(change).forget(change.owner)
        elif change.makes_owner:
            self.account_of(change).remember(change.owner)


def _is_same_step(one: Change, other: Change) -> bool:
    """Whether two changes make the same call for the same owner, perhaps with other members."""
    return (one.owner, one.service, one.operation) == (other.owner, other.service, other.operation)


def _explain(error: Exception, change: Change) -> None:
    if any(note.startswith(STOPPED) for note in getattr(error, "__notes__", ())):
        return  # one error broke off the whole run: the first change that it stopped is enough
    error.add_note(f"{STOPPED}: {change}")
    if advice := change.advice.get(code_of(error)):
        error.add_note(printable(advice))
