"""How IAM's own simulator answers a question beside ecrops. Users get it from ``repository.check_access``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecrops.access.answers.answer import PHRASES, names_of
from ecrops.base import render
from ecrops.base.shown import Shown

_WORDS = {True: "allowed", False: "not allowed", None: "not certain"}


@dataclass(frozen=True, slots=True)
class Comparison(Shown):
    """One action, as ecrops and as IAM's simulator answer it.

    Args:
        action: The action.
        ours: What ecrops answers: ``None`` if it depends.
        simulated: What the simulator answers: ``None`` if it depends on what it was not told.
        verdict: The simulator's word for it: ``allowed``, ``explicitDeny`` or ``implicitDeny``.
        why: Why the two may differ, or what the simulator's answer depends on.
    """

    action: str
    ours: bool | None
    simulated: bool | None
    verdict: str = ""
    why: str = ""

    @property
    def differs(self) -> bool:
        """Whether both answers are certain, and not the same."""
        return None not in (self.ours, self.simulated) and self.ours != self.simulated

    def cells(self) -> tuple[str, ...]:
        """Return it as the cells of a row."""
        return self.action, _WORDS[self.ours], self.verdict, self.why

    @property
    def text(self) -> str:
        """What the two answer, without the action."""
        behind = f": {self.why}" if self.why else ""
        return f"{_WORDS[self.ours]} by ecrops, {self.verdict} by IAM's simulator{behind}"

    def __str__(self) -> str:
        return f"{self.action}: {self.text}"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {name: getattr(self, name) for name in ("action", "ours", "simulated", "verdict", "why", "differs")}


@dataclass(frozen=True, slots=True)
class AccessCheck(Shown):
    """How IAM's own simulator answers beside ecrops: true if they do not differ in any action.

    Args:
        principal: Who, in words.
        what: The verb, or the action.
        repository: The name of the repository.
        comparisons: Each action that is needed.
        notes: What was compared, and what was not.
    """

    principal: str
    what: str
    repository: str
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.differences

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """The actions of which the two say otherwise."""
        return tuple(comparison for comparison in self.comparisons if comparison.differs)

    @property
    def summary(self) -> str:
        """The comparison in one line."""
        phrase = f"{PHRASES.get(self.what, f'call {self.what} on')} {self.repository}"
        question = f"whether {self.principal} can {phrase}"
        if not self.differences:
            return f"IAM's simulator agrees: {question}"
        count = render.count(len(self.differences), "action")
        return f"IAM's simulator differs in {count} of {len(self.comparisons)}: {question}"

    def __str__(self) -> str:
        return render.page([self.summary, *(f"  {line}" for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        together: dict[str, list[str]] = {}
        for comparison in sorted(self.comparisons, key=lambda comparison: not comparison.differs):
            together.setdefault(comparison.text, []).append(comparison.action)
        yield from (f"{names_of(actions)}: {text}" for text, actions in together.items())
        yield from self.notes

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison, ready for JSON."""
        return {
            "agrees": bool(self),
            "principal": self.principal,
            "what": self.what,
            "repository": self.repository,
            "comparisons": [comparison.to_dict() for comparison in self.comparisons],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = [comparison.cells() for comparison in self.comparisons]
        table = html.table(("action", "ecrops", "IAM's simulator", "why"), rows)
        return html.output(html.title(self.summary), table, html.items(self.notes))
