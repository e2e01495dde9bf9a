"""What is wanted of a copy, and what is at its target: values.

Made by ``copying/wants`` from what the source has, compared by ``copying/aspect``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ecrops.images.manifests import Layer, Manifest

if TYPE_CHECKING:
    from ecrops.images.copying.layers import Transfers

NOTHING: Mapping[str, str] = MappingProxyType({})


class Piece(NamedTuple):
    """A manifest that is copied.

    Args:
        digest: Its digest.
        media_type: Its media type.
        text: Its bytes, as a text.
        manifest: What it says.
        what: What it is, in words, such as ``part linux/arm64``.
        step: In which step it is written: parts come before their index, and all before tags.
    """

    digest: str
    media_type: str
    text: str
    manifest: Manifest
    what: str
    step: int

    @property
    def layers(self) -> list[Layer]:
        """The layers that a registry keeps."""
        return [layer for layer in self.manifest.layers if not layer.is_foreign]


class Copied(NamedTuple):
    """An edit: an image is there, with its parts, under some tags.

    Args:
        repository: The target.
        digest: The digest of the image.
        root: Its manifest, as ``PutImage`` takes it.
        pieces: The manifests that no other image of the copy brings, parts first.
        tags: The tags that it gets.
        transfers: What moves the layers.
        problem: Why it cannot be copied; empty if it can.
    """

    repository: str
    digest: str
    root: Mapping[str, str]
    pieces: Sequence[Piece]
    tags: Sequence[str]
    transfers: Transfers
    problem: str = ""

    @property
    def digests(self) -> list[str]:
        """The image, and the manifests that are copied with it."""
        return [self.digest, *(piece.digest for piece in self.pieces)]


class TargetState(NamedTuple):
    """What is at the target of an image.

    Args:
        digests: The images that are there.
        tags: The image of each tag that is taken.
        fixed: The tags that stay where they are.
        layers: The layers that are there, as far as they were asked for.
        missing: The layers that the source does not hand out, each with the reason.
        archived: The images that are there in the archive.
    """

    digests: frozenset[str] = frozenset()
    tags: Mapping[str, str] = NOTHING
    fixed: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()
    missing: Mapping[str, str] = NOTHING
    archived: frozenset[str] = frozenset()
