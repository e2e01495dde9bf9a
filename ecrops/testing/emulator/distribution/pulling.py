"""What is read from the registry: manifests, blobs, tags and referrers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from moto.ecr.models import Image, Repository
from werkzeug.wrappers import Response

from ..ecr import images
from ..ecr.artifacts import referrers
from ..ecr.content import layers
from ..ecr.content.errors import LayersNotFound
from .errors import API_VERSION, Refusal

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from ..ecr.backend import EcrBackend
    from .requests import Route

INDEX = "application/vnd.oci.image.index.v1+json"


def base(*_: Any) -> Response:
    """There is a registry."""
    return Response("{}", headers=API_VERSION, content_type="application/json; charset=utf-8")


def manifest(registry: EcrBackend, route: Route, _: Request) -> Response:
    """A manifest, by its tag or its digest: as it was pushed, whatever is accepted."""
    with registry.lock:
        image = named(registry._get_repository(route.name), route.what)
        text = image.image_manifest.encode()
    headers = {"Docker-Content-Digest": image.image_digest, "Content-Length": str(len(text))}
    return Response(text, headers={**API_VERSION, **headers}, content_type=image.image_manifest_media_type)


def named(repository: Repository, what: str) -> Image:
    """The image of a tag or a digest. One in the archive is not found: the guide's "Archiving an image"."""
    key = "imageDigest" if ":" in what else "imageTag"
    image = images.find(repository, {key: what})
    if images.is_archived(image):
        raise Refusal(404, "MANIFEST_UNKNOWN", "Requested image is archived")  # unverified: code and words
    return image


def blob(registry: EcrBackend, route: Route, request: Request) -> Response:
    """A blob: S3 has its bytes, so a client is sent there.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html: "Amazon ECR uses Amazon S3 to store your
    image layers"; clients need both.
    """
    with registry.lock:
        repository = registry._get_repository(route.name)
        if request.method == "HEAD":
            return _head(repository, route.what)
        url = registry.downloads.url(layers.readable(repository, route.what))
    return Response(status=307, headers={**API_VERSION, "Location": url, "Docker-Content-Digest": route.what})


def _head(repository: Repository, digest: str) -> Response:
    """Whether a blob is there; one that no image names yet is, since pushes ask this way."""
    if layers.availability(repository, digest)["layerAvailability"] != "AVAILABLE":
        raise LayersNotFound.wanted(digest, repository)
    layer: Any = repository.layers[digest]
    headers = {"Docker-Content-Digest": digest, "Content-Length": str(layer.size), "Accept-Ranges": "bytes"}
    return Response(headers={**API_VERSION, **headers}, content_type="application/octet-stream")


def tags(registry: EcrBackend, route: Route, request: Request) -> Response:
    """The tags of active images, in pages if a number is given. unverified: the order."""
    with registry.lock:
        repository = registry._get_repository(route.name)
        active = [image for image in repository.images if not images.is_archived(image)]
        names = sorted(tag for image in active for tag in image.image_tags)
    last, size = request.args.get("last", ""), request.args.get("n", type=int)
    rest = [tag for tag in names if tag > last]
    page = rest[:size]
    headers = dict(API_VERSION)
    if page and len(page) < len(rest):
        headers["Link"] = f'</v2/{route.name}/tags/list?n={size}&last={quote(page[-1])}>; rel="next"'
    return _json({"name": route.name, "tags": page}, headers, "application/json; charset=utf-8")


def referring(registry: EcrBackend, route: Route, request: Request) -> Response:
    """The artifacts that refer to an image, as an index."""
    with registry.lock:
        repository = registry._get_repository(route.name)
        descriptions = [
            referrers.described(image) for image in repository.images if images.subject(image) == route.what
        ]
    kind, headers = request.args.get("artifactType"), dict(API_VERSION)
    entries = [description for description in descriptions if description.pop("artifactStatus") == "ACTIVE"]
    if kind:
        entries = [description for description in entries if description.get("artifactType") == kind]
        headers["OCI-Filters-Applied"] = "artifactType"
    return _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, headers, INDEX)


def _json(document: Any, headers: dict[str, str], media_type: str) -> Response:
    return Response(json.dumps(document), headers=headers, content_type=media_type)
