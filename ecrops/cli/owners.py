"""Failures and conflicts of single owners: one line each with the way out first, and ready for JSON. Pure.

Called by ``failures`` for errors, by ``plan`` and ``doctor`` for the conflicts of a plan. Every line names its owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops import errors
from ecrops.base.change import Change
from ecrops.base.render import several
from ecrops.cli.words import of_the_command
from ecrops.errors import MAX_SHOWN, ApplyError, ConflictError, message_of
from ecrops.text import printable, printable_lines

_ASIDE = "while "
"""How the notes begin that are no way out."""
MAX_NAMES = 5
"""How many conflicts with one way out are named."""


def code_of(error: BaseException) -> str:
    """Return the code of an answer of AWS; empty for other errors. It does not import botocore to tell them apart."""
    return str(_answer(error).get("Code", ""))


def _answer(error: BaseException) -> Mapping[str, Any]:
    """Return the code and the message of an answer of AWS; nothing for other errors."""
    response: Any = getattr(error, "response", None) or {}
    answer: Mapping[str, Any] = response.get("Error", {})
    return answer


def notes_of(error: BaseException) -> list[str]:
    """Return the notes of an error, without those about what was made before it: that is a part of the result here."""
    return [of_the_command(printable_lines(note)) for note in errors.notes_of(error)]


def by_owner(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the errors of single owners that an error is made of. The owner is empty where none is known."""
    if not isinstance(error, ApplyError):
        return [(str(getattr(error, "owner", "")), error)]
    known = list(error.failed.items())
    ids = {id(failure) for failure in error.failed.values()}
    return [*known, *(("", failure) for failure in error.exceptions if id(failure) not in ids)]


def conflicts_of(error: BaseException) -> list[Change]:
    """Return the conflicts of an error, and of the errors that it is made of."""
    refusals = [failure for _, failure in by_owner(error) if isinstance(failure, ConflictError)]
    return [conflict for refusal in refusals for conflict in refusal.conflicts]


def failure_lines(error: ApplyError) -> Iterator[str]:
    """Yield what failed: one line for each of a few owners."""
    failures = by_owner(error)
    for owner, failure in failures[:MAX_SHOWN]:
        yield printable(f"{owner or 'one of them'}: {_brief(failure)}")
    if len(failures) > MAX_SHOWN:
        yield f"and {len(failures) - MAX_SHOWN} more; --json lists them all"


def _brief(error: BaseException) -> str:
    """Return the way out and the code of an error; what it says if nobody knows a way out."""
    code = code_of(error)
    message = str(_answer(error).get("Message") or "") or " ".join(map(str.strip, message_of(error).splitlines()))
    notes = [note for note in notes_of(error) if not note.startswith(_ASIDE)]
    if code and notes:
        return of_the_command(f"{'; '.join(notes)} ({code})")
    return of_the_command("; ".join([f"{code}: {message}" if code else message, *notes]))


def advice_lines(conflicts: Iterable[Change]) -> Iterator[str]:
    """Yield the ways out of conflicts, each with what it is for. The same for several is one line."""
    places: dict[str, list[str]] = {}
    for conflict in conflicts:
        if advice := conflict.advice.get("", ""):
            places.setdefault(advice, []).append(place_of(conflict))
    for advice, names in places.items():
        yield printable(f"{several(names, most=MAX_NAMES)}: {of_the_command(advice)}")


def advice_of(conflict: Change) -> str:
    """Return the way out of a conflict; empty if nobody knows one."""
    return of_the_command(conflict.advice.get("", ""))


def place_of(change: Change) -> str:
    """Return the owner of a change, and the part of it that is changed."""
    return f"{change.owner} {change.what}".rstrip()


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
            "type": type(failure).__name__,
            "code": code_of(failure),
            "message": of_the_command(printable_lines(message_of(failure))),
            "notes": notes_of(failure),
        }
        for owner, failure in by_owner(error)
    ]


def conflicts_data(conflicts: Iterable[Change]) -> list[dict[str, str]]:
    """Return conflicts, ready for JSON."""
    return [
        {
            "owner": conflict.owner,
            "what": conflict.what,
            "before": conflict.before,
            "after": conflict.after,
            "advice": advice_of(conflict),
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
