"""The way to the host of a registry, for skopeo: an HTTP proxy on loopback that lets in only who logs in.

ministack's registry asks nobody for a password, and has not the host's name. The proxy asks as ECR does, so that an
image only gets through with the file that ``docker_login`` wrote, under the name of the host that is in it.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit


class Gateway(ThreadingHTTPServer):
    """A proxy for one host."""

    daemon_threads = True

    def __init__(self, host: str, registry: str, password: str) -> None:
        """Take requests for ``host`` to ``registry``, if they have the password of the user AWS."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.host, self.registry = host, registry
        self.wanted = f"Basic {base64.b64encode(f'AWS:{password}'.encode()).decode()}"

    @property
    def url(self) -> str:
        """What ``http_proxy`` must be."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        """As the method says; all are alike."""
        self.raw_requestline = self.rfile.readline(65_537)
        if self.raw_requestline and self.parse_request():
            self._pass_on()
        else:
            self.close_connection = True

    def _pass_on(self) -> None:
        gateway, url, body = cast(Gateway, self.server), urlsplit(self.path), self._body()
        if self.command == "CONNECT" or url.netloc != gateway.host:
            self.close_connection = True  # there is no TLS here: the client tries without
            self._answer(502, {}, b"")
        elif self.headers.get("Authorization") != gateway.wanted:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="registry"'}, b"")
        else:
            self._ask(gateway.registry, f"{url.path}?{url.query}" if url.query else url.path, body)

    def _ask(self, registry: str, path: str, body: bytes) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() in ("accept", "content-type")}
        with contextlib.closing(http.client.HTTPConnection(registry, timeout=20)) as connection:
            connection.request(self.command, path, body, {**kept, "Content-Length": str(len(body))})
            answer = connection.getresponse()
            found, hop = answer.read(), ("connection", "transfer-encoding", "content-length")
            length = answer.headers.get("Content-Length") if self.command == "HEAD" else None
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in hop}
            self._answer(answer.status, headers, found, length)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, headers: dict[str, str], body: bytes, length: str | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")


@contextlib.contextmanager
def guarding(host: str, registry: str, password: str) -> Iterator[Gateway]:
    """A proxy to the host of a registry."""
    with Gateway(host, registry, password) as gateway:
        thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield gateway
        finally:
            gateway.shutdown()
            thread.join(timeout=20)
