"""How each owner of an apply ended: failed for good, or superseded and to be planned again.

Called by ``engine/apply`` after every owner and every round. Owners that depend on another owner end as it does. It
decides nothing about changes, and calls nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from ecrops.aws import ClientError, code_of, detail_of
from ecrops.aws.callers import is_of_caller
from ecrops.base.change import Change
from ecrops.engine.aspect import Want
from ecrops.errors import MAX_SHOWN, ApplyError, ConflictError, DeadlineError, EcropsError
from ecrops.text import printable

BEYOND = "in the meantime it was changed, and the plan did not say this: plan again"
STOPPED = "while making this change"
IMPOSSIBLE = "another writer changed it in the meantime, and this change is now impossible"


class Superseded(Exception):
    """Another writer changed the owner in between: it is planned again.

    Attributes:
        error: What showed it.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Outcomes:
    """The owners that go no further, and why.

    Attributes:
        failed: The errors of owners that failed for good.
        superseded: The errors of owners that are planned again.
    """

    def __init__(self) -> None:
        self.failed: dict[str, Exception] = {}
        self.superseded: dict[str, Exception] = {}
        self._for_owners: dict[str, set[str]] = {}

    def begin(self, changes: Iterable[Change]) -> None:
        """Begin a round: no owner is superseded yet."""
        self.superseded, self._for_owners = {}, {}
        for change in changes:
            self._for_owners.setdefault(change.owner, set()).update(change.for_owners)

    def record(self, owner: str, error: BaseException | None) -> None:
        """Record how an owner ended. The owners that its changes are made for go no further without it."""
        if isinstance(error, Superseded):
            self._share(self.superseded, owner, error.error)
        elif isinstance(error, Exception) and not is_of_caller(error):
            self._share(self.failed, owner, error)
        elif error:
            raise error

    def skips(self, owner: str) -> bool:
        """Whether to skip an owner: it ended in an earlier step, or an owner that it is made for did.

        If only some of the owners that it is made for ended, it is planned again for the others.
        """
        if owner in self.failed or owner in self.superseded:
            return True
        for_owners = self._for_owners[owner]
        failed = sorted(for_owners & self.failed.keys())
        waiting = sorted(for_owners & self.superseded.keys())
        if failed and len(failed) == len(for_owners):
            self.failed[owner] = self.failed[failed[0]]
        elif failed or waiting:
            error = self.failed[failed[0]] if failed else self.superseded[waiting[0]]
            self._share(self.superseded, owner, error)
        return bool(failed or waiting)

    def _share(self, ended: dict[str, Exception], owner: str, error: Exception) -> None:
        ended[owner] = error
        for dependent in self._for_owners.get(owner, set()) - self.failed.keys():
            ended[dependent] = error

    def refuse(self, changes: Sequence[Change], headline: str) -> None:
        """Record a conflict for each owner of some changes.

        Args:
            changes: What cannot be made.
            headline: Why, as the first line of the error.
        """
        for owner in dict.fromkeys(change.owner for change in changes):
            conflicts = (change for change in changes if change.owner == owner)
            self.record(owner, ConflictError(conflicts, headline))

    def refuse_unkept(self, changes: Iterable[Change], applied: Sequence[Change] | None) -> None:
        """Record an error for each owner of a change that the service answered with success, and did not make.

        Args:
            changes: What is missing of owners of which an answer lacked what was sent.
            applied: The changes that were made in this run: one that is missing is made once more, in another form.
                ``None`` if nothing more is approved.
        """
        for change in changes:
            if applied is not None and not any(
                (made.owner, made.call) == (change.owner, change.call) for made in applied
            ):
                continue
            place = f"{change.owner} {change.what}".rstrip()
            reason = "the service answered with success, and did not keep what was sent"
            way_out = "it is not sent again: leave it out, or ask whoever runs the service"
            self.record(change.owner, EcropsError(f"{place}: {reason}: {change.difference}; {way_out}"))

    def reason(self, wants: Iterable[Want], removed: Collection[str]) -> tuple[str, str]:
        """Return the owner that is planned again after a wait, empty if there are several, and the reason.

        Args:
            wants: What is planned again.
            removed: The owners that were removed in this apply.
        """
        keys = list(dict.fromkeys(want.key for want in wants))
        superseded = [owner for owner in keys if owner in self.superseded]
        owner = (superseded or keys)[0]
        others = " and others are" if len(keys) > 1 else " is"
        if owner in removed:
            reason = f"{owner}{others} looked for again: it was deleted, and may still be there"
        elif superseded:
            reason = f"{owner}{others} planned again: {_said(self.superseded[owner])}"
        else:
            reason = f"{owner}{others} read again: another writer may have undone what was changed"
        return ("" if len(keys) > 1 else owner), reason

    def add_refusals(self, refusals: Iterable[tuple[str, Exception]]) -> None:
        """Record what was made and does not work: its owner has failed, or it failed before, and this is a note."""
        for owner, error in refusals:
            if self.failed.setdefault(owner, error) is not error:
                self.failed[owner].add_note(str(error))

    def give_up(self, owners: Iterable[str], waited: float) -> None:
        """Record that the rounds are over, and that something is still missing. Owners may share an error."""
        note = f"waited {waited:.0f} s: RetryPolicy(propagation_budget=...) is how long"
        for owner in owners:
            undone = EcropsError(f"{owner}: somebody else keeps changing it back")
            error = self.failed[owner] = self.superseded.get(owner, undone)
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)

    def end_with(
        self,
        error: BaseException,
        applied: Sequence[Change],
        unanswered: Sequence[Change],
        settle: Callable[[Sequence[Change]], object],
    ) -> None:
        """Tell what was made and was not told yet with ``settle``, and add it to an error that ends the apply."""
        try:
            settle(applied)
        except BaseException as later:  # another Ctrl-C
            self.add_applied(later, applied, unanswered)
            raise
        self.add_applied(error, applied, unanswered)

    def add_applied(self, error: BaseException, applied: Sequence[Change], unanswered: Collection[Change]) -> None:
        """Add to an error that ended the apply, as ``applied`` and in notes, which changes were made before it.

        Args:
            error: The error.
            applied: The changes that were made.
            unanswered: The changes of which it is not known whether they were made.
        """
        vars(error)["applied"] = _made(applied)
        if not (applied or unanswered) and isinstance(error, EcropsError):  # it says itself that nothing was changed
            return
        count = "1 change was" if len(applied) == 1 else f"{len(applied)} changes were"
        error.add_note(f"{count} made before; running again makes what is still missing")
        _add_each(error, "done before", applied)
        _add_unanswered(error, unanswered)

    def failure(
        self, applied: Sequence[Change], several: bool, unanswered: Collection[Change] = ()
    ) -> Exception | None:
        """Return the errors: the error of one owner as it is, one ``ApplyError`` for several owners."""
        errors = list(dict.fromkeys(self.failed.values()))
        if not errors:
            return None
        failure = errors[0]
        if all(isinstance(error, DeadlineError) for error in errors):
            failure = DeadlineError(f"{errors[0]}: {len(self.failed)} not finished", _made(applied))
            failure.__cause__ = errors[0]
            _add_unanswered(failure, unanswered)
        elif several:
            failure = ApplyError(f"{len(self.failed)} could not be finished", errors, _made(applied), self.failed)
        else:
            for error in errors[1:]:
                failure.add_note(f"failed too: {error}")
            vars(failure).update(applied=_made(applied), owner=next(iter(self.failed)))
            for change in applied:
                failure.add_note(f"done before: {change}")
        return failure


