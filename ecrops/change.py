"""A change: one AWS call not yet made, and the difference that it makes in the user's words."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a change does to its owner."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CONFLICT = "conflict"


SIGNS = {Kind.CREATE: "+", Kind.UPDATE: "~", Kind.DELETE: "-", Kind.CONFLICT: "!"}


def never(error: Exception) -> bool:
    """Nothing is waited for."""
    return False


@dataclass(frozen=True, slots=True)
class Change:
    """One AWS call not yet made, and the difference that it makes.

    Args:
        owner: What is changed: a repository, a principal, a rule. Changes of one owner are made in order.
        kind: ``create``, ``update``, ``delete``, or ``conflict`` for what AWS cannot change.
        what: The part of the owner, such as ``lifecycle``; empty where the owner says it.
        before: What is there, in words; empty if nothing is.
        after: What will be there, in words.
        service: The boto3 service that is called; empty for a conflict.
        operation: The operation of that service.
        params: The members of its input.
        whole: Whether it makes or removes the owner itself, not a part of it.
        needs: IAM actions that the call needs besides the one of its own name.
        derived: Whether it was derived from what was read, which another writer may have changed: then it is not made
            again after a wait, but planned again.
        races: Error codes that say that somebody was faster: then the owner is read and planned again.
        unseen: Error codes that say that the owner is not there: waited for if it was made a moment ago, else a race.
        awaits: Whether an error says that something the call names, made a moment ago, is not visible yet: waited for.
        advice: The way out, by error code; that of a conflict without one.
        step: The changes of all owners in a lower step come first.
        serves: Owners that it is made for: they go no further without it, nor it without them.
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
    derived: bool = field(default=False, repr=False, compare=False)
    races: Collection[str] = field(default=(), repr=False, compare=False)
    unseen: Collection[str] = field(default=(), repr=False, compare=False)
    awaits: Callable[[Exception], bool] = field(default=never, repr=False, compare=False)
    advice: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    step: int = field(default=0, repr=False, compare=False)
    serves: Collection[str] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.sign, self.owner, self.what)))
        return f"{said}{': ' if self.difference else ''}{self.difference}"

    @property
    def sign(self) -> str:
        """``+``, ``~``, ``-`` or ``!``."""
        return SIGNS[self.kind]

    @property
    def difference(self) -> str:
        """What is there, what will be, or both. What an update takes away is not read as what it adds."""
        lost = self.kind is Kind.UPDATE and bool(self.before) and not self.after
        return " -> ".join(side for side in (self.before, "nothing" if lost else self.after) if side)

    @property
    def removes(self) -> bool:
        """Whether it removes the owner itself."""
        return self.whole and self.kind is Kind.DELETE

    @property
    def call(self) -> tuple[str, str, str]:
        """Which call is made for whom."""
        return self.owner, self.service, self.operation

    @property
    def overwrites(self) -> bool:
        """Whether it makes an owner, and AWS would make another one of an owner that somebody made meanwhile."""
        return self.whole and self.kind is Kind.CREATE and not self.races

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that making the change needs."""
        return (f"{self.service}:{self.operation}", *self.needs) if self.operation else ()

    def to_dict(self) -> dict[str, Any]:
        """The change, ready for JSON."""
        names = ("owner", "kind", "what", "before", "after", "service", "operation")
        return {name: str(getattr(self, name)) for name in names} | {"params": copy.deepcopy(dict(self.params))}


class Note(str):
    """A truth that the user must know and that no change tells."""

    __slots__ = ()
