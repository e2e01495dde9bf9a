"""The verbs of a repository that move many images to the archive and back. Called by users, through ``Repository``."""

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

BESIDES = ("digests_or_tags", "all", "on_change", "on_wait", "progress")


class ArchivingVerbs(Handle):
    """Archiving and restoring the images of a repository."""

    def archive_images(
        self,
        *digests_or_tags: str,
        tags: Sequence[str] | None = None,
        untagged: bool | None = None,
        pushed_before: datetime | timedelta | int | None = None,
        pushed_after: datetime | timedelta | int | None = None,
        pulled_before: datetime | timedelta | int | None = None,
        pulled_after: datetime | timedelta | int | None = None,
        larger_than: int | None = None,
        all: bool = False,
        never: Protected = (),
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> Plan:
        """Move images to the archive. From then on every pull of them fails, until they are restored.

        An index goes with the parts that have no tag of their own, and that no other index has. A part of an index that
        stays active stays. ECR archives signatures and other artifacts that have a subject itself, within 24 hours. It
        charges at least 90 days of the archive, and a restore takes up to 20 minutes.

        ECR takes one image a call: the calls are made in parallel, and paced while it throttles. The manifests of
        indexes are read, which ECR counts as a pull of them. Images that are archived already are left alone.

        Args:
            digests_or_tags: The images by name; instead of conditions.
            tags: Patterns of tags, ``*`` for any characters; an image fits with one tag that fits one pattern.
            untagged: Whether only images without tags fit, or only images with tags.
            pushed_before: A moment, or how long before now: a ``timedelta``, or days.
            pushed_after: As ``pushed_before``.
            pulled_before: As ``pushed_before``. An image that was never pulled fits.
            pulled_after: As ``pushed_before``. An image that was never pulled does not fit.
            larger_than: Bytes.
            all: Whether every image is meant.
            never: What is never archived: patterns of tags, digests, URIs, or what ``in_use`` found.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Returns:
            The plan: a change for every image.

        Raises:
            SpecError: Nothing says which images, something is none, or botocore is older than the archive.
            ConflictError: An image that was named does not exist, or is a part of an index that stays; nothing was
                changed.
            ApplyError: Some of several images could not be archived; the others were.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        conditions = given(locals(), *BESIDES, "never")
        from ecrops.images.archiving import wants

        return wants.archive(self, wants.Wanted(digests_or_tags, conditions, all), never, on_change, on_wait, progress)

    def restore_images(
        self,
        *digests_or_tags: str,
        tags: Sequence[str] | None = None,
        untagged: bool | None = None,
        pushed_before: datetime | timedelta | int | None = None,
        pushed_after: datetime | timedelta | int | None = None,
        pulled_before: datetime | timedelta | int | None = None,
        pulled_after: datetime | timedelta | int | None = None,
        larger_than: int | None = None,
        all: bool = False,
        timeout: float = 1800,
        wait: bool = True,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> Plan:
        """Restore images from the archive, and wait until they can be pulled. ECR takes up to 20 minutes.

        The parts of an index are restored after the index: ECR does not hand out its manifest before. While it waits,
        the repository is listed, at most twice a minute, however many images there are. What is being restored already
        is waited for.

        Args:
            digests_or_tags: The images by name; instead of conditions.
            tags: Patterns of tags, ``*`` for any characters; an image fits with one tag that fits one pattern.
            untagged: Whether only images without tags fit, or only images with tags.
            pushed_before: A moment, or how long before now: a ``timedelta``, or days.
            pushed_after: As ``pushed_before``.
            pulled_before: As ``pushed_before``. An image that was never pulled fits.
            pulled_after: As ``pushed_before``. An image that was never pulled does not fit.
            larger_than: Bytes.
            all: Whether every archived image is meant.
            timeout: Seconds to wait. The restores go on afterwards, and the same call waits again.
            wait: Whether to wait. Without it the parts of an index are left for a later call.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Returns:
            The plan: a change for every image.

        Raises:
            SpecError: Nothing says which images, something is none, or botocore is older than the archive.
            ConflictError: An image that was named does not exist; nothing was changed.
            DeadlineError: Some images cannot be pulled in time.
            ApplyError: Some of several images could not be restored; the others were.
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        conditions = given(locals(), *BESIDES, "timeout", "wait")
        from ecrops.images.archiving import wants

        return wants.restore(
            self, wants.Wanted(digests_or_tags, conditions, all), timeout, wait, on_change, on_wait, progress
        )
