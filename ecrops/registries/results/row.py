"""What became of one registry: a value, or an error as data. Pure; it travels between processes.

An error itself may lose its notes on the way (botocore's do), or its class may not be there: so it is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.base.change import Change
from ecrops.base.shown import Shown
from ecrops.errors import ApplyError, ConflictError, SpecError, is_of_botocore
from ecrops.registries.location import RegistryLocation
from ecrops.text import printable_lines

WORKER_LOST, NOT_BEGUN, CANCELLED = "WorkerLost", "NotBegun", "Cancelled"


@dataclass(frozen=True)
class RowError(Shown):
    """Why the work of one registry failed.

    Args:
        kind: The class of the error, such as ``ClientError``; ``WorkerLost`` if the process that did the work ended
            before it answered, ``NotBegun`` if the work was not begun, ``Cancelled`` if it was stopped and may have
            begun.
        message: The error in words.
        code: The error code of AWS; empty for other errors.
        notes: What else there is to say: what the error stopped, and the way out.
        owners: The errors of single owners, such as repositories, if several failed.
        conflicts: The changes that cannot be made.
    """

    kind: str
    message: str
    code: str = ""
    notes: tuple[str, ...] = ()
    owners: Mapping[str, RowError] = field(default_factory=dict)
    conflicts: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return self.message

    @classmethod
    def of(cls, error: BaseException) -> RowError:
        """Return an error as data."""
        response: Mapping[str, Any] = getattr(error, "response", None) or {}
        code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, Mapping) else ""
        owners = error.failed if isinstance(error, ApplyError) else {}
        return cls(
            kind=type(error).__name__,
            message=_message(error),
            code=code,
            notes=tuple(printable_lines(str(note)) for note in getattr(error, "__notes__", ())),
            owners={owner: cls.of(failure) for owner, failure in owners.items()},
            conflicts=error.conflicts if isinstance(error, ConflictError) else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the error, ready for JSON."""
        return {
            "type": self.kind,
            "code": self.code,
            "message": self.message,
            "notes": list(self.notes),
            "owners": {owner: error.to_dict() for owner, error in self.owners.items()},
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
        }


def _message(error: BaseException) -> str:
    text = printable_lines(str(error))
    if isinstance(error, SpecError | ConflictError | ApplyError) or is_of_botocore(error):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass(frozen=True)
class Row(Shown):
    """What became of one registry.

    Args:
        location: The registry.
        value: What the verb returned; ``None`` if it failed, or if values were not kept.
        error: Why it failed; ``None`` if it did not.
        applied: The changes that were made, also before it failed.
        account: The id of the account, if it became known.
        region: The region, if it became known.
        seconds: How long the work took, in the worker.
    """

    location: RegistryLocation
    value: Any = None
    error: RowError | None = None
    applied: tuple[Change, ...] = ()
    account: str = ""
    region: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return self.error is not None

    def without_value(self) -> Row:
        """Return the row without its value, for who keeps none."""
        return replace(self, value=None)

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.location}: {self.error}"
        summary = getattr(self.value, "summary", None)
        return f"{self.location}: {summary if isinstance(summary, str) else 'done'}"

    def to_dict(self) -> dict[str, Any]:
        """Return the row, ready for JSON."""
        return {
            "location": self.location.to_dict(),
            "account": self.account,
            "region": self.region,
            "value": plain(self.value),
            "error": None if self.error is None else self.error.to_dict(),
            "applied": [change.to_dict() for change in self.applied],
        }


def plain(value: Any) -> Any:
    """Return what a verb returned, ready for JSON."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
