"""The WSGI application beside the API, and the one that puts it before the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Request, Response

from . import downloading, pulling, pushing, tokens, uploads
from .door import DOOR, LAYERS
from .errors import Refusal, of_api
from .requests import Route, route_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..ecr.backend import EcrBackend

_ANSWERS: dict[str, Callable[[EcrBackend, Route, Request], Response]] = {
    "GetBase": pulling.base,
    "HeadBase": pulling.base,
    "GetManifest": pulling.manifest,
    "HeadManifest": pulling.manifest,
    "PutManifest": pushing.put,
    "DeleteManifest": pushing.delete,
    "GetBlob": pulling.blob,
    "HeadBlob": pulling.blob,
    "StartUpload": uploads.start,
    "MountBlob": uploads.mount,
    "PatchUpload": uploads.patch,
    "PutUpload": uploads.put,
    "GetUpload": uploads.tell,
    "DeleteUpload": uploads.cancel,
    "GetTags": pulling.tags,
    "GetReferrers": pulling.referring,
}


@Request.application
def distribution(request: Request) -> Response:
    """Answer a request for a layer, or one to the registry."""
    if request.path.startswith(f"/{LAYERS}/"):
        return DOOR.watched("s3", "GetObject", {}, lambda: downloading.answer(request))
    try:
        wanted = route_of(request)
    except Refusal as refusal:
        return refusal.response()
    params = {"repositoryName": wanted.name, "reference": wanted.what, **request.args.to_dict()}
    return DOOR.watched("registry", wanted.operation, params, lambda: _answer(wanted, request))


def _answer(wanted: Route, request: Request) -> Response:
    try:
        registry = tokens.registry_of(request)
        with registry.lock:
            if wanted.name and not registry.finds(wanted.name, by_reading=request.method in ("GET", "HEAD")):
                raise registry.not_found(wanted.name)
        return _ANSWERS[wanted.operation](registry, wanted, request)
    except ServiceException as error:
        return of_api(error).response()
    except Refusal as refusal:
        return refusal.response()


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
