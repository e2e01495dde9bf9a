"""A server of werkzeug on 127.0.0.1 that says nothing, and closes a connection when it is told to."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from ecrops.testing.isolation import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

BACKLOG = 128


def drop() -> None:
    """Close the connection without an answer: `Handler` does so when an application raises this."""
    raise ConnectionResetError("the emulator was told to drop this connection")


class Handler(MotoRequestHandler):
    """One request of a client."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log_error(self, format: str, *args: object) -> None:
        """Say nothing of requests that are no HTTP either: some clients try TLS first."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close it: werkzeug would wait for a next request on it."""
        self.close_connection = True


def listening_server(port: int, app: WSGIApplication | Any) -> tuple[BaseWSGIServer, str]:
    """Take a port; 0 takes a free one. The server that serves an application there, and its URL.

    Raises:
        OSError: The port is taken.
    """
    with _bound(port) as taken:
        server = make_server(LOOPBACK, port, app, threaded=True, request_handler=Handler, fd=taken.fileno())
    return server, f"http://{LOOPBACK}:{server.port}"


def _bound(port: int) -> socket.socket:
    """Return a socket that listens: where that fails, werkzeug would print, and leave the process."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
