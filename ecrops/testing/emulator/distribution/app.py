"""The WSGI application beside the API, and the one that puts it before the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from . import downloading
from .door import LAYERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@Request.application
def distribution(request: Request) -> Response:
    """Answer a request for a layer."""
    if request.path.startswith(f"/{LAYERS}/"):
        return downloading.answer(request)
    return Response("404 page not found\n", 404)


class Front:
    """The API, and beside it what needs no signature of AWS: such requests are for the API, whatever their path."""

    def __init__(self, api: WSGIApplication) -> None:
        self._api = api

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path, signed = environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4-")
        if path.startswith((f"/{LAYERS}/", "/v2/")) and not signed:
            return distribution(environ, start_response)
        return self._api(environ, start_response)
