"""Manifests of images: what one names (``parse``), and reading many of a repository (``read``)."""

from ecrops.images.manifests.parsing import parse, platform_of
from ecrops.images.manifests.reading import (
    CHUNK,
    LARGEST,
    NOT_FOUND,
    ReadManifest,
    digest_of,
    image_id,
    read,
    verified,
)
from ecrops.images.manifests.values import (
    ACCEPTED,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    IMAGES,
    INDEXES,
    OCI_INDEX,
    OCI_MANIFEST,
    Kind,
    Layer,
    Manifest,
    Part,
    Platform,
)

__all__ = [
    "ACCEPTED",
    "CHUNK",
    "DOCKER_LIST",
    "DOCKER_MANIFEST",
    "IMAGES",
    "INDEXES",
    "LARGEST",
    "NOT_FOUND",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "Kind",
    "Layer",
    "Manifest",
    "Part",
    "Platform",
    "ReadManifest",
    "digest_of",
    "image_id",
    "parse",
    "platform_of",
    "read",
    "verified",
]
