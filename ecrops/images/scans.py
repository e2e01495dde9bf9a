"""Scanning one image, and reading what was found, of basic and of enhanced scanning.

Called by ``handle``. ECR scans an image once in 24 hours, so a start that it refuses for that is none. botocore's
waiter ends with ``COMPLETE`` or ``FAILED`` alone, and never for enhanced scanning: its status is ``ACTIVE``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ecrops.aws import Aws, ClientError, Pages, code_of
from ecrops.base.problems import Problems
from ecrops.base.waits import Waited
from ecrops.errors import DeadlineError, EcropsError
from ecrops.images.findings import ScanFindings, Severity, fitting, of_answer
from ecrops.images.image import describe_one
from ecrops.images.manifests import IMAGES, INDEXES, one
from ecrops.images.names import address, image_id
from ecrops.repositories import calls

START, FINDINGS = "StartImageScan", "DescribeImageScanFindings"
NOT_SCANNED = "ScanNotFoundException"
REFUSED = ("LimitExceededException", "ValidationException")
UNSUPPORTED, UNSUPPORTED_STATUS = "UnsupportedImageTypeException", "UNSUPPORTED_IMAGE"
NOT_STARTED = "NOT_STARTED"
RUNNING = ("IN_PROGRESS", "PENDING")
DONE = ("COMPLETE", "ACTIVE")
PAGE = 1000
UNKNOWN = "unknown/unknown"
"""The platform that build tools give to attestations among the parts of an index."""
NEW = timedelta(minutes=2)
"""How long after its push the first scan of an image may not have begun."""
_INDEX = "an index is not scanned, its parts are: [repository.image(part.digest) for part in image.parts()]"
WORDS = {
    "FAILED": "the scan failed",
    UNSUPPORTED_STATUS: f"images of this kind are not scanned; {_INDEX}",
    "SCAN_ELIGIBILITY_EXPIRED": "it is not scanned any more: it was pushed, or pulled, longer ago than the settings of "
    "enhanced scanning allow",
    "FINDINGS_UNAVAILABLE": "ECR has no findings of it at the moment",
    "LIMIT_EXCEEDED": "ECR scans no more images of this account in these 24 hours",
    "IMAGE_ARCHIVED": "archived images are not scanned: restore() comes first",
    "IMAGE_SIZE_EXCEEDED": "it is larger than what is scanned",
}


class ScanError(EcropsError):
    """There are no findings of an image, and waiting brings none: its scan failed, or there cannot be one.

    Attributes:
        status: The status of the scan, as ECR says it.
    """

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.args[0]), self.status), vars(self)


class ScanStatus(NamedTuple):
    """How far the scan of an image is.

    Args:
        status: As ECR says it, such as ``IN_PROGRESS``; in a dry run ``NOT_STARTED``, or that of the last scan.
        description: The same in words, if ECR says any.
    """

    status: str
    description: str = ""


class Waiter:
    """Waits between two looks at a scan: 1 second, 2, 5, then 10 each time.

    Raises:
        SpecError: The timeout is no number of at least 0.
    """

    def __init__(self, aws: Aws, timeout: object, image: str) -> None:
        problems = Problems()
        problems.seconds("timeout", timeout)
        problems.raise_any()
        self._aws, self._timeout, self._image = aws, timeout, image
        self._waited = Waited()
        self._pauses = itertools.chain((1.0, 2.0, 5.0), itertools.repeat(10.0))

    def wait(self, status: str) -> None:
        """Wait, or raise if the time is over."""
        pause = next(self._pauses)
        if self._waited.seconds + pause > self._timeout:  # type: ignore[operator]
            raise DeadlineError(
                f"ECR has not finished the scan of {self._image} within {self._timeout:g} seconds ({status}): it goes "
                "on, and the same call waits for it again"
            )
        reason = f"ECR scans {self._image}: {status}"
        self._aws.pause(pause, f"the scan of {self._image} was finished", reason, self._waited)


def start(aws: Aws, name: str, image: str, *, dry_run: bool) -> ScanStatus:
    """Start a scan, and return its status. If ECR scanned the image in the last 24 hours, return that of this scan."""
    params = {"repositoryName": name, "imageId": image_id(image)}
    if dry_run:
        return _last(aws, name, image) or ScanStatus(NOT_STARTED)
    try:
        return _status(calls.call(aws, name, START, params, "imageScanStatus"))
    except ClientError as error:
        code = code_of(error)
        if code in REFUSED and (last := _last(aws, name, image)):
            return last
        if code in REFUSED:
            error.add_note(
                "ECR scans an image once in 24 hours, and does not scan on request under enhanced scanning; this image "
                "has no scan to take in its place"
            )
        if code == UNSUPPORTED:
            error.add_note(_INDEX)
        raise


def start_all(aws: Aws, name: str, image: str, *, dry_run: bool) -> ScanStatus:
    """Start the scan of an image, or of all parts of an index: see ``start``. Return the status of one that runs."""
    try:
        return start(aws, name, image, dry_run=dry_run)
    except ClientError as error:
        parts = _parts_of(aws, name, image) if code_of(error) == UNSUPPORTED else []
        if not parts:
            raise
    statuses = [start(aws, name, part, dry_run=dry_run) for part in parts]
    return next((status for status in statuses if status.status not in DONE), statuses[0])


def all_findings(aws: Aws, name: str, image: str, severity: Severity | None, timeout: object) -> ScanFindings:
    """Return what the scan of an image found, or those of all parts of an index, together: see ``findings``."""
    try:
        return findings(aws, name, image, severity, timeout)
    except ScanError as error:
        parts = _parts_of(aws, name, image) if error.status == UNSUPPORTED_STATUS else []
        if not parts:
            raise
    results = [findings(aws, name, part, severity, timeout) for part in parts]
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(result.counts)
    return ScanFindings(
        findings=fitting((finding for result in results for finding in result), severity),
        status=results[0].status,
        counts=dict(counts),
        completed_at=min((result.completed_at for result in results if result.completed_at), default=None),
        severity=str(severity or ""),
    )


def _parts_of(aws: Aws, name: str, image: str) -> list[str]:
    """Return the digests of the images in an index that are for a platform; none of an image. Attestations are not."""
    try:
        if describe_one(aws, name, image).media_type not in INDEXES:
            return []
    except ClientError:  # the error of the scan is the one to tell
        return []
    parts = one(aws, name, image).parsed.parts
    return [part.digest for part in parts if part.media_type in IMAGES and str(part.platform or "") != UNKNOWN]


def _last(aws: Aws, name: str, image: str) -> ScanStatus | None:
    """Return the status of the last scan; ``None`` if there was none."""
    try:
        return _status(_page(aws, name, image, {"maxResults": 1}))
    except ClientError as error:
        if code_of(error) != NOT_SCANNED:
            raise
        return None


def _status(answer: Mapping[str, Any]) -> ScanStatus:
    status = answer.get("imageScanStatus") or {}
    return ScanStatus(status.get("status") or "", status.get("description") or "")


def _page(aws: Aws, name: str, image: str, params: Mapping[str, Any]) -> dict[str, Any]:
    params_of_page = {"repositoryName": name, "imageId": image_id(image), **params}
    return calls.call(aws, name, FINDINGS, params_of_page, "imageScanStatus")


def findings(aws: Aws, name: str, image: str, severity: Severity | None, timeout: object) -> ScanFindings:
    """Return what the scan of an image found, once it is finished.

    Args:
        aws: The account and region.
        name: The repository.
        image: Its tag or digest.
        severity: The least severity; ``None`` for all.
        timeout: The seconds to wait for it.

    Raises:
        ScanError: There are no findings, and waiting brings none.
        DeadlineError: The scan has not ended in time.
        ClientError: There is no such image, or it was not scanned: botocore's ``ScanNotFoundException``.
    """
    where = address(name, image)
    waiter = Waiter(aws, timeout, where)
    while True:
        pages = Pages(lambda token: _page(aws, name, image, {"maxResults": PAGE, **token}), "")
        try:
            first = next(pages)
        except ClientError as error:
            if code_of(error) != NOT_SCANNED:
                raise
            if not _is_new(aws, name, image):
                error.add_note(
                    "nothing has scanned it: image.scan() starts a scan, and image_scan_on_push=True scans what is "
                    "pushed from then on"
                )
                raise
            waiter.wait("not begun yet")
            continue
        status = _status(first)
        if status.status in RUNNING:
            waiter.wait(status.status)
        elif status.status not in DONE:
            words = WORDS.get(status.status, "a status that is not known")
            description = f" ({status.description})" if status.description else ""
            raise ScanError(f"{where} has no findings: {status.status}: {words}{description}", status.status)
        elif _are_of_one(answers := [first, *pages]):  # else the tag moved to another image meanwhile
            return _all(answers, severity)


def _are_of_one(answers: Sequence[Mapping[str, Any]]) -> bool:
    return len({answer["imageId"]["imageDigest"] for answer in answers}) == 1


def _is_new(aws: Aws, name: str, image: str) -> bool:
    """Whether an image was pushed a moment ago: its scan on push may begin later.

    Raises:
        ScanError: It is an index, which is never scanned.
    """
    described = describe_one(aws, name, image)
    if described.media_type in INDEXES:
        raise ScanError(f"{name}: {image} has no findings: {_INDEX}", UNSUPPORTED_STATUS)
    return datetime.now(UTC) - described.pushed_at < NEW


def _all(answers: Sequence[Mapping[str, Any]], severity: Severity | None) -> ScanFindings:
    parts = [answer.get("imageScanFindings") or {} for answer in answers]
    return ScanFindings(
        findings=fitting((finding for part in parts for finding in of_answer(part)), severity),
        status=_status(answers[0]).status,
        counts=dict(parts[0].get("findingSeverityCounts") or {}),
        completed_at=parts[0].get("imageScanCompletedAt"),
        severity=str(severity or ""),
    )
