"""Images in the destinations of replication: copied, and deleted where a rule says so.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html: whatever is pushed is copied under the same
name of the repository; https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-delete.html: with
``deleteReplication``, deletions of images and of tags are made there too. Only where a test asks for it: other tests
see the statuses alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.ecr.models import Image, Repository, ecr_backends

from .. import images
from ..content import deleting
from ..content.album import album
from .caching import made_by_ecr
from .replication import Destination

if TYPE_CHECKING:
    from ..backend import EcrBackend


def copy(repository: Repository, image: Image, destinations: Iterable[Destination]) -> None:
    """Copy an image to some registries, with its tags, its layers and the parts that are not there."""
    for region, account in destinations:
        registry = _registry(account, region)
        if made_by_ecr.make(registry, repository.name, "REPLICATION"):
            _copy(repository, image, registry.repositories[repository.name])


def _copy(repository: Repository, image: Image, replica: Repository) -> None:
    for part in images.children(image):
        found = album(repository).of(part)
        if found is not None and album(replica).of(part) is None:
            _copy(repository, found, replica)
    layers: Any = repository.layers
    for layer in images.layers(image):
        if layer in layers:
            replica.layers.setdefault(layer, layers[layer])
    images.keep(replica, image)


def delete(name: str, wanted: dict[str, str], destinations: Iterable[Destination]) -> None:
    """Delete an image or a tag in some registries; what cannot be deleted there stays."""
    for region, account in destinations:
        repository = _registry(account, region).repositories.get(name)
        if repository is None:
            continue
        try:
            deleting.delete(repository, wanted)
        except deleting.Refused:
            continue


def _registry(account: str, region: str) -> EcrBackend:
    registry: Any = ecr_backends[account][region]
    return registry  # type: ignore[no-any-return]
