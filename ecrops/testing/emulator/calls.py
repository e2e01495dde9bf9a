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
    """One attempt to call AWS.

    Args:
        service: The service, as boto3 names it: ``ecr``.
        operation: The operation, as AWS names it: ``CreateRepository``.
        params: What was asked, as the caller gave it to boto3.
        region: The region that was called.
        fault: What the test had in store for it; ``None`` if it went through.
    """

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
    """The calls made through the sessions of one `Cloud`, in order; each attempt counts. Thread-safe.

    It is a sequence of `Call`: it has a length and an order.

    Example:
        >>> from ecrops.testing import in_memory
        >>> with in_memory() as cloud:
        ...     answer = cloud.session().client("ecr").describe_repositories(maxResults=7)
        ...     cloud.calls.operations(), cloud.calls[0].params
        (['DescribeRepositories'], {'maxResults': 7})
    """

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Record a call: the cloud does so.

        Args:
            call: The attempt.
        """
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls so far."""
        with self._lock:
            self._calls.clear()

    def operations(self) -> list[str]:
        """Return the names of the operations called, in order."""
        return [call.operation for call in self]

    def writes(self) -> list[str]:
        """Return the names of the operations called that change something, in order."""
        return [call.operation for call in self if call.is_write]

    def of(self, operation: str, service: str | None = None) -> list[Call]:
        """Return the calls of one operation, in order.

        Args:
            operation: The operation, such as ``PutImage``.
            service: Only those of this service, where two have such an operation.
        """
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
