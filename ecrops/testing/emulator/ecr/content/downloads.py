"""The URLs of layers. A test says when they expire."""

from __future__ import annotations

import secrets

from ...distribution import door
from .blobs import Blob


class Downloads:
    """Which URLs were given for which layers.

    ``uses`` is how often a URL that is given from now on can be read; ``None``: as often as one likes.
    """

    def __init__(self, account: str, region: str) -> None:
        self.uses: int | None = None
        self._where = f"{account}/{region}"
        self._given: dict[str, tuple[Blob, int | None]] = {}

    def url(self, blob: Blob) -> str:
        """A new URL of a layer."""
        key = secrets.token_urlsafe(16)
        self._given[key] = blob, self.uses
        return f"{door.url()}/{door.LAYERS}/{self._where}/{key}"

    def expire(self) -> None:
        """All URLs that were given are too old from now on."""
        self._given.clear()

    def read(self, key: str) -> Blob | None:
        """The layer of a URL; nothing if that has expired."""
        blob, uses = self._given.get(key, (None, 0))
        if blob is None or uses == 0:
            return None
        self._given[key] = blob, None if uses is None else uses - 1
        return blob
