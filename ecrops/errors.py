"""What ecrops raises. AWS's own errors stay botocore's; these are for everything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ecrops.base.change import Change


MOST_TOLD = 10


class EcropsError(Exception):
    """The base of all errors that ecrops itself raises."""


class SpecError(EcropsError, ValueError):
    """Something asked for can never be valid. Raised before any call, with every reason at once.

    Attributes:
        reasons: One sentence each; a reason starts with the path of the field that it is about.
    """

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__(reasons[0] if len(reasons) == 1 else "\n".join(f"- {reason}" for reason in reasons))

    def at(self, path: str) -> SpecError:
        """The same reasons, told of a value that is a part of something larger, at ``path``."""
        return SpecError(*(_join(path, reason) for reason in self.reasons))


def _join(path: str, reason: str) -> str:
    """``reason`` with ``path`` before the field that it starts with, if it starts with one."""
    if reason.startswith("["):
        return f"{path}{reason}"
    return f"{path}.{reason}" if re.match(r"[\w.\[\]]+: ", reason) else f"{path}: {reason}"


class ConflictError(EcropsError):
    """Something asked for cannot be, as things are.

    Attributes:
        conflicts: The changes that cannot be made, in the order of the plan.
    """

    def __init__(self, conflicts: Iterable[Change], headline: str = "nothing was changed, for this cannot be") -> None:
        self.conflicts = tuple(conflicts)
        lines = [f"  {conflict}" for conflict in self.conflicts]
        advice = dict.fromkeys(conflict.advice[""] for conflict in self.conflicts if "" in conflict.advice)
        super().__init__("\n".join([f"{headline}:", *lines, *advice]))


class DeadlineError(EcropsError, TimeoutError):
    """The time given is over, as with ``Registry.within``. Running again does what is still missing.

    Attributes:
        applied: The changes that were made before.
    """

    def __init__(self, message: str, applied: Sequence[Change] = ()) -> None:
        self.applied = tuple(applied)
        super().__init__(message)


class ApplyError(EcropsError, ExceptionGroup[Exception]):
    """Some of several owners could not be brought to what was asked for; the others were.

    Nothing is rolled back, and running again does what is still missing.

    Attributes:
        applied: The changes that were made, in order.
    """

    applied: tuple[Change, ...]

    def __new__(cls, message: str, exceptions: Sequence[Exception], applied: Sequence[Change] = ()) -> Self:
        """Exception groups take their exceptions here."""
        error = super().__new__(cls, message, exceptions)
        error.applied = tuple(applied)
        return error

    def __init__(self, message: str, exceptions: Sequence[Exception], applied: Sequence[Change] = ()) -> None:
        super().__init__(message, exceptions)

    def __str__(self) -> str:
        told = ["; ".join((str(error), *getattr(error, "__notes__", ()))) for error in self.exceptions[:MOST_TOLD]]
        if len(self.exceptions) > MOST_TOLD:
            told.append(f"and {len(self.exceptions) - MOST_TOLD} more, in .exceptions")
        made = "1 change was" if len(self.applied) == 1 else f"{len(self.applied)} changes were"
        return "\n  ".join([f"{self.message}; {made} made (.applied)", *told])

    def derive(self, exceptions: Sequence[Exception]) -> ApplyError:  # type: ignore[override]
        """What ``except*`` splits off is an ``ApplyError`` too."""
        return ApplyError(self.message, exceptions, self.applied)
