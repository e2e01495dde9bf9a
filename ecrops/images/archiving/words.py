"""What a plan says of images that go to the archive, and of those that come back. Pure. Each text is bounded.

What archiving means: https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
How long restoring takes: https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive_restore_image.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecrops.base.render import count, several, text_size
from ecrops.images.image import Image

MINUTES = 20
"""How long ECR takes for a restore, at most."""
NO_IMAGE = "there is no such image"
NO_IMAGE_ADVICE = "repository.images() yields those that there are"
IS_RESTORED = "it is being restored: archive it once it can be pulled"
INDEX_ADVICE = "archive the index with it, or leave the image out"
REFUSED_ADVICE = (
    "ECR moves no part of an index that is active, and archives a signature or another artifact itself, within 24 "
    "hours of its subject"
)


def image_words(image: Image) -> str:
    """Return a storage class with the size of the image: ``standard, 120.0 MB``."""
    return f"{image.storage_class}, {text_size(image.size)}"


def class_part(storage_class: str, digest: str) -> str:
    """Return the storage class of an image as a part of a difference."""
    return f"{storage_class} {digest}"


def archive_note(images: Sequence[Image]) -> str:
    """Return what it means that images are archived."""
    what = f"{count(len(images), 'image')} with {text_size(sum(image.size for image in images))} to archive"
    return (
        f"{what}: every pull of them fails from then on; a restore takes up to {MINUTES} minutes; ECR charges at least "
        "90 days of the archive"
    )


def restore_note(images: Sequence[Image]) -> str:
    """Return what it means that images are restored."""
    size = text_size(sum(image.size for image in images))
    return (
        f"{count(len(images), 'image')} with {size} to restore: ECR takes up to {MINUTES} minutes; they can be pulled "
        "after that"
    )


def by_ecr_note(names: Sequence[str], *, is_archived: bool) -> str:
    """Return what happens to the artifacts about images."""
    what = f"{count(len(names), 'artifact')} about them ({several(names)})"
    if is_archived:
        return f"{what}: ECR archives them itself, within 24 hours"
    return f"{what} not restored, unless ECR does that itself: give their digests to restore them"


def later_note(names: Iterable[str]) -> str:
    """Return that the parts of indexes are restored later."""
    return (
        f"the parts of {several(names)} are known once the index is restored: they are restored after that, which "
        f"takes up to {MINUTES} minutes again"
    )
