"""The verb of a repository that deletes many images. Called by users, through ``Repository``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Never

from ecrops.base.problems import given
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecrops.base.waits import OnWait
    from ecrops.engine.plan import Plan
    from ecrops.engine.telling import OnChange
    from ecrops.images.usage.values import Protected


class DeletingVerbs(Handle):
    """Deleting the images of a repository."""

    def delete_images(
        self,
        *digests_or_tags: str,
        tags: Sequence[str] | None = None,
        untagged: bool | None = None,
        older_than: datetime | timedelta | int | None = None,
        pulled_before: datetime | timedelta | int | None = None,
        larger_than: int | None = None,
        archived: bool | None = None,
        orphans: bool = False,
        all: bool = False,
        never: Protected = (),
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> Plan:
        """Delete images, archived ones too, each with all its tags: those that are named, or that fit every condition.

        What belongs to a deleted image goes with it: whatever is about it (signatures, SBOMs, attestations), whatever
        is about that, and, of an index, the parts that have no tag of their own and that no other index has. A part
        with a tag of its own stays.

        What is needed stays, and notes of the plan say why: a part of an index that stays, whatever is about an image
        that stays, the subject of an artifact that stays, and what ``never`` says, with the indexes that it is a part
        of. If an image was named, that is a conflict. Only a referrer that was named goes without its subject.

        What goes is decided once. Images that come later are never deleted, and an image that gets another tag
        meanwhile, or an index that has it, stays. If an image cannot be deleted, the others are. If a run breaks off in
        an index with more than 100 parts, some of them may be left: ``untagged=True`` deletes them.

        If any image fits, the manifests of all indexes are read, which ECR counts as a pull of them. Where deletions
        are replicated, a note says to where.

        Args:
            digests_or_tags: The images by name. A name that no image has is a note.
            tags: Patterns of tags, ``*`` for any characters; an image fits with one tag that fits one pattern.
            untagged: Whether only images without tags fit, or only images with tags. A push of an index begins with its
                parts, which have no index then: ``untagged=True, older_than=1`` leaves them alone.
            older_than: How long ago an image was pushed at least: a ``timedelta``, or days; or a moment.
            pulled_before: The same for the last pull. An image that was never pulled fits. A reading of this verb is a
                pull of each index, so the next one finds them used: ``registry.pull_time_exclusions`` prevents that.
            larger_than: Bytes.
            archived: Whether only archived images fit, or only images that can be pulled.
            orphans: Whether only artifacts fit that are about an image that is gone: their manifest names it as the
                subject, or all their tags do, such as ``sha256-HEX.sig``.
            all: Whether every image is meant. Without it, and without names and conditions, nothing is deleted.
            never: What is never deleted: patterns of tags, digests, URIs, or what ``in_use`` found.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Returns:
            The plan: a change for every 100 images. Its bytes are those of the images, of which layers may be shared.

        Raises:
            SpecError: Nothing says which images, or something is none.
            ConflictError: An image that was named has to stay; nothing was changed.
            ClientError: botocore's ``RepositoryNotFoundException``.
            EcropsError: Some images could not be deleted; the others were.
        """
        conditions = given(locals(), "digests_or_tags", "orphans", "all", "never", "on_change", "on_wait", "progress")
        from ecrops.images.deleting.wants import delete

        return delete(
            self,
            digests_or_tags,
            conditions,
            orphans=orphans,
            everything=all,
            never=never,
            on_change=on_change,
            on_wait=on_wait,
            progress=progress,
        )
