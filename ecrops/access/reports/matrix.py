"""Who can use which repositories: the matrix that ``registry.access()`` returns.

The policies are read when it is made. A row is judged when it is asked for, and kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from ecrops.access.answers.needs import need_of
from ecrops.access.answers.words import UNSEEN
from ecrops.access.reports.access import MAX_NAMES, MAX_ROWS, aligned
from ecrops.access.reports.finding import find
from ecrops.access.reports.judging import Judge
from ecrops.access.reports.matrix_row import MatrixRow
from ecrops.access.reports.parties import Party
from ecrops.access.reports.row import SHOWN_VERBS
from ecrops.base import html, render
from ecrops.base.plain_json import check_depth
from ecrops.base.problems import nearest
from ecrops.base.render import count, several
from ecrops.base.shown import ShownList
from ecrops.errors import SpecError

COLUMNS = ("who", *(verb.replace("_", " ") for verb in SHOWN_VERBS))


class AccessMatrix:
    """What every principal can do with every repository, a row for each principal. Made by ``registry.access()``.

    An iteration yields the rows while they are judged, and keeps them. A principal that can do nothing has none.
    ``print`` and a notebook show the first rows, with the repositories in few words: all, prefixes, or names.

    Args:
        judge: The policies that decide.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._rows: list[MatrixRow] = []
        self._left = self._judged()

    def __reduce__(self) -> tuple[type[AccessMatrix], tuple[Judge]]:
        return AccessMatrix, (self._judge,)  # its rows are judged anew

    def _judged(self) -> Iterator[MatrixRow]:
        for party in self._judge.parties.present:
            row = self._judge.matrix_row(party)
            if not row.is_idle and not party.is_only_denied:
                yield row

    def __iter__(self) -> Iterator[MatrixRow]:
        place = 0
        while True:
            if place == len(self._rows):
                row = next(self._left, None)
                if row is None:
                    return
                self._rows.append(row)
            yield self._rows[place]
            place += 1

    def at_rest(self) -> Self:
        """Return the same matrix with all rows judged: it can be pickled."""
        for _ in self:
            pass
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {"_judge": self._judge, "_rows": self.at_rest()._rows}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._left = iter(())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @property
    def rows(self) -> ShownList[MatrixRow]:
        """All rows."""
        return ShownList(row for row in self)

    @property
    def repositories(self) -> tuple[str, ...]:
        """The names of the repositories."""
        return self._judge.repositories.names

    @property
    def deleted(self) -> tuple[str, ...]:
        """The principals that policies name, and who are not there any more, each with the repositories."""
        words = self._judge.repositories.words
        return tuple(f"{absent.who}: {words(absent.mask)}" for absent in self._judge.parties.deleted)

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read: what it would say is missing."""
        return tuple(map(str, self._judge.documents.unread))

    def who_can(self, verb_or_action: str, repository: str, *, certain: bool = False) -> tuple[str, ...]:
        """Return the principals that are allowed something with a repository, or may be, as ``repo.access()`` does.

        Args:
            verb_or_action: ``pull``, ``push`` and the like, an action such as ``ecr:ListImages``, or a wildcard.
            repository: The name of the repository.
            certain: Whether those are left out for whom it depends.

        Raises:
            SpecError: It is no verb or action, or the matrix is not about the repository.
        """
        check_depth(repository)
        need, names = need_of(verb_or_action), self.repositories
        if not isinstance(repository, str) or repository not in names:
            close = nearest(repository, names) if isinstance(repository, str) else None
            way_out = f"; did you mean {close!r}?" if close else ""
            raise SpecError(
                f"expected one of the {len(names):,} repositories of the matrix, got {repository!r}{way_out}"
            )
        bit = self._judge.repositories.bit(repository)
        if need.what in SHOWN_VERBS:
            extents = ((row.who, row.extent(need.what)) for row in self)
        else:
            parties = (party for party in self._judge.parties.present if not party.is_only_denied)
            extents = ((party.who, self._judge.extent(party, need)) for party in parties)
        return tuple(who for who, extent in extents if (extent.certain if certain else extent.possible) & bit)

    def what_can(self, principal: object) -> MatrixRow:
        """Return what a principal can do with the repositories; nothing, if no policy allows it anything.

        Args:
            principal: A principal such as ``Role("nodes")``, or a string that stands for one: its ARN, an account, a
                service; or its name in a row.

        Raises:
            SpecError: It is no principal, or a user, role or group of the account that is not there: deleted, or never
                made.
        """
        return self._judge.matrix_row(self._party(principal))

    def _party(self, principal: object) -> Party:
        for party in self._judge.parties.present:
            if party.who == principal:
                return party
        return find(principal, self._judge)

    def csv_rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the names of the columns, then a line for each principal and repository that it can use.

        ``csv.writer(file).writerows(matrix.csv_rows())`` writes them: ``yes``, ``no`` or ``depends`` for each verb.
        """
        yield ("who", "kind", "name", "repository", *SHOWN_VERBS)
        for row in self:
            for values in row.values():
                yield row.who, row.kind, row.name, *values

    def to_dict(self) -> dict[str, Any]:
        """Return the matrix, ready for JSON."""
        return {
            "repositories": list(self.repositories),
            "principals": [row.to_dict() for row in self],
            "deleted": list(self.deleted),
            "unread": list(self.unread),
            "not_seen": UNSEEN,
        }

    # Showing

    def __repr__(self) -> str:
        known = count(len(self._judge.parties.present), "principal")
        return f"<AccessMatrix: {known}, {count(len(self.repositories), 'repository', 'repositories')}>"

    def __str__(self) -> str:
        return render.page([*self._table(), *self._remarks()])

    def _table(self) -> Iterator[str]:
        rows = self.rows
        if not rows:
            number = count(len(self.repositories), "repository", "repositories")
            yield f"{number}: no policy allows anybody anything"
            return
        yield from aligned([COLUMNS, *(row.cells() for row in rows[:MAX_ROWS])])
        if len(rows) > MAX_ROWS:
            yield f"and {len(rows) - MAX_ROWS:,} more, in .rows"

    def _remarks(self) -> Iterator[str]:
        """Yield who is deleted, and what is not known."""
        if deleted := self.deleted:
            yield f"deleted: {several(deleted, '; ', MAX_NAMES)}"
        unread = self.unread
        yield from (f"not read: {problem}" for problem in unread[:MAX_NAMES])
        if len(unread) > MAX_NAMES:
            yield f"not read: {len(unread) - MAX_NAMES:,} more, in .unread"
        yield UNSEEN

    def _repr_html_(self) -> str:
        rows = self.rows
        cells = [row.cells() for row in rows[: html.MAX_ROWS]]
        number = count(len(rows), "principal") if rows else ""
        head = html.title("who can use which repositories" if rows else next(self._table()), number)
        table = html.table(COLUMNS, cells, len(rows), ".rows")
        return html.output(head, table, html.items(list(self._remarks()), MAX_NAMES + 3))
