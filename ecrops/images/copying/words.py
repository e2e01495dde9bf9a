"""The words of a copy: what is copied, and how many bytes."""

from __future__ import annotations

from collections.abc import Collection

from ecrops.base.render import count, text_size
from ecrops.images.copying.edits import Piece
from ecrops.images.manifests import Kind, Layer
from ecrops.images.names import short

REFUSED = {
    "LayersNotFoundException": "a layer was removed from the target while it was copied: copy again",
    "ReferencedImagesNotFoundException": "a part of the index was not copied: its own error says why",
    "ImageTagAlreadyExistsException": "another writer took the tag, and the tags of the repository cannot be moved",
    "LimitExceededException": "the repository has as many images, or the image as many tags, as ECR allows",
}

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The digest of no bytes."""
NO_BYTES = "has no bytes, and the API of ECR takes no such layer"


def piece_words(piece: Piece, there: Collection[str]) -> str:
    """Return what is copied of a manifest, such as ``12.3 MB in 4 layers, 2 of them there already``."""
    if piece.manifest.kind is Kind.INDEX:
        return f"index of {count(len(piece.manifest.parts), 'part')}"
    layers = piece.layers
    present = sum(layer.digest in there for layer in layers)
    words = f"{text_size(total(layers))} in {count(len(layers), 'layer')}"
    return f"{words}, {present} of them there already" if present else words


def total(layers: Collection[Layer]) -> int:
    """Return the bytes of some layers."""
    return sum(layer.size for layer in layers)


def layer_reason(state: str) -> str:
    """Return why the source does not hand out a layer."""
    if state == "ARCHIVED":
        return "is archived: restore the image first"
    return "is not there: the image cannot be pulled either"


def archived_words(digests: Collection[str]) -> str:
    """Return what the user must know of images that are in the archive of the target."""
    first, others = min(digests), len(digests) - 1
    which = f"{short(first)} and {others:,} more are" if others else f"{short(first)} is"
    return f"{which} there already, in the archive, and cannot be pulled: restore_images() comes first"
