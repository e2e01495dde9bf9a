"""The verb of a repository that copies many images. Called by users, through ``Repository``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from ecrops.repositories.advice import refuse_options
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecrops.base.waits import OnWait
    from ecrops.engine.account import Account
    from ecrops.engine.aspect import Want
    from ecrops.engine.reading import Goal
    from ecrops.engine.telling import OnChange
    from ecrops.images.copying.plan import CopyPlan
    from ecrops.spec import RepositorySpec


class CopyingVerbs(Handle):
    """Copying the images of a repository."""

    def copy_images(
        self,
        to: CopyingVerbs,
        *,
        tags: Sequence[str] | None = None,
        since: datetime | timedelta | int | None = None,
        untagged: bool = False,
        referrers: bool = True,
        create: RepositorySpec | None = None,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> CopyPlan:
        """Copy images to another repository, of this or another registry, with all that belongs to them.

        Digests stay what they are. An index goes with all its parts, and an image with the artifacts about it. Images
        and layers that are there already are skipped, so a copy that broke off goes on. Tags are set last.

        It is a dry run if either registry is one, and the earlier one of both deadlines counts.

        Args:
            to: The other repository. Its registry may have a session of another account, region or partition.
            tags: Patterns of tags, ``*`` for any characters: these tags are copied. All tags without it.
            since: Only images that were pushed after a moment, or at most so long ago: a ``timedelta``, or days.
            untagged: Whether images without tags are copied too.
            referrers: Whether signatures and other artifacts about the images are copied too.
            create: The spec of the other repository, as ``ensure`` takes it: made if it does not
                exist, changed where it differs.
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.
            progress: Whether to draw how far it is, on the standard error.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Returns:
            The changes that were made, and how many bytes were moved and mounted.

        Raises:
            SpecError: ``to`` is this repository or none, or a condition is none.
            ConflictError: A tag is taken and cannot be moved, or an image or a layer cannot be read. Nothing was
                changed.
            ApplyError: Some images could not be copied; its ``applied`` lists what was done.
            ClientError: botocore's ``RepositoryNotFoundException``, or an image that is named does not exist.
        """
        options = ("tags", "since", "untagged", "referrers", "create", "on_change", "on_wait", "progress")
        refuse_options(misspelt, options)
        from ecrops.images.copying import wants

        return wants.copy_images(
            self,
            to,
            tags=tags,
            since=since,
            untagged=untagged,
            referrers=referrers,
            create=create,
            on_change=on_change,
            on_wait=on_wait,
            progress=progress,
        )

    def _wanted(self, spec: RepositorySpec, registry: Account) -> tuple[list[Want], Mapping[Goal, Any]]:
        """Return the wants of a spec, and what is known of them. ``Repository`` knows what a spec says."""
        raise NotImplementedError
