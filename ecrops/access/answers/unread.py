"""What could not be read of the policies that decide, and why. Called by the readings of this folder."""

from __future__ import annotations

from typing import NamedTuple

from ecrops.aws import DENIED, code_of
from ecrops.text import printable


class Unread(NamedTuple):
    """Something that could not be read, so that what depends on it is not known.

    Args:
        what: What it is, in words: ``repository policy of team/a``.
        why: Why, in words.
        permission: The IAM action that the caller lacks; empty if that is not the reason.
        is_garbled: Whether AWS answered, and what it answered is no policy.
    """

    what: str
    why: str
    permission: str = ""
    is_garbled: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def unread(what: str, error: Exception, permission: str) -> Unread:
    """Return what an error says of a reading.

    Args:
        what: What was read, in words.
        error: The error.
        permission: The IAM action of the call.
    """
    if code_of(error) in DENIED:
        return Unread(what, f"the caller may not call {permission}", permission)
    return Unread(what, printable(str(error)))
