"""Errors as data: one row for each owner that failed, with a code that a program can branch on, and without secrets.

Called by ``answer``, and by ``logs`` through it. It imports no botocore to tell its errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ecrops.aws.classes import code_of
from ecrops.errors import ApplyError, ConflictError, DeadlineError, EcropsError, SpecError
from ecrops.text import printable_lines

if TYPE_CHECKING:
    import boto3

LONGEST = 2_000
"""How many characters a text of an answer has at most."""
MOST_NOTES = 5
_MADE = re.compile(r"done before: |and \d+ more$")
"""Notes about what was made before, which the answer has by itself."""
HIDDEN = "<secret>"
SHORTEST_SECRET = 16
"""Shorter values of the variables for credentials are those of a test, and words that texts may have."""


class Row(TypedDict):
    """What became of one owner that failed.

    Attributes:
        owner: What could not be made, such as a repository; empty if the error is about no single owner.
        owners: How many owners share the error, this one among them.
        code: The code of AWS, such as ``AccessDeniedException``, else the class of the error, such as ``SpecError``.
        message: What went wrong, and the way out.
        notes: What else there is to know.
    """

    owner: str
    owners: int
    code: str
    message: str
    notes: list[str]


def is_of_deadline(error: BaseException | None) -> bool:
    """Whether the time was over, for some owners at least: then calling again makes the rest."""
    if isinstance(error, ApplyError):
        return any(isinstance(failure, DeadlineError) for failure in error.exceptions)
    return isinstance(error, DeadlineError)


def failed_owners(error: BaseException | None) -> set[str]:
    """Return the owners that failed for another reason than the time."""
    if isinstance(error, ApplyError):
        return {owner for owner, failure in error.failed.items() if not isinstance(failure, DeadlineError)}
    if isinstance(error, ConflictError):
        return {conflict.owner for conflict in error.conflicts}
    return {owner} if (owner := getattr(error, "owner", "")) and not isinstance(error, DeadlineError) else set()


def unfinished_owners(error: BaseException | None) -> set[str]:
    """Return the owners that the time was over for, as far as the error names them."""
    if not isinstance(error, ApplyError):
        return set()
    return {owner for owner, failure in error.failed.items() if isinstance(failure, DeadlineError)}


def rows_of(error: BaseException | None, secrets: Sequence[str]) -> list[Row]:
    """Return the rows of an error, in the order of the owners. That the time was over is none.

    Args:
        error: What ended the work, if anything did.
        secrets: Texts that no row has.
    """
    rows = [] if error is None else [_without(row, secrets) for row in _rows(error)]
    return sorted(rows, key=lambda row: row["owner"])


def _rows(error: BaseException) -> Iterator[Row]:
    if isinstance(error, ApplyError):
        shared: dict[int, tuple[list[str], Exception]] = {id(one): ([], one) for one in error.exceptions}
        for owner, failure in error.failed.items():
            shared.setdefault(id(failure), ([], failure))[0].append(owner)
        for owners, failure in shared.values():
            for row in _rows(failure):
                yield {**row, "owner": row["owner"] or (owners or [""])[0], "owners": max(1, len(owners))}
    elif isinstance(error, ConflictError):
        for conflict in error.conflicts:
            advice = conflict.advice.get("", "")
            yield _row(error, str(error).partition("\n")[0], conflict.owner, [str(conflict), *filter(None, [advice])])
        if not error.conflicts:
            yield _row(error, str(error))
    elif isinstance(error, SpecError):
        for reason in error.reasons:
            yield _row(error, reason)
    elif not isinstance(error, DeadlineError):
        yield _row(error, _message(error), str(getattr(error, "owner", "")), getattr(error, "__notes__", ()))


def _row(error: BaseException, message: str, owner: str = "", notes: Sequence[str] = ()) -> Row:
    code = code_of(error) or type(error).__name__
    others = [note for note in notes if not _MADE.match(note)]
    return {"owner": owner, "owners": 1, "code": code, "message": message, "notes": others[:MOST_NOTES]}


def is_unexpected(error: BaseException | None) -> bool:
    """Whether an error is none of ecrops, of botocore, or of the system: its traceback belongs into the log."""
    return error is not None and not isinstance(error, EcropsError | OSError) and not _is_of_botocore(error)


def _is_of_botocore(error: BaseException) -> bool:
    return type(error).__module__.startswith("botocore")


def _message(error: BaseException) -> str:
    """Return what an error says: an unexpected one with its class, since its text alone may say nothing."""
    is_known = isinstance(error, EcropsError) or _is_of_botocore(error)
    return str(error) if is_known else f"{type(error).__name__}: {error}"


def secrets_of(session: boto3.Session | None) -> tuple[str, ...]:
    """Return the secrets of this process and of a session, as far as they are known without asking anybody.

    A message of AWS about a wrong signature repeats the request, whose headers have the session token.
    """
    inner: Any = session and session._session  # boto3 has no way to credentials that asks nobody
    credentials = getattr(inner, "_credentials", None)
    known = getattr(credentials, "_frozen_credentials", credentials)  # without it, they are refreshed when looked at
    of_session = [getattr(known, name, None) for name in ("secret_key", "token")]
    values = [*of_session, *map(os.environ.get, ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))]
    return tuple({value for value in values if isinstance(value, str) and len(value) >= SHORTEST_SECRET})


def clean(text: str, secrets: Sequence[str]) -> str:
    """Return a text as an answer has it: without secrets and control characters, and not too long."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = printable_lines(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text) - LONGEST:,} more characters)"


def _without(row: Row, secrets: Sequence[str]) -> Row:
    message, notes = clean(row["message"], secrets), [clean(note, secrets) for note in row["notes"]]
    return {**row, "message": message, "notes": notes}
