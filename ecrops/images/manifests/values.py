"""What manifests say, as values. Pure.

Made by ``parsing``, used by whatever follows an index to its parts, or an image to its layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ecrops.base.shown import Shown

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (OCI_INDEX, DOCKER_LIST)
IMAGES = (OCI_MANIFEST, DOCKER_MANIFEST)
ACCEPTED = (*IMAGES, *INDEXES)


class Kind(StrEnum):
    """What a manifest is."""

    INDEX = "index"
    IMAGE = "image"
    UNKNOWN = "unknown"


class Platform(NamedTuple):
    """What an image runs on. As a text: ``linux/arm64/v8``."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


@dataclass(frozen=True, slots=True)
class Part(Shown):
    """A manifest that an index names.

    Args:
        digest: Its digest.
        size: The bytes of the manifest itself.
        media_type: Its media type.
        platform: What it runs on, if the index says it.
        artifact_type: What it is, if it is no image.
        annotations: What the index says of it.
    """

    digest: str
    size: int = 0
    media_type: str = ""
    platform: Platform | None = None
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Layer(Shown):
    """A layer, or the configuration, of an image.

    Args:
        digest: Its digest.
        size: Its bytes; 0 if the manifest does not say.
        media_type: Its media type.
        is_config: Whether it is the configuration.
        is_foreign: Whether registries do not keep it: the layers of some images of Windows.
    """

    digest: str
    size: int = 0
    media_type: str = ""
    is_config: bool = False
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Manifest(Shown):
    """What a manifest says.

    Args:
        kind: An index, an image, or unknown. What is unknown is kept and copied as it is; its parts and layers
            are those that are where indexes and images have them.
        media_type: Its media type.
        parts: The manifests that an index names, each digest once.
        layers: The configuration and the layers of an image, each digest once.
        subject: The digest of the image that it is about; empty if it is about none.
        artifact_type: What it is, if it is no image to run.
        annotations: Its annotations.
    """

    kind: Kind
    media_type: str
    parts: Sequence[Part] = ()
    layers: Sequence[Layer] = ()
    subject: str = ""
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def config(self) -> Layer | None:
        """The configuration, if there is one."""
        return next((layer for layer in self.layers if layer.is_config), None)
