"""Who can use a repository: the report that ``repository.access()`` returns.

A row for each principal, by all policies together; beside them the statements themselves, one entry for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecrops.access.answers.needs import need_of
from ecrops.access.answers.unread import Unread
from ecrops.access.answers.words import UNSEEN
from ecrops.access.reports.entry import Entry
from ecrops.access.reports.row import SHOWN_VERBS, PrincipalAccess
from ecrops.base import html, render
from ecrops.base.render import count, several

MAX_ROWS = 200
"""The principals that ``print`` and a notebook show."""
MAX_NAMES = 20
"""The denied and deleted principals that they show."""
_VERBS = tuple(verb.replace("_", " ") for verb in SHOWN_VERBS)
COLUMNS = ("who", *_VERBS, "other actions", "depends on", "where it says so")


@dataclass(frozen=True, slots=True)
class Access:
    """Who can use a repository, a row for each principal: iterable, and a table in a terminal and in a notebook.

    Args:
        repository: The name of the repository.
        rows: The principals that can do something with it, or may be able to.
        denied: Those whom a statement denies all that others would allow.
        deleted: Those whom the policy of the repository names, and who are not there any more.
        entries: The statements of all policies about the repository, one for each principal.
        unread: What could not be read: what it would say is missing.
    """

    repository: str
    rows: tuple[PrincipalAccess, ...] = ()
    denied: tuple[PrincipalAccess, ...] = ()
    deleted: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    unread: tuple[Unread, ...] = ()

    def __iter__(self) -> Iterator[PrincipalAccess]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def who_can(self, verb_or_action: str, *, certain: bool = False) -> tuple[str, ...]:
        """Return the principals that are allowed something, or may be: it may depend on what is not known.

        An account, and an organization, always depends: on its own policies.

        Args:
            verb_or_action: ``read``, ``pull``, ``push``, ``delete_images``, ``change_policies`` or another verb of the
                grants, or an action. With a wildcard, every action of a repository that it covers is needed.
            certain: Whether those are left out for whom it depends.

        Raises:
            SpecError: It is none of these.
        """
        need = need_of(verb_or_action)
        verdicts = {row.who: row.meets(need) for row in self.rows}
        return tuple(who for who, verdict in verdicts.items() if verdict or (verdict is None and not certain))

    def who_cannot(self, verb_or_action: str) -> tuple[str, ...]:
        """Return the principals that a statement forbids a part of something, whatever others allow.

        A principal may be forbidden it under conditions only.

        Args:
            verb_or_action: As in ``who_can``.

        Raises:
            SpecError: As ``who_can``.
        """
        needed = frozenset(need_of(verb_or_action).actions)
        return tuple(dict.fromkeys(entry.who for entry in self.entries if entry.denied and needed & entry.actions))

    def __str__(self) -> str:
        return render.page([*self._table(), *self._remarks()])

    def _table(self) -> Iterator[str]:
        if not self.rows:
            yield f"{self.repository}: no policy allows anybody anything"
            return
        lines = [COLUMNS, *(row.cells() for row in self.rows[:MAX_ROWS])]
        yield from aligned(lines)
        if len(self.rows) > MAX_ROWS:
            yield f"and {len(self.rows) - MAX_ROWS:,} more, in .rows"

    def _remarks(self) -> Iterator[str]:
        """Yield who is denied and deleted, and what is not known."""
        for row in self.denied[:MAX_NAMES]:
            yield f"denied: {row.denied}"
        if len(self.denied) > MAX_NAMES:
            yield f"denied: {len(self.denied) - MAX_NAMES:,} more, in .denied"
        if self.deleted:
            yield f"deleted: {several(self.deleted, most=MAX_NAMES)}"
        yield from (f"not read: {problem}" for problem in self.unread)
        yield UNSEEN

    def to_dict(self) -> dict[str, Any]:
        """Return the report, ready for JSON."""
        return {
            "repository": self.repository,
            "principals": [row.to_dict() for row in self.rows],
            "denied": [row.to_dict() for row in self.denied],
            "deleted": list(self.deleted),
            "entries": [entry.to_dict() for entry in self.entries],
            "unread": [{"what": problem.what, "why": problem.why} for problem in self.unread],
            "not_seen": UNSEEN,
        }

    def __repr__(self) -> str:
        return f"<Access: {self.repository}, {count(len(self), 'principal')}>"

    def _repr_html_(self) -> str:
        rows = [row.cells() for row in self.rows[:MAX_ROWS]]
        title = f"who can use {self.repository}" if rows else next(self._table())
        head = html.title(title, count(len(self), "principal") if rows else "")
        table = html.table(COLUMNS, rows, len(self), ".rows") if rows else ""
        return html.output(head, table, html.items(list(self._remarks()), 3 * MAX_NAMES))


def aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines of cells, the first of which is their head, as columns. A column without cells is left out."""
    widths = [max(map(len, column)) if any(column[1:]) else 0 for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True) if width).rstrip()
