"""What keeps the layers of one repository: behind the API of ECR, or behind the ``/v2`` of a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Content(Protocol):
    """The bytes of a layer, as a stream that can be read again from its first byte."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes: as many as asked for; fewer at the end only."""

    def seek(self, offset: int, /) -> int:
        """Go on at another byte."""

    def close(self) -> None:
        """Give the connection back."""


class Store(Protocol):
    """The layers of one repository."""

    def has(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the layers that are there, with their bytes."""

    def open(self, digest: str) -> Content:
        """Return a layer as a stream."""

    def upload(self, digest: str, size: int, stream: Content) -> None:
        """Write a layer. What is there already stays."""
