"""Sending a large blob in a call whose input is JSON, without copies of it in memory.

Registered by ``clients``. botocore encodes a blob as base64, puts it into a document, and that into a request: five
copies of a part of 10 MiB, all larger than it is. A ``Blob`` is encoded while it is hashed and sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

MEMBERS = {"UploadLayerPart": "layerPartBlob"}
"""The member of an input that may be a ``Blob``, by operation."""
KEY = "ecrops-blob"
AT_ONCE = 65_536
_OF_BYTES, _OF_TEXT = 3, 4
"""Base64 writes so many bytes as so many characters."""


class Buffer(Protocol):
    """Bytes that are sliced: such as a ``bytearray``, or the memory of ``mmap``."""

    def __getitem__(self, index: slice, /) -> bytes | bytearray:
        """Return some of them."""


class Blob:
    """The first bytes of a buffer, which stays as it is until they are sent.

    Args:
        buffer: The buffer.
        size: How many bytes of it are meant.
    """

    def __init__(self, buffer: Buffer, size: int) -> None:
        self._buffer, self._size = buffer, size

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return bytes(self._buffer[: self._size])

    def text(self, first: int, last: int) -> bytes:
        """Return its base64 from one character to another."""
        group, until = first // _OF_TEXT, -(-last // _OF_TEXT)
        encoded = base64.b64encode(self._buffer[group * _OF_BYTES : min(until * _OF_BYTES, self._size)])
        return encoded[first - group * _OF_TEXT : last - group * _OF_TEXT]


class Document:
    """The bytes of a JSON document that ends with a blob, as a stream. It is read from any byte, as often as needed.

    Args:
        rest: The other members.
        name: The member that the blob is.
        blob: The blob.
    """

    def __init__(self, rest: Mapping[str, Any], name: str, blob: Blob) -> None:
        others = {key: value for key, value in rest.items() if key != name}
        head = json.dumps({**others, name: ""}).encode()
        self._head, self._tail, self._blob = head[:-2], head[-2:], blob
        self._encoded = -(-len(blob) // _OF_BYTES) * _OF_TEXT
        self._size = len(head) + self._encoded
        self._position = 0

    def __len__(self) -> int:
        return self._size

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, a few at once: many threads read."""
        first = self._position
        last = self._size if size is None or size < 0 else min(self._size, first + min(size, AT_ONCE))
        self._position = max(first, last)
        begin, end = len(self._head), len(self._head) + self._encoded
        within = max(first - begin, 0), min(last, end) - begin
        return b"".join(
            (
                self._head[first:last],
                self._blob.text(*within) if within[0] < within[1] else b"",
                self._tail[max(first - end, 0) : max(last - end, 0)],
            )
        )

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go on at another byte."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        """Return which byte is read next."""
        return self._position


def take(params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
    """Keep a blob out of what botocore encodes."""
    name, service = MEMBERS[model.name], model.service_model
    blob = params.get(name)
    if isinstance(blob, Blob):
        is_json = getattr(service, "resolved_protocol", service.metadata.get("protocol")) == "json"
        params[name] = b"" if is_json else bytes(blob)
        context[KEY] = blob if is_json else None


def give(params: MutableMapping[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
    """Put it into the request."""
    if (blob := context.get(KEY)) is not None:
        params["body"] = Document(json.loads(params["body"]), MEMBERS[model.name], blob)


def register(client: Any) -> None:
    """Let a client of ECR send blobs so."""
    for operation in MEMBERS:
        client.meta.events.register(f"before-parameter-build.ecr.{operation}", take, unique_id="ecrops-blob-taken")
        client.meta.events.register(f"before-call.ecr.{operation}", give, unique_id="ecrops-blob-given")
