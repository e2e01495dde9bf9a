"""The verb of a repository that sets many tags. Called by users, through ``Repository``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.plan import Plan
    from ecrops.engine.telling import OnChange


class TaggingVerbs(Handle):
    """Setting the tags of images of a repository."""

    def tag_images(
        self,
        tags: Mapping[str, str],
        *,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Set many tags, each to an image of this repository. No image is pulled or pushed.

        A tag that another image has is moved. ECR takes 10 tags a second: while it throttles, the calls are paced. Each
        tag is set by itself: if some cannot be set, the others are, and ``ApplyError`` says which. The manifests of the
        images, and of those that have the tags, are read, which counts as a pull. In the repository of a pull through
        cache, ECR asks upstream for a tag that it does not have.

        Args:
            tags: By tag, the image: another tag, or a digest.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.

        Raises:
            SpecError: Something is no tag, or no digest.
            ConflictError: There is no such image, or a tag is taken and cannot be moved; nothing was changed.
            ApplyError: Some of several tags could not be set.
        """
        from ecrops.images.tagging.wants import set_tags

        return set_tags(self, tags, on_change, on_wait, progress)
