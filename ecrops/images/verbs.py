"""The verbs of a repository about its images: finding them, and all that the folders beside do with many at once.

Called by users, through ``Repository``. The verbs of one image are those of ``images/handle``. In each folder,
``verbs`` is what users call, and ``wants`` makes edits of it for the engine. What a verb needs is imported when it is
called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Never

from ecrops.base.problems import given
from ecrops.images.archiving.verbs import ArchivingVerbs
from ecrops.images.copying.verbs import CopyingVerbs
from ecrops.images.deleting.verbs import DeletingVerbs
from ecrops.images.tagging.verbs import TaggingVerbs

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecrops.images.handle import ImageHandle
    from ecrops.images.image import Image


class RepositoryVerbs(TaggingVerbs, CopyingVerbs, DeletingVerbs, ArchivingVerbs):
    """Finding the images of a repository, and all verbs about them."""

    def images(
        self,
        *,
        tags: Sequence[str] | None = None,
        untagged: bool | None = None,
        pushed_before: datetime | timedelta | int | None = None,
        pushed_after: datetime | timedelta | int | None = None,
        pulled_before: datetime | timedelta | int | None = None,
        pulled_after: datetime | timedelta | int | None = None,
        larger_than: int | None = None,
        archived: bool | None = None,
        references: bool = False,
        **misspelt: Never,
    ) -> Iterator[Image]:
        """Yield the images that fit every condition, archived ones too. Pages are read as they are needed.

        Args:
            tags: Patterns of tags, ``*`` for any characters; an image fits with one tag that fits one pattern.
            untagged: Whether only images without tags fit, or only images with tags.
            pushed_before: A moment, or how long before now: a ``timedelta``, or days.
            pushed_after: As ``pushed_before``.
            pulled_before: As ``pushed_before``. An image that was never pulled fits.
            pulled_after: As ``pushed_before``. An image that was never pulled does not fit.
            larger_than: Bytes.
            archived: Whether only archived images fit, or only images that can be pulled.
            references: Whether to find out which images are parts of an index. All images are read first then, and the
                manifests of the indexes, which needs ``ecr:BatchGetImage``. ECR counts that as a pull of the index, so
                that a rule with ``since_image_pulled`` sees it as used:
                https://github.com/aws/containers-roadmap/issues/2390
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: A condition is none.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        fields = given(locals(), "references")
        from ecrops.images.image import describe
        from ecrops.images.relations import with_references
        from ecrops.images.selection import Selection

        selection = Selection.of(**fields)
        self._check_account()
        aws, name = self.registry.aws, self.name
        images = describe(aws, name)
        return selection.pick(with_references(aws, name, images) if references else images)

    def image(self, tag_or_digest: str) -> ImageHandle:
        """Return a handle of one image, whether it exists or not. Calls nothing.

        Args:
            tag_or_digest: A tag such as ``v1.2``, or a whole digest, ``sha256:…``.

        Raises:
            SpecError: It is no tag and no digest.
        """
        from ecrops.images.handle import ImageHandle

        return ImageHandle(self, tag_or_digest)
