"""What a test pushes without a call: images, indexes and artifacts, with all that they are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from moto.ecr.models import Repository

from .. import images
from . import making, manifests
from .album import album

if TYPE_CHECKING:
    from ..backend import EcrBackend


class Pushing:
    """Pushes into the repositories of a registry; a missing one is made."""

    def __init__(self, registry: EcrBackend) -> None:
        self._registry = registry

    def push(self, name: str, made: making.Made, tags: Iterable[str]) -> str:
        """Keep an image and its blobs under some tags; its digest. What is there already stays."""
        with self._registry.lock:
            repository = self._repository(name)
            layers: Any = repository.layers
            for blob in made.blobs:
                layers.setdefault(blob.digest, blob)
            digest = images.digest_of(made.manifest)
            stored = album(repository).of(digest)
            missing: list[Any] = [tag for tag in tags if stored is None or tag not in stored.image_tags]
            for tag in missing or ([] if stored else [None]):
                self._registry.put_image(name, made.manifest, tag, made.media_type)
            return digest

    def described(self, name: str, digest: str) -> dict[str, Any]:
        """The descriptor of an image for an index or for an artifact; of one that is gone, what can be said."""
        with self._registry.lock:
            repository = self._repository(name)
            if image := album(repository).of(digest):
                size = len(image.image_manifest.encode())
                return {"mediaType": image.image_manifest_media_type, "digest": digest, "size": size}
        return {"mediaType": making.OCI + "manifest.v1+json", "digest": digest, "size": 0}

    def part(self, name: str, digest: str) -> dict[str, Any]:
        """The descriptor of an image for an index."""
        platform = self.platform(name, digest)
        return {**self.described(name, digest), **({"platform": platform} if platform else {})}

    def platform(self, name: str, digest: str) -> Mapping[str, Any]:
        """The platform of an image, from its configuration; empty if that says nothing."""
        with self._registry.lock:
            repository = self._repository(name)
            image = images.find(repository, {"imageDigest": digest})
            config = manifests.of(image).get("config") or {}
            blob: Any = repository.layers.get(config.get("digest", ""))
        configuration = json.loads(blob.whole()) if blob else {}
        keys = ("architecture", "os", "variant") if isinstance(configuration, dict) else ()
        return {key: configuration[key] for key in keys if key in configuration}

    def _repository(self, name: str) -> Repository:
        if name not in self._registry.repositories:
            self._registry.seed([name])
        return self._registry.repositories[name]
