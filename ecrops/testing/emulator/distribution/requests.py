"""What a request to the registry is about: the paths of OCI's specification.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Refusal

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_PATHS = {
    "Manifest": re.compile(r"/v2/(?P<name>.+)/manifests/(?P<what>[^/]+)"),
    "Upload": re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<what>[^/]*)"),
    "Blob": re.compile(r"/v2/(?P<name>.+)/blobs/(?P<what>[^/]+)"),
    "Tags": re.compile(r"/v2/(?P<name>.+)/tags/list(?P<what>)"),
    "Referrers": re.compile(r"/v2/(?P<name>.+)/referrers/(?P<what>[^/]+)"),
    "Base": re.compile(r"/v2/(?P<name>)(?P<what>)"),
}
_VERBS = {
    "GET": "Get",
    "HEAD": "Head",
    "PUT": "Put",
    "PATCH": "Patch",
    "DELETE": "Delete",
    "POST": "Start",
}
OPERATIONS = {
    "GetBase", "HeadBase", "GetManifest", "HeadManifest", "PutManifest", "DeleteManifest", "GetBlob", "HeadBlob",
    "StartUpload", "MountBlob", "PatchUpload", "PutUpload", "GetUpload", "DeleteUpload", "GetTags", "GetReferrers",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A request, understood.

    Args:
        operation: What is asked for, such as ``PutManifest``.
        name: The name of the repository.
        what: A digest, a tag or the id of an upload.
    """

    operation: str
    name: str
    what: str


def route_of(request: Request) -> Route:
    """What a request asks for."""
    for kind, pattern in _PATHS.items():
        match = pattern.fullmatch(request.path)
        if match is None:
            continue
        operation = _VERBS.get(request.method, "") + kind
        if operation == "StartUpload" and "mount" in request.args:
            operation = "MountBlob"
        if operation not in OPERATIONS:
            break
        return Route(operation, match["name"], match["what"])
    raise Refusal(404, "NOT_FOUND", "404 page not found")
