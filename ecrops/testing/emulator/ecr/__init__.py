"""ECR as this project reads its model and guide: moto, plus what moto lacks or gets wrong.

moto is extended from outside by subclassing its response and its backend; two assignments put the subclasses
in place.
"""

from moto.ecr import urls
from moto.ecr.models import ecr_backends

from .backend import EcrBackend, backend, picture
from .response import EcrResponse

__all__ = ["EcrBackend", "EcrResponse", "backend", "install", "picture"]


def install() -> None:
    """Put the extended ECR in moto's place, before a server answers its first ECR request."""
    urls.url_paths["{0}/$"] = EcrResponse.dispatch
    ecr_backends.backend = EcrBackend
    ecr_backends.clear()
