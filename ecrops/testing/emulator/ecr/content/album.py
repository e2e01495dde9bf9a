"""The images of a repository in their order, and the way from a digest, a tag or a layer to them.

moto has a list, which is searched for each image: ten thousand of them would take minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

from moto.ecr.models import Image, Repository

from . import manifests


class Album:
    """The images of one repository, each once."""

    def __init__(self) -> None:
        self._images: dict[str, Image] = {}
        self._tagged: dict[str, Image] = {}
        self._holders: dict[str, dict[str, Image]] = defaultdict(dict)
        self._owners: dict[str, dict[str, Image]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Image]:
        return iter(list(self._images.values()))

    def __len__(self) -> int:
        return len(self._images)

    def add(self, image: Image) -> None:
        """One image more."""
        digest = image.image_digest
        self._images[digest] = image
        for part in manifests.parts(manifests.of(image)):
            self._holders[part][digest] = image
        for layer in manifests.layers(image):
            self._owners[layer][digest] = image

    def remove(self, image: Image) -> None:
        """Take an image away, with its tags."""
        digest = image.image_digest
        for tag in list(image.image_tags):
            self.untag(image, tag)
        for part in manifests.parts(manifests.of(image)):
            self._holders[part].pop(digest, None)
        for layer in manifests.layers(image):
            self._owners[layer].pop(digest, None)
        self._images.pop(digest, None)

    def tag(self, image: Image, tag: str) -> None:
        """Give an image a tag, which another one had perhaps."""
        holder = self._tagged.get(tag)
        if holder is not None and holder is not image:
            self.untag(holder, tag)
        image.update_tag(tag)
        self._tagged[tag] = image

    def untag(self, image: Image, tag: str) -> None:
        """Take a tag from an image."""
        image.remove_tag(tag)
        image.image_tag = image.image_tags[-1] if image.image_tags else cast(Any, None)
        self._tagged.pop(tag, None)

    def of(self, digest: str) -> Image | None:
        """The image with a digest."""
        return self._images.get(digest)

    def tagged(self, tag: str) -> Image | None:
        """The image with a tag."""
        return self._tagged.get(tag)

    def holders(self, digest: str) -> list[Image]:
        """The indexes of which an image is a part."""
        return list(self._holders[digest].values())

    def owners(self, layer: str) -> list[Image]:
        """The images that name a layer or a configuration."""
        return list(self._owners[layer].values())


def album(repository: Repository) -> Album:
    """The images of a repository."""
    return cast(Album, repository.images)
