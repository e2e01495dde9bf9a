"""What was asked of AWS: one `Call` for every attempt, in the order in which they were sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from .verdicts import Fault

_READS = (
    "AssumeRole", "BatchCheck", "BatchGet", "Decode", "Describe", "Get", "Head", "List", "Search", "Simulate",
    "Test", "Validate",
)  # fmt: skip


@dataclass(slots=True)
class Call:
    """One attempt to call AWS. `fault` is what the test had in store for it, or None."""

    service: str
    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    region: str = ""
    fault: Fault | None = None

    @property
    def is_write(self) -> bool:
        """Whether the operation changes something, going by its name."""
        return not self.operation.startswith(_READS)

    def __str__(self) -> str:
        return self.operation


class Recorder(Sequence[Call]):
    """The calls made through the sessions of one `Cloud`, in order; each attempt counts. Thread-safe."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def operations(self) -> list[str]:
        """The names of the operations called, in order."""
        return [call.operation for call in self]

    def writes(self) -> list[str]:
        """The names of the operations called that change something, in order."""
        return [call.operation for call in self if call.is_write]

    def of(self, operation: str, service: str | None = None) -> list[Call]:
        """The calls of one operation, in order."""
        return [call for call in self if call.operation == operation and service in (None, call.service)]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._calls[index]

    def __repr__(self) -> str:
        return f"Recorder({self.operations()})"
