"""What can be wanted of the tags of images, and what is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """An edit: a tag is on an image. It has the manifest of the image, which ``PutImage`` takes.

    Args:
        repository: The repository.
        tag: The tag.
        source: What the user called the image: a tag or its digest.
        digest: The digest of the image; empty if there is none.
        media_type: The media type of its manifest.
        manifest: The manifest, unchanged.
        is_checked: Whether the mutability of the repository is read before a tag is moved.
    """

    repository: str
    tag: str
    source: str
    digest: str = ""
    media_type: str = ""
    manifest: str = ""
    is_checked: bool = False


class Pointed(NamedTuple):
    """Where a tag is.

    Args:
        digest: The digest of the image that has it; empty if none has.
        missing: Digests that are wanted, and that the repository does not have.
        is_fixed: Whether the tag cannot be moved. False as long as nobody has asked.
    """

    digest: str = ""
    missing: frozenset[str] = frozenset()
    is_fixed: bool = False


class Remove(NamedTuple):
    """An edit: some tags are not on an image.

    Args:
        digest: The digest of the image.
        tags: The tags.
        delete_last: Whether the image may be deleted with its last tag.
        known: All tags that the image had when the edit was made: they count where a dry run knows no others.
    """

    digest: str
    tags: Sequence[str]
    delete_last: bool = False
    known: frozenset[str] = frozenset()


class Tags(NamedTuple):
    """The tags of some images of a repository.

    Args:
        of_images: The tags by the digest of the image. An image that does not exist has none.
        gone: Tags that a dry run would have removed.
    """

    of_images: Mapping[str, frozenset[str]]
    gone: frozenset[str] = frozenset()

    def of(self, edit: Remove) -> frozenset[str]:
        """Return the tags of the image of an edit."""
        return self.of_images.get(edit.digest, edit.known) - self.gone


def key_of(repository: str, tag: str) -> str:
    """Return the key of a tag: each tag of a repository is set by itself."""
    return f"{repository}:{tag}"
