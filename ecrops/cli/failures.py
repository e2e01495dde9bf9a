"""Errors as a user of the command sees them: one sentence and the way out, an exit code, or JSON."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import CONFLICT, ERROR, INTERRUPTED, PARTLY_DONE
from ecrops.cli.owners import (
    code_of,
    conflict_lines,
    conflicts_data,
    conflicts_of,
    errors_data,
    failure_lines,
    made_lines,
    notes_of,
)
from ecrops.cli.parser import UsageError
from ecrops.cli.words import of_the_command
from ecrops.errors import ApplyError, ConflictError, EcropsError, SpecError, is_of_botocore
from ecrops.text import printable_lines

_LOG_IN = "log in again, for example with: aws sso login"
_ADVICE: Mapping[str, str] = {
    "NoCredentialsError": "there are no AWS credentials here: log in (aws configure, aws sso login), name a --profile, "
    "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; 'ecrops try' needs none",
    "PartialCredentialsError": "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile",
    "NoRegionError": "there is no region: say --region eu-west-1, or set AWS_DEFAULT_REGION",
    "ProfileNotFound": "aws configure list-profiles shows the profiles of this machine",
    "SSOTokenLoadError": _LOG_IN,
    "UnauthorizedSSOTokenError": _LOG_IN,
    "TokenRetrievalError": _LOG_IN,
    "EndpointConnectionError": "is the region spelled right, and does this machine reach the network?",
    "ConnectTimeoutError": "does this machine reach the network, and is a proxy needed (HTTPS_PROXY)?",
}
"""What to do about errors of botocore that have no notes."""
_IN_PLACE = ("NoCredentialsError", "NoRegionError")


class CommandError(EcropsError):
    """A command cannot do what its arguments ask for."""


def report(error: BaseException, console: Console, *, debug: bool) -> int:
    """Show an error, and return the exit code for it.

    Args:
        error: The error, or Ctrl-C.
        console: Where it is shown.
        debug: Whether to show the traceback too.
    """
    applied = getattr(error, "applied", None) or console.applied
    code = _code(error, bool(applied))
    if debug:
        console.say("".join(traceback.format_exception(error)).rstrip())
    if console.as_json and not console.is_lost:
        console.data({"error": _data(error, code) | {"applied": [change.to_dict() for change in applied]}})
        return code
    if applied and not console.is_lost:
        console.text("\n".join(made_lines(applied)))
    console.say("\n".join(_lines(error)))
    return code


def report_usage(error: UsageError, console: Console) -> int:
    """Show that arguments are wrong, and which ones are right."""
    if console.as_json:
        console.data({"error": _data(error, ERROR) | {"notes": [error.usage], "applied": []}})
    else:
        console.say(f"ecrops: {error}\n{error.usage}")
    return ERROR


def _code(error: BaseException, some_done: bool) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if some_done:
        return PARTLY_DONE
    failures = error.exceptions if isinstance(error, ApplyError) else (error,)
    return CONFLICT if all(isinstance(failure, ConflictError) for failure in failures) else ERROR


def _message(error: BaseException) -> str:
    """Return an error in words."""
    name = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    if name in _IN_PLACE:
        return _ADVICE[name]
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, SpecError) and len(error.reasons) > 1:
        return of_the_command("\n  ".join([f"{len(error.reasons)} mistakes:", *error.reasons]))
    if isinstance(error, ApplyError):
        count = "1 change was" if len(error.applied) == 1 else f"{len(error.applied)} changes were"
        return f"{error.message}; {count} made"
    if isinstance(error, ConflictError):
        return "\n".join(conflict_lines(error))
    if isinstance(error, EcropsError | UsageError) or is_of_botocore(error):
        return of_the_command(printable_lines(str(error)))
    return printable_lines(f"{name}: {error}")


def _notes(error: BaseException) -> Iterator[str]:
    """Yield what else there is to say: the notes of the error, and the way out."""
    yield from notes_of(error)
    name = type(error).__name__
    if name in _ADVICE and name not in _IN_PLACE:
        yield _ADVICE[name]
    if not (isinstance(error, EcropsError | UsageError | OSError | KeyboardInterrupt) or is_of_botocore(error)):
        yield "this is a mistake of ecrops: --debug shows where; please report it"


def sentence(error: BaseException) -> str:
    """Return an error with its notes, in one line."""
    return "; ".join([_message(error), *_notes(error)])


def _lines(error: BaseException) -> Iterator[str]:
    yield f"ecrops: {_message(error)}"
    if isinstance(error, ApplyError):
        yield from (f"  {line}" for line in failure_lines(error))
    for note in _notes(error):
        yield "  " + note.replace("\n", "\n  ")


def _data(error: BaseException, code: int) -> dict[str, Any]:
    """Return an error, ready for JSON."""
    return {
        "type": type(error).__name__,
        "code": code_of(error),
        "message": _message(error),
        "reasons": list(error.reasons) if isinstance(error, SpecError) else [],
        "notes": list(_notes(error)),
        "errors": errors_data(error),
        "conflicts": conflicts_data(conflicts_of(error)),
        "exit_code": code,
    }
