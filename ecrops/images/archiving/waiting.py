"""Waiting until images are restored: one listing of the repository a look, however many images there are."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from ecrops.aws import Aws
from ecrops.base.render import several
from ecrops.base.waits import Waited
from ecrops.errors import DeadlineError, EcropsError
from ecrops.images.archiving.words import MINUTES
from ecrops.images.image import STANDARD, Image, describe
from ecrops.images.words import name_of

FIRST_PAUSES = (5.0, 10.0, 20.0)
PAUSE = 30.0
"""Seconds between two looks."""


class Waiter:
    """Waits for images of a repository. The time that one wait has taken counts for the next one.

    Args:
        aws: The account and region.
        repository: The repository.
        timeout: The seconds to wait for all of them.
    """

    def __init__(self, aws: Aws, repository: str, timeout: float) -> None:
        self._aws, self._repository, self._timeout = aws, repository, timeout
        self._waited = Waited(repository)

    def wait_for(self, images: Mapping[str, Image]) -> None:
        """Wait until some images can be pulled.

        Args:
            images: The images by digest, as they were before.

        Raises:
            DeadlineError: Some cannot be pulled yet. Their restores go on.
            EcropsError: Some were deleted, or archived again, in the meantime.
        """
        archived = dict(images)
        lost: dict[str, str] = {}
        pauses = itertools.chain(FIRST_PAUSES, itertools.repeat(PAUSE))
        while archived:
            self._pause(next(pauses), list(archived.values()), len(images))
            now = {image.digest: image for image in describe(self._aws, self._repository)}
            for digest, before in list(archived.items()):
                image = now.get(digest)
                if image is None:
                    lost[digest] = "was deleted"
                elif not image.restoring and image.archived_at != before.archived_at:
                    lost[digest] = "was archived again"
                if digest in lost or (image and image.storage_class == STANDARD):
                    del archived[digest]
        if lost:
            names = several(f"{name_of(images[digest])} {reason}" for digest, reason in lost.items())
            raise EcropsError(f"{self._repository}: while images were restored, {names}")

    def _pause(self, pause: float, archived: Sequence[Image], number: int) -> None:
        what = f"{len(archived):,} of {number:,} images of {self._repository}"
        if self._waited.seconds + pause > self._timeout:
            raise DeadlineError(
                f"ECR has not restored {what} within {self._timeout:g} seconds: {several(map(name_of, archived))}; it "
                "goes on, and the same call waits for them again"
            )
        reason = f"ECR restores {what}, which takes up to {MINUTES} minutes"
        self._aws.pause(pause, f"{what} were restored", reason, self._waited)
