"""A relay before a server, which counts the bytes of both directions: for runs that are counted, and not timed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

PIECE = 262_144


class Relay:
    """A relay on a port of loopback.

    Args:
        url: The server behind it.

    Attributes:
        url: The URL of the relay.
        received: The bytes that clients sent.
        sent: The bytes that the server answered.
    """

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self._loop = asyncio.new_event_loop()
        self.received = self.sent = 0
        self.url = ""

    async def start(self) -> None:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, before = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(
            self._pass(reader, before, "received"), self._pass(behind, writer, "sent"), return_exceptions=True
        )

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        try:
            while data := await reader.read(PIECE):
                setattr(self, name, getattr(self, name) + len(data))
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    @contextmanager
    def running(self) -> Iterator[Relay]:
        """Relay meanwhile, on a thread of its own."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
