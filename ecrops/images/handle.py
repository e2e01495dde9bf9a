"""The handle of one image: reading it, and its verbs.

Called by users, through ``Repository.image``. What a verb needs is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecrops.images.readable import ReadableImage

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.plan import Plan
    from ecrops.engine.telling import OnChange
    from ecrops.images.copying.plan import CopyPlan
    from ecrops.images.findings import ScanFindings
    from ecrops.images.scans import ScanStatus
    from ecrops.images.usage.values import Protected
    from ecrops.images.verbs import RepositoryVerbs
    from ecrops.spec import RepositorySpec


class ImageHandle(ReadableImage):
    """An image of a repository, by a tag or by its digest, whether it exists or not.

    Attributes:
        repository: The repository.
        name: The tag, or the digest.
    """

    # Scanning

    def scan(self) -> ScanStatus:
        """Start a scan, and return its status. Where one of the last 24 hours is there, return its status.

        ECR scans an image once in 24 hours, and on request under basic scanning only. A dry run starts none. Of an
        index, the parts for a platform are scanned, and the status is that of one that is not finished, if any.

        Raises:
            ClientError: botocore's ``UnsupportedImageTypeException``: such an image is not scanned.
        """
        from ecrops.images import scans

        aws, name, dry_run = self._aws(), self.repository.name, self.repository.registry.dry_run
        return scans.start_all(aws, name, self.name, dry_run=dry_run)

    def scan_findings(
        self,
        severity: str | None = None,
        *,
        timeout: float = 600,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> ScanFindings:
        """Return what a scan found, of basic or enhanced scanning, once the scan is finished.

        The result is false if nothing fits, which makes a gate of one line:
        ``if image.scan_findings(severity="CRITICAL"): sys.exit(1)``. ECR does not scan an index: of one, it is what was
        found in all its parts for a platform.

        Args:
            severity: The least severity: ``HIGH`` means ``HIGH`` and ``CRITICAL``. Findings that nobody has judged yet
                (``UNDEFINED``, ``UNTRIAGED``) come last, so only these names, and no severity, include them.
            timeout: Seconds to wait for a scan that runs. It goes on afterwards, and the same call waits again.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how long it waits.

        Raises:
            ScanError: There are no findings, and waiting brings none: the scan failed, or there is none of such images.
            DeadlineError: The scan has not ended in time.
            ClientError: botocore's ``ScanNotFoundException``: it was never scanned; ``ImageNotFoundException``.
        """
        from ecrops.images import scans
        from ecrops.images.findings import check_severity

        least = check_severity(severity)
        self._aws()
        with self.repository.registry.telling(None, on_wait, progress) as registry:
            return scans.all_findings(registry.aws, self.repository.name, self.name, least, timeout)

    # Writing

    def tag(
        self,
        *tags: str,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Set tags on the image, without a pull or a push. A tag that another image has is moved.

        Two calls set a tag, and one finds that it is set. The reading of the manifests counts as a pull of the image,
        and of those that have the tags.

        Args:
            tags: The tags.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.

        Raises:
            SpecError: Something is no tag.
            ConflictError: There is no such image, or a tag is taken and cannot be moved.
        """
        from ecrops.images.tagging import wants

        wants.check_tags(tags)
        wanted = dict.fromkeys(tags, self.name)
        return wants.set_tags(self.repository, wanted, on_change, on_wait, progress)

    def untag(
        self,
        *tags: str,
        delete_last: bool = False,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Remove tags from the image. Those that it does not have stay where they are.

        ECR deletes an image with its last tag. That is refused, unless ``delete_last`` says that it may go. It cannot
        be promised: ECR has no call that removes a tag only if another one is left. If another writer removes the other
        tags between our reading and our call, the image is deleted.

        Args:
            tags: The tags.
            delete_last: Whether the image may be deleted with its last tag.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.

        Raises:
            SpecError: Something is no tag.
            ConflictError: These are all its tags, and ``delete_last`` is false.
        """
        from ecrops.images.tagging import wants

        return wants.remove_tags(self.repository, self.name, tags, delete_last, on_change, on_wait, progress)

    def copy_to(
        self,
        to: RepositoryVerbs,
        *,
        tags: Sequence[str] | None = None,
        referrers: bool = True,
        create: RepositorySpec | None = None,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> CopyPlan:
        """Copy the image to another repository, of this or another registry, with all that belongs to it.

        Args:
            to: The other repository.
            tags: Its tags there; without them the tag of the handle, and none for a digest.
            referrers: Whether its signatures and other referrers are copied too.
            create: The spec of the other repository, as ``ensure`` takes it: made if it does not
                exist, changed where it differs.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
        """
        from ecrops.images.copying import wants

        return wants.copy_image(
            self,
            to,
            tags=tags,
            referrers=referrers,
            create=create,
            on_change=on_change,
            on_wait=on_wait,
            progress=progress,
        )

    def delete(
        self,
        *,
        never: Protected = (),
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Delete the image with all its tags: see ``Repository.delete_images``.

        Args:
            never: What is never deleted: tags, digests, URIs, or what ``in_use`` found.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
        """
        return self.repository.delete_images(
            self.name, never=never, on_change=on_change, on_wait=on_wait, progress=progress
        )

    def archive(
        self,
        *,
        never: Protected = (),
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Move the image to the archive, where it cannot be pulled: see ``Repository.archive_images``.

        Args:
            never: What is never archived: tags, digests, URIs, or what ``in_use`` found.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
        """
        return self.repository.archive_images(
            self.name, never=never, on_change=on_change, on_wait=on_wait, progress=progress
        )

    def restore(
        self,
        *,
        timeout: float = 1800,
        wait: bool = True,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Restore the image from the archive, and wait until it can be pulled: see ``Repository.restore_images``.

        Args:
            timeout: Seconds to wait. ECR takes up to 20 minutes.
            wait: Whether to wait.
            on_change: Called with every change that was made.
            on_wait: Called with each wait, before it.
            progress: Whether to draw how far it is, on the standard error.
        """
        return self.repository.restore_images(
            self.name, timeout=timeout, wait=wait, on_change=on_change, on_wait=on_wait, progress=progress
        )
