"""What ecrops raises. AWS's own errors stay botocore's, with notes; these are for everything else.

Users import the errors from ``ecrops``::

    Exception
     └── EcropsError                        all errors of ecrops itself
          ├── SpecError (ValueError)        what was asked for can never be valid; raised before any call
          ├── ConflictError                 what was asked for cannot be made, as things are; nothing was changed
          ├── DeadlineError (TimeoutError)  the time given with Registry.within is over
          ├── ApplyError (ExceptionGroup)   some of several owners failed, and the others were made
          └── lifecycle.PreviewError        ECR gave up a preview

``.applied`` of ``DeadlineError`` and ``ApplyError`` has the changes that were made before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from ecrops.text import printable, printable_lines

if TYPE_CHECKING:
    from ecrops.base.change import Change


MAX_SHOWN = 10
_MADE = re.compile(r"done before: |and \d+ more$")
"""How notes about what was made before begin; ``engine/outcomes`` writes them."""


class EcropsError(Exception):
    """The base of all errors that ecrops itself raises. Every error can be pickled and copied with all it carries.

    Its text shows control characters, which texts of others may hold, as escapes.
    """

    def __str__(self) -> str:
        return printable_lines(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild the error without calling ``__init__``, whose arguments are not those of ``Exception``."""
        return _rebuilt, (type(self), self.args), dict(vars(self))


def _rebuilt(kind: type[Any], args: tuple[Any, ...]) -> Any:
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class SpecError(EcropsError, ValueError):
    """What was asked for can never be valid. Raised before any call, with every reason at once.

    Attributes:
        reasons: One sentence for each reason. It starts with the path of the field, if it is about one.
    """

    def __init__(self, *reasons: str) -> None:
        self.reasons = tuple(map(printable, reasons))
        reasons = self.reasons
        super().__init__(reasons[0] if len(reasons) == 1 else "\n".join(f"- {reason}" for reason in reasons))

    def at(self, path: str) -> SpecError:
        """Return the same error for a larger value, of which the wrong one is the part at ``path``."""
        return SpecError(*(_join(path, reason) for reason in self.reasons))


def _join(path: str, reason: str) -> str:
    """Put ``path`` before a reason, and join it with the field that the reason starts with."""
    if reason.startswith("["):
        return f"{path}{reason}"
    return f"{path}.{reason}" if re.match(r"[\w.\[\]]+: ", reason) else f"{path}: {reason}"


class ConflictError(EcropsError):
    """What was asked for cannot be made, as things are.

    Attributes:
        conflicts: The changes that cannot be made, in the order of the plan.
    """

    def __init__(
        self, conflicts: Iterable[Change], headline: str = "nothing was changed, because these changes are impossible"
    ) -> None:
        self.conflicts = tuple(conflicts)
        lines = [f"  {conflict}" for conflict in self.conflicts]
        advice = dict.fromkeys(conflict.advice[""] for conflict in self.conflicts if "" in conflict.advice)
        super().__init__("\n".join([f"{headline}:" if lines else headline, *lines, *map(printable, advice)]))


class DeadlineError(EcropsError, TimeoutError):
    """The time given with ``Registry.within`` is over. Running again makes what is still missing.

    Attributes:
        applied: The changes that were made before.
    """

    def __init__(self, message: str, applied: Sequence[Change] = ()) -> None:
        self.applied = tuple(applied)
        super().__init__(message)


class ApplyError(EcropsError, ExceptionGroup[Exception]):
    """Some of several owners failed, and the others were made.

    Nothing is rolled back. Running again makes what is still missing.

    Attributes:
        applied: The changes that were made, in order.
        failed: The error of each owner that failed. Several owners may share one.
    """

    applied: tuple[Change, ...]
    failed: Mapping[str, Exception]

    def __new__(
        cls,
        message: str,
        exceptions: Sequence[Exception],
        applied: Sequence[Change] = (),
        failed: Mapping[str, Exception] = MappingProxyType({}),
    ) -> Self:
        """Make the group: exception groups take their exceptions in ``__new__``."""
        error = super().__new__(cls, message, exceptions)
        error.applied, error.failed = tuple(applied), dict(failed)
        return error

    def __init__(
        self,
        message: str,
        exceptions: Sequence[Exception],
        applied: Sequence[Change] = (),
        failed: Mapping[str, Exception] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, exceptions)

    def __str__(self) -> str:
        texts = [(str(error), *getattr(error, "__notes__", ())) for error in self.exceptions[:MAX_SHOWN]]
        lines = ["; ".join(text).replace("\n", "\n    ") for text in texts]
        if len(self.exceptions) > MAX_SHOWN:
            lines.append(f"and {len(self.exceptions) - MAX_SHOWN} more, in .exceptions")
        count = "1 change was" if len(self.applied) == 1 else f"{len(self.applied)} changes were"
        return printable_lines("\n  ".join([f"{self.message}; {count} made (.applied)", *lines]))

    def derive(self, exceptions: Sequence[Exception]) -> ApplyError:  # type: ignore[override]
        """Return the part that ``except*`` splits off: an ``ApplyError`` too."""
        kept = {owner: error for owner, error in self.failed.items() if any(error is one for one in exceptions)}
        return ApplyError(self.message, exceptions, self.applied, kept)


# What programs show of errors


def is_of_botocore(error: BaseException) -> bool:
    """Whether botocore raised an error. It does not import botocore to know."""
    return type(error).__module__.startswith("botocore")


def message_of(error: BaseException) -> str:
    """Return what an error says: an unexpected one with its class, since its text alone may say nothing."""
    is_known = isinstance(error, EcropsError) or is_of_botocore(error)
    return str(error) if is_known else f"{type(error).__name__}: {error}"


def notes_of(error: BaseException) -> list[str]:
    """Return the notes of an error, without those about what was made before it."""
    notes: list[str] = getattr(error, "__notes__", [])
    return [note for note in notes if not _MADE.match(note)]
