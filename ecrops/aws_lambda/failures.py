"""Errors as data: one row for each owner that failed, with a code that a program can branch on, and without secrets.

Called by ``answer``, and by ``logs`` through it. It imports no botocore to tell its errors.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypedDict

from ecrops.aws.classes import code_of
from ecrops.errors import ConflictError, EcropsError, SpecError, is_of_botocore, message_of, notes_of
from ecrops.text import printable_lines

if TYPE_CHECKING:
    import boto3

LONGEST = 2_000
"""How many characters a text of an answer has at most. A secret is shorter."""
MOST_NOTES = 5
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


def rows_of(failed: Mapping[str, Exception], errors: Iterable[Exception]) -> list[Row]:
    """Return the rows of errors: first those of no single owner, then the others in the order of their owners.

    Args:
        failed: The error of each owner that failed. Several owners may share one.
        errors: The errors of no single owner.
    """
    shared: dict[int, tuple[list[str], Exception]] = {}
    for owner in sorted(failed):
        shared.setdefault(id(failed[owner]), ([], failed[owner]))[0].append(owner)
    of_owners = chain.from_iterable(_rows(error, owners) for owners, error in shared.values())
    of_all = chain.from_iterable(_rows(error, [""]) for error in errors)
    return list(chain(of_all, of_owners))


def _rows(error: Exception, owners: Sequence[str]) -> Iterator[Row]:
    if isinstance(error, ConflictError) and error.conflicts:
        headline = str(error).partition("\n")[0].removesuffix(":")
        for conflict in error.conflicts:
            yield _row(error, f"{headline}: {conflict}", [conflict.owner], filter(None, [conflict.advice.get("")]))
    elif isinstance(error, SpecError):
        for reason in error.reasons:
            yield _row(error, reason, owners)
    else:
        yield _row(error, message_of(error), owners, notes_of(error))  # what was made, the answer has by itself


def _row(error: Exception, message: str, owners: Sequence[str], notes: Iterable[str] = ()) -> Row:
    code = code_of(error) or type(error).__name__
    return {
        "owner": owners[0],
        "owners": len(owners),
        "code": code,
        "message": message,
        "notes": list(notes)[:MOST_NOTES],
    }


def is_unexpected(error: Exception) -> bool:
    """Whether an error is none of ecrops, of botocore, or of the system: its traceback belongs into the log."""
    return not isinstance(error, EcropsError | OSError) and not is_of_botocore(error)


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
    shown = text[: 2 * LONGEST]  # a secret that ends behind it is not among the first half
    for secret in secrets:
        shown = shown.replace(secret, HIDDEN)
    shown = printable_lines(shown)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}... ({len(text):,} characters in all)"


def cleaned(row: Row, secrets: Sequence[str]) -> Row:
    """Return a row as an answer has it."""
    message, notes = clean(row["message"], secrets), [clean(note, secrets) for note in row["notes"]]
    return {**row, "message": message, "notes": notes}
