"""Blobs that are sent to the registry, in one piece, in chunks, or mounted from another repository.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs. What no page of AWS says is as in
that specification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..ecr.content import layers
from ..ecr.content.blobs import CHUNK, Upload
from ..ecr.content.errors import InvalidLayer
from .errors import API_VERSION, Refusal

if TYPE_CHECKING:
    from moto.ecr.models import Repository
    from werkzeug.wrappers import Request

    from ..ecr.backend import EcrBackend
    from .requests import Route


def start(registry: EcrBackend, route: Route, request: Request) -> Response:
    """Begin an upload; one with a digest has all bytes in it."""
    with registry.lock:
        repository = registry.repository_for_push(route.name)
        upload = layers.begin(repository)
    if "digest" not in request.args:
        return _told(repository, upload, 202)
    return _finish(registry, repository, upload, request)


def mount(registry: EcrBackend, route: Route, request: Request) -> Response:
    """Take a blob of another repository, if that can be; else begin an upload, as the specification has it.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html: the account setting, identical
    encryption type and keys, and no images of a pull-through cache.
    """
    digest, source = request.args["mount"], request.args.get("from", "")
    with registry.lock:
        repository = registry.repository_for_push(route.name)
        if not _can_mount(registry, repository, source, digest):
            return _told(repository, layers.begin(repository), 202)
        repository.layers.setdefault(digest, registry.repositories[source].layers[digest])
    return _stored(repository, digest)


def _can_mount(registry: EcrBackend, repository: Repository, source: str, digest: str) -> bool:
    origin = registry.repositories.get(source)
    if registry.settings.account_settings.get("BLOB_MOUNTING") != "ENABLED" or origin is None:
        return False
    cached = any(registry.pull_through_cache.covers(item.name) for item in (origin, repository))
    same = origin.encryption_configuration == repository.encryption_configuration
    return digest in origin.layers and same and not cached


def patch(registry: EcrBackend, route: Route, request: Request) -> Response:
    """The next chunk."""
    repository, upload = _under_way(registry, route)
    _check_range(upload, request)
    _receive(upload, request)
    return _told(repository, upload, 202)


def put(registry: EcrBackend, route: Route, request: Request) -> Response:
    """The last chunk, or none, and the digest of all."""
    repository, upload = _under_way(registry, route)
    _check_range(upload, request)
    return _finish(registry, repository, upload, request)


def tell(registry: EcrBackend, route: Route, _: Request) -> Response:
    """How much has come."""
    repository, upload = _under_way(registry, route)
    return _told(repository, upload, 204)


def cancel(registry: EcrBackend, route: Route, _: Request) -> Response:
    """Nothing more will come."""
    repository, upload = _under_way(registry, route)
    with registry.lock:
        repository.uploads.pop(upload.upload_id, None)
    return Response(status=204, headers=API_VERSION)


def _under_way(registry: EcrBackend, route: Route) -> tuple[Repository, Upload]:
    with registry.lock:
        repository = registry._get_repository(route.name)
        return repository, layers.under_way(repository, route.what)


def _check_range(upload: Upload, request: Request) -> None:
    header = request.headers.get("Content-Range")
    if header is None:
        return
    match = re.fullmatch(r"(?:bytes )?(\d+)-(\d+)(?:/.*)?", header)
    if match is None or int(match[1]) != upload.size:
        why = "The chunk does not follow the one before it"
        raise Refusal(416, "BLOB_UPLOAD_INVALID", why, {"Range": _range(upload)})


def _receive(upload: Upload, request: Request) -> None:
    size = upload.size
    while content := request.stream.read(CHUNK):
        upload.add(content)
    if upload.size > size:
        upload.parts.append(upload.size - size)


def _finish(registry: EcrBackend, repository: Repository, upload: Upload, request: Request) -> Response:
    """Keep the blob; one that is there already is no error."""
    _receive(upload, request)
    digest = request.args.get("digest", "")
    with registry.lock:
        repository.uploads.pop(upload.upload_id, None)
        if digest != upload.digest:
            raise InvalidLayer(digest, upload.digest)
        if digest not in repository.layers:
            layers.keep(repository, upload)
    return _stored(repository, digest)


def _told(repository: Repository, upload: Upload, status: int) -> Response:
    where: dict[str, Any] = {
        "Location": f"/v2/{repository.name}/blobs/uploads/{upload.upload_id}",
        "Docker-Upload-UUID": upload.upload_id,
        "Range": _range(upload),
    }
    return Response(status=status, headers={**API_VERSION, **where})


def _stored(repository: Repository, digest: str) -> Response:
    where = {"Location": f"/v2/{repository.name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status=201, headers={**API_VERSION, **where})


def _range(upload: Upload) -> str:
    return f"0-{max(0, upload.size - 1)}"
