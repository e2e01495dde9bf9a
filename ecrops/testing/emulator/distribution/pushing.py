"""Manifests that are pushed and deleted by the registry's own API: the rules are those of PutImage and of deleting."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.ecr.exceptions import ImageAlreadyExistsException
from werkzeug.wrappers import Response

from ..ecr import images
from ..ecr.content import deleting
from .errors import API_VERSION, Refusal

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from ..ecr.backend import EcrBackend
    from .requests import Route

MOST_BYTES = 4194304
"""The model's limit of a manifest."""


def put(registry: EcrBackend, route: Route, request: Request) -> Response:
    """Push a manifest under a tag, or under its digest alone. One that is there is no error: pushes are repeated."""
    content = request.get_data()
    if len(content) > MOST_BYTES:
        raise Refusal(413, "SIZE_INVALID", "The manifest is too big")
    text, by_digest = content.decode(errors="replace"), ":" in route.what
    tag: Any = None if by_digest else route.what
    with registry.lock:
        with suppress(ImageAlreadyExistsException):
            registry.put_image(route.name, text, tag, request.mimetype, route.what if by_digest else None)
        image = images.find(registry._get_repository(route.name), {"imageDigest": images.digest_of(text)})
        subject = images.subject(image)
    where = {"Location": f"/v2/{route.name}/manifests/{route.what}", "Docker-Content-Digest": image.image_digest}
    # the header by which a registry says that it knows referrers: OCI's specification
    known = {"OCI-Subject": subject} if subject else {}
    return Response(status=201, headers={**API_VERSION, **where, **known})


def delete(registry: EcrBackend, route: Route, _: Request) -> Response:
    """Delete an image by its digest, or a tag.

    ECR does: containers-roadmap#1229, and the page of its guide about deleting signatures, with these words for a part
    of an index: "unsupported: Requested image referenced by manifest list".
    """
    wanted = {"imageDigest" if ":" in route.what else "imageTag": route.what}
    with registry.lock:
        repository = registry._get_repository(route.name)
        try:
            registry.delete_image(repository, wanted)
        except deleting.Refused as refusal:
            is_gone = refusal.code == "ImageNotFound"
            # unverified: the statuses
            status, code = (404, "MANIFEST_UNKNOWN") if is_gone else (405, "UNSUPPORTED")
            raise Refusal(status, code, refusal.reason) from refusal
    return Response(status=202, headers=API_VERSION)
