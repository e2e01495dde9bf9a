"""The bytes of a layer, as whatever reads and writes layers takes them."""

from __future__ import annotations

from typing import Protocol


class Content(Protocol):
    """The bytes of a layer, as a stream that can be read again from its first byte."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes: as many as asked for; fewer at the end only."""

    def seek(self, offset: int, /) -> int:
        """Go on at another byte."""

    def close(self) -> None:
        """Give the connection back."""
