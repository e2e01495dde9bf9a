"""A plan: the changes that are missing, for people, programs and notebooks to read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.base import render
from ecrops.base.change import Change, Kind
from ecrops.errors import ConflictError, SpecError

if TYPE_CHECKING:
    from ecrops.engine.aspect import Want


_COUNTED = {
    Kind.CREATE: ("to create", "created"),
    Kind.UPDATE: ("to update", "updated"),
    Kind.DELETE: ("to delete", "deleted"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """The changes that bring what is there to what should be: iterable, and false when there are none.

    ``print(plan)`` shows a diff in words, a notebook shows a table.

    Args:
        changes: What is to be done, or what was done when a verb returns the plan.
        notes: Truths that the user must know and that no change tells.
        applied: The changes that were made.
        wants: What the plan was made from.
        region: The region that it was made for.
        account: The account, if that was known.
    """

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    applied: tuple[Change, ...] = ()
    wants: tuple[Want, ...] = field(default=(), repr=False, compare=False)
    region: str = field(default="", repr=False, compare=False)
    account: str = field(default="", repr=False, compare=False)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __repr__(self) -> str:
        return f"<Plan: {self.summary}>"

    def __str__(self) -> str:
        return render.text(self.changes, self.notes, self.summary)

    def _repr_html_(self) -> str:
        return render.html(self.changes, self.notes, self.summary)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """What differs and cannot be changed. A plan that has any is not applied."""
        return tuple(change for change in self.changes if change.kind is Kind.CONFLICT)

    @property
    def summary(self) -> str:
        """How many changes of each kind, such as ``2 to create, 1 to update``, or ``2 created`` when it was done."""
        if not self.changes:
            return "nothing to do"
        count = Counter(change.kind for change in self.changes)
        counts = [f"{count[kind]} {_COUNTED[kind][bool(self.applied)]}" for kind in _COUNTED if count[kind]]
        conflicts = count[Kind.CONFLICT]
        return ", ".join([*counts, *([f"{conflicts} conflict{'s' * (conflicts > 1)}"] if conflicts else [])])

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that applying the plan needs, sorted."""
        return tuple(sorted({action for change in self.changes for action in change.permissions}))

    @property
    def checksum(self) -> str:
        """A fingerprint of the changes, in whatever order: approve it now, apply a plan only if it still has it.

        It is that of what is there and of what is sent. How many images a policy will take is said of a guarded one,
        and is not a part of it: that differs with each image that is pushed.
        """
        changes = sorted(json.dumps(_lasting(change), sort_keys=True) for change in self.changes)
        return hashlib.sha256(json.dumps([self.region, changes]).encode()).hexdigest()

    def check(self, deletes: int = 0) -> Plan:
        """Refuse a plan that deletes more than expected; returns the plan itself.

        Repositories, policies, tags, rules and targets count. What a lifecycle policy makes ECR expire later does not.

        Args:
            deletes: How many changes of kind ``delete`` are expected at most.

        Raises:
            SpecError: ``deletes`` is not a number.
            ConflictError: There are more.
        """
        if isinstance(deletes, bool) or not isinstance(deletes, int) or deletes < 0:
            raise SpecError(f"deletes: expected a whole number of at least 0, got {deletes!r}")
        found = [change for change in self.changes if change.kind is Kind.DELETE]
        if len(found) > deletes:
            raise ConflictError(found, f"expected at most {deletes} deletions in the plan, it has {len(found)}")
        return self

    def to_dict(self) -> dict[str, Any]:
        """The plan, ready for JSON."""
        return {
            "summary": self.summary,
            "changes": [change.to_dict() for change in self.changes],
            "notes": list(self.notes),
            "permissions": list(self.permissions),
            "checksum": self.checksum,
        }


def _lasting(change: Change) -> dict[str, Any]:
    """A change without the words that say what is sent, for its parameters say that too; a conflict sends nothing."""
    said = change.to_dict()
    return {name: said[name] for name in said if name != "after" or not change.operation}
