"""Failures and conflicts of single owners: one line each with the way out first, and ready for JSON. Pure.

Called by ``failures`` for errors, by ``plan`` and ``doctor`` for the conflicts of a plan. Every line names its owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.base.change import Change
from ecrops.cli.words import of_the_command
from ecrops.errors import MAX_SHOWN, ApplyError, ConflictError, EcropsError
from ecrops.text import printable, printable_lines

_MADE = re.compile(r"done before: |and \d+ more$")
"""Notes about what was made before, which is a part of the result here."""
_ASIDE = "while "
"""How the notes begin that are no way out."""
MAX_NAMES = 5
"""How many conflicts with one way out are named."""


def answer_of(error: BaseException) -> Mapping[str, Any]:
    """Return the code and the message of an answer of AWS; nothing for other errors."""
    response: Any = getattr(error, "response", None) or {}
    answer: Mapping[str, Any] = response.get("Error", {})
    return answer


def notes_of(error: BaseException) -> list[str]:
    """Return the notes of an error, without those about what was made before it."""
    notes: list[str] = getattr(error, "__notes__", [])
    return [of_the_command(printable_lines(note)) for note in notes if not _MADE.match(note)]


def by_owner(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the errors of single owners that an error is made of. The owner is empty where none is known."""
    if not isinstance(error, ApplyError):
        return [(str(getattr(error, "owner", "")), error)]
    known = list(error.failed.items())
    return [*known, *(("", one) for one in error.exceptions if not any(one is other for _, other in known))]


def conflicts_of(error: BaseException) -> list[Change]:
    """Return the conflicts of an error, and of the errors that it is made of."""
    refused = [one for _, one in by_owner(error) if isinstance(one, ConflictError)]
    return [conflict for one in refused for conflict in one.conflicts]


def failure_lines(error: ApplyError) -> Iterator[str]:
    """Yield what failed: one line for each of a few owners."""
    failures = by_owner(error)
    for owner, one in failures[:MAX_SHOWN]:
        yield printable(f"{owner or 'one of them'}: {_brief(one)}")
    if len(failures) > MAX_SHOWN:
        yield f"and {len(failures) - MAX_SHOWN} more; --json lists them all"


def _brief(error: BaseException) -> str:
    """Return the way out and the code of an error; what it says if nobody knows a way out."""
    answer = answer_of(error)
    code = str(answer.get("Code", ""))
    said = str(answer.get("Message") or "") or " ".join(map(str.strip, _text(error).splitlines()))
    notes = [note for note in notes_of(error) if not note.startswith(_ASIDE)]
    if code and notes:
        return of_the_command(f"{'; '.join(notes)} ({code})")
    return of_the_command("; ".join([f"{code}: {said}" if code else said, *notes]))


def _text(error: BaseException) -> str:
    is_known = isinstance(error, EcropsError) or type(error).__module__.startswith("botocore")
    return str(error) if is_known else f"{type(error).__name__}: {error}"


def advice_lines(conflicts: Iterable[Change]) -> Iterator[str]:
    """Yield the ways out of conflicts, each with what it is for. The same for several is one line."""
    places: dict[str, list[str]] = {}
    for conflict in conflicts:
        if advice := conflict.advice.get("", ""):
            places.setdefault(advice, []).append(_place(conflict))
    for advice, names in places.items():
        yield printable(f"{_some(names)}: {of_the_command(advice)}")


def _place(change: Change) -> str:
    return f"{change.owner} {change.what}".rstrip()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{', '.join(names[:MAX_NAMES])}{more}"


def conflict_lines(error: ConflictError) -> Iterator[str]:
    """Yield what an error says of its conflicts, and the ways out. What is one line in the end stays one line."""
    yield str(error).partition("\n")[0]
    yield from (f"  {conflict}" for conflict in error.conflicts)
    yield from (f"  {line}" for line in advice_lines(error.conflicts))


def errors_data(error: BaseException) -> list[dict[str, Any]]:
    """Return the errors of single owners, ready for JSON."""
    return [
        {
            "owner": owner,
            "type": type(one).__name__,
            "code": str(answer_of(one).get("Code", "")),
            "message": of_the_command(printable_lines(_text(one))),
            "notes": notes_of(one),
        }
        for owner, one in by_owner(error)
    ]


def conflicts_data(conflicts: Iterable[Change]) -> list[dict[str, str]]:
    """Return conflicts, ready for JSON."""
    return [
        {
            "owner": conflict.owner,
            "what": conflict.what,
            "before": conflict.before,
            "after": conflict.after,
            "advice": of_the_command(conflict.advice.get("", "")),
        }
        for conflict in conflicts
    ]


def made_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Yield what was made before an error: a few changes, and how many there are."""
    from ecrops.engine.plan import Plan

    shown, count = changes[:MAX_SHOWN], str(Plan(tuple(changes), applied=tuple(changes)).summary)
    yield from str(Plan(tuple(shown), applied=tuple(shown))).splitlines()[:-1]
    if len(changes) > MAX_SHOWN:
        yield f"and {len(changes) - MAX_SHOWN} more"
    yield count
