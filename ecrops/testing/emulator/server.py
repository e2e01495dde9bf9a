"""moto behind a real socket, and a WSGI layer that does to a request what its headers ask for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import ThreadedMotoServer
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from ecrops.testing.isolation import LOOPBACK

from .distribution.app import Front
from .distribution.door import DOOR
from .distribution.listening import drop, listening_server
from .sessions import Sessions
from .verdicts import answer, truncated
from .wire import OverHttp, Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Faulty:
    """The application, or what is left of it when a request asks for a fault."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        time.sleep(float(environ.get("HTTP_X_EMULATOR_DELAY", 0)))
        fault = environ.get("HTTP_X_EMULATOR_FAULT")
        if fault is None:
            return self._app(environ, start_response)
        return self._struck(fault, environ)(environ, start_response)

    def _struck(self, fault: str, environ: WSGIEnvironment) -> Response:
        if fault == "reset_before":
            drop()
        if error := answer(fault, environ["HTTP_X_EMULATOR_PROTOCOL"]):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return Response(error.body, error.status, error.headers)
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        if fault == "reset_after":
            drop()
        content = b"".join(body)
        headers.remove("Content-Length")
        return Response(truncated(content) if status.startswith("200") else content, status, headers)


class Server(ThreadedMotoServer):
    """The emulated AWS behind a socket of this machine: `running_server` makes one.

    Attributes:
        url: Where it is, such as ``http://127.0.0.1:4566``.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(ip_address=LOOPBACK, port=port, verbose=False)

    def start(self) -> None:
        """Take the port, and serve in a thread.

        Raises:
            OSError: The port is taken.
        """
        app: Any = Front(Faulty(DomainDispatcherApplication(create_backend_app)))
        self._server, _ = listening_server(self._port, app)
        DOOR.opened(self.url)
        self._thread = Thread(target=self._server_entry, daemon=True)
        self._thread.start()

    def _server_entry(self) -> None:
        assert self._server
        self._server.serve_forever(poll_interval=0.05)
        self._server.server_close()

    def stop(self) -> None:
        """Serve no more."""
        DOOR.closed(self.url)
        super().stop()

    def join(self) -> None:
        """Wait until the server is stopped."""
        assert self._thread
        self._thread.join()

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions whose calls reach it."""
        return Sessions(Wire(OverHttp(self.url)))

    @property
    def url(self) -> str:
        """Where it is."""
        host, port = self.get_host_and_port()
        return f"http://{host}:{port}"
