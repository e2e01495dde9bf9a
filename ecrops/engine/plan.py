"""A plan: the changes that are missing, as a value that prints as a diff.

Made by ``planning``, carried out by ``apply``, read by people, programs and notebooks. It calls nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecrops.base.change import Change, Kind
from ecrops.base.problems import is_whole
from ecrops.engine.turns import NEVER, Moment
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
    """The changes that are missing, or that were made: iterable, and false when there are none.

    ``print(plan)`` shows a diff in words, a notebook shows a table.

    Args:
        changes: The missing changes; in the plan that a verb returns, the changes that it made.
        notes: What the user must know because of the changes, and what no change tells. The same about many owners is
            one note. Each is complete; ``print`` names a few of many owners.
        applied: The changes that were made.
        wants: The wants that the plan was made from.
        region: The region that it was made for.
        account: The account that it was made for, if it was known.
        read_at: The moment that its only owner was read at; ``NEVER`` if it has several, or if another one was read, or
            a call waited, after that.
    """

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    applied: tuple[Change, ...] = ()
    wants: tuple[Want, ...] = field(default=(), repr=False, compare=False)
    region: str = field(default="", repr=False, compare=False)
    account: str = field(default="", repr=False, compare=False)
    read_at: Moment = field(default=NEVER, repr=False, compare=False)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __repr__(self) -> str:
        return f"<Plan: {self.summary}>"

    def __str__(self) -> str:
        return self.text()

    def text(self, *, colour: bool = False) -> str:
        """Return the plan as a diff in words: what ``print(plan)`` shows.

        Args:
            colour: Whether the signs ``+``, ``~``, ``-`` and ``!`` are in colour, for a terminal.
        """
        from ecrops.base import render

        return render.text(self.changes, self.notes, self.summary, colour=colour)

    def _repr_html_(self) -> str:
        from ecrops.base import html, render

        notes = [render.brief(note) for note in self.notes[: html.MAX_CHANGES]]
        place = render.places(self.changes)
        return html.output(html.plan(self.changes, notes, self.summary, place, len(self.notes)))

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The differences that AWS cannot change. A plan that has any is not applied."""
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
        """The fingerprint of the whole difference: approve it now, apply a plan later if it has the same.

        It is made of account, region, and the ``checksum`` of each change: of its owner and operation, and of each part
        that it removes, overwrites or adds. Their order makes no difference. Parts of other writers that stay, notes,
        and the number of images that go are no part of it.
        """
        return _checksum(self.account, self.region, [change.checksum for change in self.changes])

    def is_part_of(self, approved: Mapping[str, Any]) -> bool:
        """Whether every change of this plan is in a plan that was approved, such as the rest of one partly made.

        Args:
            approved: What ``to_dict`` of the approved plan gave: the JSON of ``ecrops plan --out``. Compare its
                ``checksum`` with the approved one: here it is only compared with the changes beside it.

        Raises:
            SpecError: It is no such plan, its checksum does not fit its changes, or it is for another account or
                region.
        """
        account, region, changes = _read(approved)
        if self.region and (self.account or account, self.region) != (account, region):
            here = f"{self.account} {self.region}"
            raise SpecError(f"the approved plan is for {account} {region}, this one for {here}: plan in the same place")
        return not Counter(change.checksum for change in self.changes) - Counter(changes)

    def check(self, deletes: int = 0) -> Plan:
        """Refuse a plan that deletes more than expected. Returns the plan itself.

        Repositories, policies, tags, EventBridge rules and targets count, each as one deletion, and every image that is
        deleted by itself. Images that go with their repository do not count, nor those that ECR expires later.

        Args:
            deletes: The largest number of deletions that is expected.

        Raises:
            SpecError: ``deletes`` is no whole number of at least 0.
            ConflictError: The plan has more deletions.
        """
        if not is_whole(deletes) or deletes < 0:
            raise SpecError(f"deletes: expected a whole number of at least 0, got {deletes!r}")
        deletions = [change for change in self.changes if change.kind is Kind.DELETE]
        number = sum(change.deletions for change in deletions)
        if number > deletes:
            raise ConflictError(deletions, f"expected at most {deletes} deletions in the plan, it has {number}")
        return self

    def result(self, made: Plan) -> Plan:
        """Return what an apply of this plan made, with what this kind of plan knows besides. A plan knows no more.

        Args:
            made: The changes that were made.
        """
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return the plan, ready for JSON."""
        return {
            "summary": self.summary,
            "account": self.account,
            "region": self.region,
            "changes": [change.to_dict() for change in self.changes],
            "notes": list(self.notes),
            "permissions": list(self.permissions),
            "checksum": self.checksum,
        }


def _checksum(account: str, region: str, changes: Iterable[str]) -> str:
    """Return the checksum of a plan, made of those of its changes in any order."""
    return hashlib.sha256(json.dumps([account, region, sorted(changes)]).encode()).hexdigest()


def _read(approved: object) -> tuple[str, str, list[str]]:
    """Return the account, the region and the checksums of the changes of a plan that ``to_dict`` wrote.

    Raises:
        SpecError: It is none, or was changed since.
    """
    expected = "approved: expected what Plan.to_dict() gives, as ecrops plan --out writes it"
    if not isinstance(approved, Mapping):
        raise SpecError(f"{expected}, got {approved!r}")
    names = ("account", "region", "checksum")
    texts = [value for name in names if isinstance(value := approved.get(name), str)]
    written = approved.get("changes")
    changes = written if isinstance(written, list) else [None]
    sums = [one["checksum"] for one in changes if isinstance(one, Mapping) and isinstance(one.get("checksum"), str)]
    if len(texts) < len(names) or len(sums) < len(changes):
        raise SpecError(f"{expected}: account, region, checksum, and changes that have a checksum each")
    account, region, checksum = texts
    if _checksum(account, region, sums) != checksum:
        raise SpecError("approved: its checksum does not fit its changes: the file was changed after it was written")
    return account, region, sums
