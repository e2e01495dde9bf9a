"""A plan: the calls not yet made, and the difference that each makes in the user's words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ecrops import render
from ecrops.errors import ConflictError, SpecError

if TYPE_CHECKING:
    from ecrops.engine import Want


class Kind(StrEnum):
    """What a change does to its owner."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CONFLICT = "conflict"


def _never(error: Exception) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Change:
    """One AWS call not yet made, and the difference that it makes.

    Args:
        owner: What is changed: a repository, a principal, a rule. Changes of one owner are made in order.
        kind: ``create``, ``update``, ``delete``, or ``conflict`` for what AWS cannot change.
        what: The part of the owner, such as ``lifecycle``.
        before: What is there, in words; empty if nothing is.
        after: What will be there, in words.
        service: The boto3 service that is called; empty for a conflict.
        operation: The operation of that service.
        params: The members of its input.
        whole: Whether it makes or removes the owner itself, not a part of it.
        needs: IAM actions that the call needs besides the one of its own name.
        races: Error codes that say that somebody was faster: then the owner is read and planned again.
        unseen: Error codes that say that the owner is not there: waited for if it was made a moment ago, else a race.
        awaits: Whether an error says that something the call names, made a moment ago, is not visible yet.
        advice: The way out, by error code.
    """

    owner: str
    kind: Kind
    what: str
    before: str = ""
    after: str = ""
    service: str = ""
    operation: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = field(default=False, repr=False, compare=False)
    needs: Sequence[str] = field(default=(), repr=False, compare=False)
    races: Collection[str] = field(default=(), repr=False, compare=False)
    unseen: Collection[str] = field(default=(), repr=False, compare=False)
    awaits: Callable[[Exception], bool] = field(default=_never, repr=False, compare=False)
    advice: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return render.line(self)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that making the change needs."""
        return (f"{self.service}:{self.operation}", *self.needs) if self.operation else ()

    def to_dict(self) -> dict[str, Any]:
        """The change, ready for JSON."""
        names = ("owner", "kind", "what", "before", "after", "service", "operation")
        return {name: str(getattr(self, name)) for name in names} | {"params": dict(self.params)}


class Note(str):
    """A truth that the user must know and that no change tells."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that bring what is there to what should be: iterable, and false when there are none.

    ``print(plan)`` shows a diff in words, a notebook shows a table.

    Args:
        changes: What is to be done, or what was done when a verb returns the plan.
        notes: Truths that the user must know and that no change tells.
        applied: The changes that were made.
        wants: What the plan was made from.
        region: The region that it was made for.
    """

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    applied: tuple[Change, ...] = ()
    wants: tuple[Want, ...] = field(default=(), repr=False, compare=False)
    region: str = field(default="", repr=False, compare=False)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __str__(self) -> str:
        return render.text(self)

    def _repr_html_(self) -> str:
        return render.html(self)

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """What differs and cannot be changed. A plan that has any is not applied."""
        return tuple(change for change in self.changes if change.kind is Kind.CONFLICT)

    @property
    def summary(self) -> str:
        """How many changes of each kind, such as ``2 to create, 1 to update``."""
        if not self.changes:
            return "nothing to do"
        count = Counter(change.kind for change in self.changes)
        words = {Kind.CREATE: "to create", Kind.UPDATE: "to update", Kind.DELETE: "to delete"}
        said = [f"{count[kind]} {word}" for kind, word in words.items() if count[kind]]
        if count[Kind.CONFLICT]:
            said.append(f"{count[Kind.CONFLICT]} conflict{'s' if count[Kind.CONFLICT] > 1 else ''}")
        return ", ".join(said)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that applying the plan needs, sorted."""
        return tuple(sorted({action for change in self.changes for action in change.permissions}))

    @property
    def checksum(self) -> str:
        """A fingerprint of the changes: approve it now, and apply a plan only if it still has it."""
        text = json.dumps([change.to_dict() for change in self.changes], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, deletes: int = 0) -> Plan:
        """Refuse a plan that deletes more than expected; returns the plan itself.

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
            raise ConflictError(found, f"the plan has {len(found)} deletions, at most {deletes} are expected")
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