def _add_unanswered(error: BaseException, unanswered: Collection[Change]) -> None:
    """Add to an error which changes may have been made."""
    if unanswered:
        calls = "1 call was under way: it" if len(unanswered) == 1 else f"{len(unanswered)} calls were under way: they"
        error.add_note(f"and {calls} may have taken effect")
        _add_each(error, "perhaps done", list(unanswered))


def _add_each(error: BaseException, what: str, changes: Sequence[Change]) -> None:
    """Add a note for each of the first changes."""
    for change in changes[:MAX_SHOWN]:
        error.add_note(f"{what}: {change}")
    if len(changes) > MAX_SHOWN:
        error.add_note(f"and {len(changes) - MAX_SHOWN} more")


def _made(applied: Sequence[Change]) -> tuple[Change, ...]:
    """Return changes that were made as an error carries them: it may be pickled, and secrets never are."""
    return tuple(change.without_secrets() for change in applied)


def _said(error: Exception) -> str:
    """Return the message of an error, without what botocore says around it."""
    answer: Any = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    return f"{code_of(error)}: {answer.get('Message', '')}" if answer else str(error)


def explain(error: Exception, change: Change) -> None:
    """Add to an error which change it stopped, and the way out."""
    if any(note.startswith(STOPPED) for note in getattr(error, "__notes__", ())):
        return  # one error broke off the whole run: the first change that it stopped is enough
    error.add_note(f"{STOPPED}: {change}")
    code = code_of(error)
    if advice := change.advice.get(f"{code} {detail_of(error)}") or change.advice.get(code):
        error.add_note(printable(advice))
