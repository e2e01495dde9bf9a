"""Three values: true, false, and ``None`` for what depends on something that is not known (Kleene's logic)."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def all_of(values: Iterable[Truth]) -> Truth:
    """Return whether all are true: one that is false decides, whatever is not known."""
    found = list(values)
    if any(value is False for value in found):
        return False
    return None if any(value is None for value in found) else True


def any_of(values: Iterable[Truth]) -> Truth:
    """Return whether one is true: one that is true decides, whatever is not known."""
    found = list(values)
    if any(value is True for value in found):
        return True
    return None if any(value is None for value in found) else False


def opposite(value: Truth) -> Truth:
    """Return the other value; what is not known stays so."""
    return None if value is None else not value


def at_most_unknown(value: Truth) -> Truth:
    """Return ``False`` for what is false, and ``None`` for all else."""
    return False if value is False else None
