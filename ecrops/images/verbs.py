"""The verbs of a repository about its images: find them, tag, copy, delete, archive and restore many at once.

Called by users, through ``Repository``. A verb that writes makes one edit, and hands it to the engine. The verbs of one
image are those of ``images/handle``. What a verb needs is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from ecrops.base.problems import given
from ecrops.images.archiving.methods import ArchivingVerbs
from ecrops.repositories.advice import refuse_options

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecrops.base.waits import OnWait
    from ecrops.engine.account import Account
    from ecrops.engine.aspect import Want
    from ecrops.engine.plan import Plan
    from ecrops.engine.reading import Goal
    from ecrops.engine.telling import OnChange
    from ecrops.images.copying.plan import CopyPlan
    from ecrops.images.handle import ImageHandle
    from ecrops.images.image import Image
    from ecrops.images.usage.values import Protected
    from ecrops.spec import RepositorySpec

TELLING = ("on_change", "on_wait", "progress")


class RepositoryVerbs(ArchivingVerbs):
    """Finding, tagging, copying, deleting, archiving and restoring the images of a repository."""

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
        from ecrops.images.tagging.verbs import set_tags

        return set_tags(self, tags, on_change, on_wait, progress)

    def copy_images(
        self,
        to: RepositoryVerbs,
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
        refuse_options(misspelt, ("tags", "since", "untagged", "referrers", "create", *TELLING))
        from ecrops.images.copying import verbs

        return verbs.copy_images(
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
        from ecrops.images.deleting.verbs import delete

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
