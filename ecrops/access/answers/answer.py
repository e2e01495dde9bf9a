"""The answer to the question whether somebody can do something with a repository, with what it follows from.

Users get it from ``repository.can`` and ``explain_denied``, and never make one. It is a value: it can be pickled, and
calls nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecrops.access.answers.needs import TOKEN
from ecrops.base import render
from ecrops.base.plain_json import copied
from ecrops.base.render import several
from ecrops.base.shown import Shown

MOST_LINES = 12
"""How many sentences of one kind are printed. The answer has all of them."""
MOST_KEYS, MOST_ACTIONS = 3, 7
MISSING, NEEDED = "missing: ", "needed: "
"""How a sentence begins that says what is missing, or what has to be allowed by policies that nobody has read."""
PHRASES = {
    "read": "see",
    "pull": "pull from",
    "push": "push to",
    "pull_push": "pull from and push to",
    "pull_through_cache": "pull through the cache from",
    "scan_findings": "see the scan findings of",
    "delete_images": "delete images of",
    "lifecycle": "edit the lifecycle policy of",
    "change_policies": "change the policy of",
    TOKEN: "get the token to log in for",
}
"""Each verb, and the action of the token, in words, before the name of a repository."""


@dataclass(frozen=True, slots=True)
class Missing(Shown):
    """Something that no policy allows, and a statement that would.

    Args:
        actions: The actions.
        where: The policy that has to say it, in words.
        statement: The statement, ready to be added to that policy.
        is_known: Whether it is certainly missing. It is not known of policies that were not read: one of them has to
            allow it, and may do so already.
    """

    actions: tuple[str, ...]
    where: str
    statement: Mapping[str, Any] = field(hash=False)
    is_known: bool = True

    def __str__(self) -> str:
        return f"{MISSING if self.is_known else NEEDED}{names_of(self.actions)}, in {self.where}"

    @property
    def text(self) -> str:
        """The statement as JSON, in one line."""
        return json.dumps(self.statement, ensure_ascii=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {
            "actions": list(self.actions),
            "where": self.where,
            "statement": copied(dict(self.statement)),
            "is_known": self.is_known,
        }


@dataclass(frozen=True, slots=True)
class Answer(Shown):
    """Whether somebody can do something with a repository, and why. As a truth value it is true for a certain yes only.

    Args:
        allowed: ``True``, ``False``, or ``None`` if it depends on what is not known.
        principal: Who, in words.
        what: The verb, or the action.
        repository: The name of the repository.
        because: What it follows from: which statement of which policy allows or denies what, and what is missing.
        missing: What no policy allows, each with a statement that would.
        denied_by: The statements that deny it.
        depends_on: What it depends on, if it depends: keys of conditions, and policies that could not be read.
        notes: What else there is to know, and last what nobody could see.
    """

    allowed: bool | None
    principal: str
    what: str
    repository: str
    because: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    denied_by: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed is True

    @property
    def summary(self) -> str:
        """The answer in one line."""
        phrase = f"{PHRASES.get(self.what, f'call {self.what} on')} {self.repository}"
        if self.allowed is None:
            on = several(self.depends_on, " and ", MOST_KEYS) if self.depends_on else "what could not be read"
            return f"it depends: whether {self.principal} can {phrase} depends on {on}"
        return f"yes: {self.principal} can {phrase}" if self.allowed else f"no: {self.principal} cannot {phrase}"

    def __str__(self) -> str:
        return render.page([self.summary, *(f"  {line}" for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        yield from _bounded([line for line in self.because if not line.startswith((MISSING, NEEDED))], ".because")
        for lack in self.missing:
            yield str(lack)
            yield f"  {lack.text}"
        yield from self.notes

    def to_dict(self) -> dict[str, Any]:
        """Return the answer, ready for JSON."""
        texts = ("because", "denied_by", "depends_on", "notes")
        return {
            "allowed": self.allowed,
            "principal": self.principal,
            "what": self.what,
            "repository": self.repository,
            **{name: list(getattr(self, name)) for name in texts},
            "missing": [lack.to_dict() for lack in self.missing],
        }

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = [("because", html.cell(line)) for line in self.because if not line.startswith((MISSING, NEEDED))]
        rows += [("because", html.cell([str(lack), lack.text])) for lack in self.missing]
        rows += [("note", html.cell(text)) for text in self.notes]
        head = html.title(self.summary)
        return html.output(head, html.table(("", ""), rows[: html.MAX_CHANGES], len(rows), "to_dict()"))


def names_of(actions: Sequence[str]) -> str:
    """Return actions in a row: all that a verb needs, and some of more."""
    return several(actions, most=MOST_ACTIONS)


def _bounded(texts: list[str], where: str) -> Iterator[str]:
    yield from texts[:MOST_LINES]
    if len(texts) > MOST_LINES:
        yield f"and {len(texts) - MOST_LINES:,} more, in {where}"
