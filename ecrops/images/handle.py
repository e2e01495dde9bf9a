"""The handle of one image: reading it, and its verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecrops.images.verbs import RepositoryVerbs


class ImageHandle:
    """An image of a repository, by a tag or by its digest, whether it exists or not."""

    def __init__(self, repository: RepositoryVerbs, tag_or_digest: str) -> None:
        self.repository = repository
        self.name = tag_or_digest
