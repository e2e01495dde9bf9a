"""What a plan says of tags of images. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.render import several
from ecrops.images.names import is_digest, short

TAKEN = "the tag is on another image, and tags of this repository cannot be moved"
TAKEN_ADVICE = (
    "take another tag, or let the tag be moved: image_tag_mutability, or its exclusion filters, of the repository"
)
NOT_THERE = "there is no such image, or it is in the archive"
LAST = "without its last tag ECR deletes the image"
LAST_ADVICE = "set another tag first, or give delete_last=True"


def image_words(source: str, digest: str) -> str:
    """Return the name of an image, with the start of its digest: ``v1.2 (sha256:0123456789ab)``."""
    return short(digest) if is_digest(source) else f"{source} ({short(digest)})"


def tags_words(tags: Sequence[str], digest: str) -> str:
    """Return some tags of an image: ``v1, v2 of sha256:0123456789ab``."""
    return f"{several(tags)} of {short(digest)}"
