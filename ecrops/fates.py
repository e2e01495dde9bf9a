"""What becomes of the owners of a run: which failed, which were overtaken, and who shares that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecrops.change import Change
from ecrops.errors import ApplyError, ConflictError, DeadlineError, EcropsError


class Overtaken(Exception):
    """Somebody was faster."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Fates:
    """Owners that go no further.

    Attributes:
        failed: For good, by owner.
        overtaken: Until they are planned again, by owner.
    """

    def __init__(self) -> None:
        self.failed: dict[str, Exception] = {}
        self.overtaken: dict[str, Exception] = {}
        self._serves: dict[str, set[str]] = {}

    def begin(self, changes: Iterable[Change]) -> None:
        """Begin a round: nobody is overtaken yet."""
        self.overtaken, self._serves = {}, {}
        for change in changes:
            self._serves.setdefault(change.owner, set()).update(change.serves)

    def end(self, owner: str, error: BaseException | None) -> None:
        """Note how an owner ended. Whom it serves goes no further without it."""
        if isinstance(error, Overtaken):
            self._share(self.overtaken, owner, error.error)
        elif isinstance(error, Exception):
            self._share(self.failed, owner, error)
        elif error:
            raise error

    def hold_back(self, owner: str) -> bool:
        """Whether an owner goes no further: for what became of itself in an earlier step, or of whom it serves.

        Where it serves others too, it is planned again for those alone.
        """
        if owner in self.failed or owner in self.overtaken:
            return True
        served = self._serves[owner]
        failed = sorted(served & self.failed.keys())
        waiting = sorted(served & self.overtaken.keys())
        if failed and len(failed) == len(served):
            self.failed[owner] = self.failed[failed[0]]
        elif failed or waiting:
            error = self.failed[failed[0]] if failed else self.overtaken[waiting[0]]
            self._share(self.overtaken, owner, error)
        return bool(failed or waiting)

    def _share(self, fate: dict[str, Exception], owner: str, error: Exception) -> None:
        fate[owner] = error
        for served in self._serves.get(owner, set()) - self.failed.keys():
            fate[served] = error

    def refuse(self, changes: Sequence[Change], because: str) -> None:
        """These cannot be, as things are now."""
        for owner in dict.fromkeys(change.owner for change in changes):
            conflicts = (change for change in changes if change.owner == owner)
            self.end(owner, ConflictError(conflicts, because))

    def give_up(self, owners: Iterable[str], waited: float) -> None:
        """The rounds are over, and something is still missing."""
        for owner in owners:
            undone = EcropsError(f"{owner}: somebody else keeps changing it back")
            self.failed[owner] = self.overtaken.get(owner, undone)
            self.failed[owner].add_note(f"waited {waited:.0f} s: RetryPolicy(propagation_budget=...) is how long")

    def raise_failures(self, done: Sequence[Change], several: bool) -> None:
        """Raise what stopped the owners: one owner's error as it is, one error for several owners."""
        errors = list(dict.fromkeys(self.failed.values()))
        if not errors:
            return
        if all(isinstance(error, DeadlineError) for error in errors):
            raise DeadlineError(f"{errors[0]}: {len(self.failed)} not finished", done) from errors[0]
        if several:
            raise ApplyError(f"{len(self.failed)} could not be finished", errors, done)
        for change in done:
            errors[0].add_note(f"done before: {change}")
        raise errors[0]
