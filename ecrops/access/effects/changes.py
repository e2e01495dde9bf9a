"""What a plan does to access, as values: users get them from ``access_changes``, and never make one.

They can be pickled, and call nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ecrops.base import render
from ecrops.base.render import several
from ecrops.base.shown import Shown

GAINS, MAY_GAIN, LOSES, MAY_LOSE, UNCHANGED = "gains", "may gain", "loses", "may lose", "unchanged"
MAX_LINES = 200
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class AccessChange(Shown):
    """What somebody gains or loses on some repositories, or what a plan grants or takes away in vain.

    Args:
        who: The principal, in words.
        effect: ``gains``, ``may gain`` (it depends on a request), ``loses``, ``may lose`` or ``unchanged``.
        what: The verbs, and the actions that belong to none of them.
        repositories: The repositories; none for the token to log in.
        because: Which statements do it, or why nothing changes.
    """

    who: str
    effect: str
    what: tuple[str, ...]
    repositories: tuple[str, ...]
    because: str = ""

    def __str__(self) -> str:
        effect = f", {UNCHANGED}:" if self.effect == UNCHANGED else f" {self.effect}"
        where = f" on {several(self.repositories)}" if self.repositories else ""
        because = f" ({self.because})" if self.because else ""
        return render.page([f"{self.who}{effect} {several(self.what, most=MOST_WORDS)}{where}{because}"])

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {
            "who": self.who,
            "effect": self.effect,
            "what": list(self.what),
            "repositories": list(self.repositories),
            "because": self.because,
        }


@dataclass(frozen=True, slots=True, repr=False)
class AccessChanges:
    """Who gains and loses what by a plan: iterable, and false if nobody gains or loses anything.

    Args:
        changes: What is gained and lost.
        unchanged: What is granted or taken away, and changes nothing for the principal.
        notes: What could not be read or is not evaluated, and what nobody can see.
    """

    changes: tuple[AccessChange, ...] = ()
    unchanged: tuple[AccessChange, ...] = ()
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[AccessChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __repr__(self) -> str:
        return f"<AccessChanges: {self.summary}>"

    @property
    def summary(self) -> str:
        """How many principals gain and lose something."""
        if not self.changes:
            return "nobody gains or loses anything"
        gaining, losing = self._who(GAINS, MAY_GAIN), self._who(LOSES, MAY_LOSE)
        parts = [(gaining, "gain", "gains"), (losing, "lose", "loses")]
        return ", ".join(
            f"{render.count(len(who), 'principal')} {one if len(who) == 1 else many} access"
            for who, many, one in parts
            if who
        )

    def _who(self, *effects: str) -> list[str]:
        return list(dict.fromkeys(change.who for change in self.changes if change.effect in effects))

    def __str__(self) -> str:
        rows = list(map(str, (*self.changes, *self.unchanged)))
        more = [f"and {len(rows) - MAX_LINES:,} more, in .changes and .unchanged"] if len(rows) > MAX_LINES else []
        return render.page([*rows[:MAX_LINES], *more, self.summary, *(f"note: {note}" for note in self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Return the changes, ready for JSON."""
        return {
            "summary": self.summary,
            "changes": [change.to_dict() for change in self.changes],
            "unchanged": [change.to_dict() for change in self.unchanged],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = list(map(_cells, (*self.changes, *self.unchanged)))
        head = ("who", "effect", "what", "repositories", "because")
        shown = html.table(head, rows[: html.MAX_CHANGES], len(rows), ".changes and .unchanged")
        return html.output(html.title(self.summary), shown, html.items(self.notes))


def _cells(change: AccessChange) -> tuple[str, ...]:
    return (
        change.who,
        change.effect,
        several(change.what, most=MOST_WORDS),
        several(change.repositories),
        change.because,
    )


def merged(changes: Iterable[AccessChange]) -> tuple[AccessChange, ...]:
    """Return changes that say the same of the same repositories as one, in the order of their principals."""
    found: dict[tuple[str, str, tuple[str, ...], str], dict[str, None]] = {}
    for change in changes:
        key = change.who, change.effect, change.repositories, change.because
        found.setdefault(key, {}).update(dict.fromkeys(change.what))
    return tuple(
        AccessChange(who, effect, tuple(what), names, why) for (who, effect, names, why), what in found.items()
    )
