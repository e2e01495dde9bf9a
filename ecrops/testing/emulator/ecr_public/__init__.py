"""ECR Public as this project reads its model and guide. moto has nothing of it: this is a service of its own in moto.

Sources: the API model that botocore has, https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/ and
https://docs.aws.amazon.com/AmazonECR/latest/public/. What neither says is marked ``unverified``.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any

from moto import backend_index
from moto.core.base_backend import BackendDict

from .backend import REGIONS, EcrPublicBackend
from .response import EcrPublicResponse

__all__ = ["EcrPublicBackend", "backend", "install"]

_BASES = [r"https?://(api\.)?ecr-public\.(.+)\.amazonaws\.com", r"https?://ecr-public\.(.+)\.api\.aws"]
_MODULE = "moto.ecrpublic"
"""Where moto looks for the backends of a service with the signing name ``ecr-public``."""
_backends: Any = BackendDict(EcrPublicBackend, "ecr-public", use_boto3_regions=False, additional_regions=[*REGIONS])


def backend(account: str) -> EcrPublicBackend:
    """The public registry of an account: one, whatever the region."""
    found: EcrPublicBackend = _backends[account]["us-east-1"]
    return found


EcrPublicResponse.backend_of = staticmethod(backend)


def install() -> None:
    """Make ECR Public a service of moto, before a server answers its first request to it."""
    EcrPublicBackend.paths = {"{0}/$": EcrPublicResponse.dispatch}
    EcrPublicBackend.bases = _BASES
    if _MODULE not in sys.modules:
        module: Any = ModuleType(_MODULE)
        module.ecrpublic_backends = _backends
        sys.modules[_MODULE] = module
        backend_index.backend_url_patterns[:0] = [("ecr-public", re.compile(base)) for base in _BASES]
