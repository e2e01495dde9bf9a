"""Where layers can be read, and where the registry is: on 127.0.0.1, in a thread of this process.

The servers of `running_server` serve it too. Where there is none, one is started when a URL is needed for the first
time; it lives as long as the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ..calls import Recorder
    from ..faults import Faults

LAYERS = "layers"
"""The first part of the paths of layers."""


class Door:
    """The URLs under which this process serves layers and the registry.

    ``is_endpoint``: whether GetAuthorizationToken names them, and not the registry's own name in AWS.
    """

    def __init__(self) -> None:
        self.is_endpoint = False
        self._watch: tuple[Recorder, Faults] | None = None
        self._urls: list[str] = []
        self._own: str | None = None
        self._lock = threading.Lock()

    def serve(self, calls: Recorder, faults: Faults) -> None:
        """From now on record and judge the requests for a cloud."""
        self._watch = calls, faults

    def reset(self) -> None:
        """Forget the cloud."""
        self.is_endpoint, self._watch = False, None

    def watched(self, service: str, operation: str, params: dict[str, Any], answer: Callable[[], Response]) -> Response:
        """Answer a request as the cloud wants it."""
        if self._watch is None:
            return answer()
        from .watching import watched

        return watched(*self._watch, service, operation, params, answer)

    def opened(self, url: str) -> None:
        """A server serves there from now on."""
        self._urls.append(url)

    def closed(self, url: str) -> None:
        """A server serves there no more."""
        if url in self._urls:
            self._urls.remove(url)

    def url(self) -> str:
        """Where they are."""
        with self._lock:
            if self._urls:
                return self._urls[-1]
            if self._own is None:
                self._own = _started()
            return self._own


def _started() -> str:
    from .app import distribution
    from .listening import listening_server

    server, url = listening_server(0, distribution)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return url


DOOR = Door()
url = DOOR.url
