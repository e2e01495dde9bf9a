"""The bytes of layers: small ones in memory, big ones in files without a name."""

from __future__ import annotations

import hashlib
import threading
import uuid
import weakref
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

IN_MEMORY = 4 * 1024 * 1024
CHUNK = 256 * 1024


class _File:
    """A file without a name, which is gone when nobody knows it any more."""

    def __init__(self) -> None:
        self._file: Any = TemporaryFile()  # noqa: SIM115
        self._lock = threading.Lock()
        weakref.finalize(self, self._file.close)

    def add(self, content: bytes) -> None:
        self._file.write(content)

    def read(self, first: int, count: int) -> bytes:
        with self._lock:
            self._file.seek(first)
            content: bytes = self._file.read(count)
            return content


class Blob:
    """The bytes of a layer or of a configuration, and their digest."""

    def __init__(self, content: bytes | _File, size: int, digest: str) -> None:
        self._content = content
        self.size, self.digest = size, digest

    @classmethod
    def of(cls, content: bytes) -> Blob:
        """The blob of some bytes."""
        return cls(content, len(content), digest_of(content))

    def chunks(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from one position to another, some at a time."""
        end = self.size if end is None else min(end, self.size)
        while first < end:
            content = self._read(first, min(CHUNK, end - first))
            first += len(content)
            yield content

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self.chunks())

    def _read(self, first: int, count: int) -> bytes:
        if isinstance(self._content, bytes):
            return self._content[first : first + count]
        return self._content.read(first, count)


class Upload:
    """A layer that is on its way, with the sizes of its parts."""

    def __init__(self) -> None:
        self.upload_id = str(uuid.uuid4())
        self.parts: list[int] = []
        self.size = 0
        self._memory = bytearray()
        self._file: _File | None = None
        self._hash = hashlib.sha256()

    def add(self, content: bytes) -> None:
        """More bytes."""
        self._hash.update(content)
        self.size += len(content)
        if self._file is None and self.size > IN_MEMORY:
            self._file = _File()
            self._file.add(bytes(self._memory))
            self._memory.clear()
        if self._file is None:
            self._memory += content
        else:
            self._file.add(content)

    @property
    def digest(self) -> str:
        """The digest of what has come."""
        return "sha256:" + self._hash.hexdigest()

    def finished(self) -> Blob:
        """All that has come, as a blob."""
        return Blob(bytes(self._memory) if self._file is None else self._file, self.size, self.digest)


def digest_of(content: bytes) -> str:
    """The digest of some bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
