"""What the values of all settings share. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def unchecked(cls: type[T], **fields: Any) -> T:
    """Return a value of a frozen dataclass as AWS has it, without its checks: AWS has accepted it.

    Args:
        cls: The class.
        fields: All fields.
    """
    value = object.__new__(cls)
    for name, field in fields.items():
        object.__setattr__(value, name, field)
    return value
