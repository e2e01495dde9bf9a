"""Scans of images, basic and enhanced. Nothing is scanned: a test says what is found, and how a scan goes.

botocore's model of StartImageScan and DescribeImageScanFindings, and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecr.exceptions import ScanNotFoundException, ValidationException
from moto.ecr.models import Image, Repository

from .. import images, paging
from ..errors import LimitExceeded
from . import findings

_DAY = timedelta(hours=24)
_INDEXES = ("image.index", "manifest.list")


class UnsupportedImageType(ServiceException):
    """An image that cannot be scanned: the model."""

    code = "UnsupportedImageTypeException"
    message = "The image is of a type that cannot be scanned."


class ImageArchived(ServiceException):
    """An image in the archive: the model."""

    code = "ImageArchivedException"
    message = "The specified image is archived and cannot be scanned."


@dataclass
class _Scan:
    """A scan of one image, with the looks that find it not begun and running."""

    ends: str
    findings: Mapping[str, str]
    began: datetime = field(default_factory=utcnow)
    unseen: int = 0
    running: int = 0


class Scans:
    """How scans go, those that begin from now on.

    Attributes:
        begins_after: How many looks find no scan of an image that was just pushed.
        finished_after: How many looks find a scan that is not finished.
        ends: How they end. ``COMPLETE`` stands for ``ACTIVE`` where scanning is enhanced.
        description: What is said of a status that is not a good one.
    """

    def __init__(self) -> None:
        self.begins_after, self.finished_after = 0, 0
        self.ends, self.description = "COMPLETE", "The emulator was told to let this scan end so"
        self._findings: dict[tuple[str, str], Mapping[str, str]] = {}
        self._scans: dict[tuple[str, str], _Scan] = {}

    def find(self, repository: str, digest: str, severities: Mapping[str, str]) -> None:
        """Say what the scans of an image find, the next one and those that were.

        Args:
            repository: The name of its repository.
            digest: Its digest.
            severities: The severity of each finding, by its name: ``{"CVE-2026-0001": "CRITICAL"}``.
        """
        self._findings[repository, digest] = severities
        if scan := self._scans.get((repository, digest)):
            scan.findings = severities

    def a_day_passes(self) -> None:
        """The images that were scanned can be scanned again."""
        for scan in self._scans.values():
            scan.began -= _DAY

    def pushed(self, name: str, digest: str, frequency: str) -> None:
        """An image was pushed: it is scanned where the settings say so."""
        if frequency != "MANUAL":
            self._begin(name, digest, unseen=self.begins_after)

    def start(self, name: str, image: Image, *, enhanced: bool) -> _Scan:
        """A scan on request."""
        if enhanced:
            # quoted in alexjurkiewicz/ecr-scan-image#44
            raise ValidationException("This feature is disabled")
        if images.is_archived(image):
            raise ImageArchived
        if any(kind in str(image.image_manifest_media_type) for kind in _INDEXES):
            raise UnsupportedImageType  # unverified: that indexes are meant
        last = self._scans.get((name, image.image_digest))
        if last and utcnow() - last.began < _DAY:
            # the model: once in 24 hours, "if an image was scanned on initial push" too. unverified: these words
            raise LimitExceeded("The scan quota per image has been exceeded. Wait and try again.")
        return self._begin(name, image.image_digest, unseen=0)

    def look(self, name: str, image: Image, *, enhanced: bool) -> tuple[str, _Scan] | None:
        """The status of the scan of an image, and the scan; nothing if there is none."""
        scan = self._scans.get((name, image.image_digest))
        if scan is None:
            return None
        if images.is_archived(image):
            return "IMAGE_ARCHIVED", scan
        if scan.unseen > 0:
            scan.unseen -= 1
            return None
        if scan.running > 0:
            scan.running -= 1
            return "PENDING" if enhanced else "IN_PROGRESS", scan
        return "ACTIVE" if enhanced and scan.ends == "COMPLETE" else scan.ends, scan

    def _begin(self, name: str, digest: str, *, unseen: int) -> _Scan:
        findings = self._findings.get((name, digest), {})
        scan = _Scan(self.ends, findings, unseen=unseen, running=self.finished_after)
        self._scans[name, digest] = scan
        return scan


class ScansResponses:
    """The operations on scans, for ECR's responses to inherit."""

    def start_image_scan(self: Any) -> ActionResult:
        """Begin a scan."""
        repository, image = self._scanned()
        self.ecr_backend.scans.start(repository.name, image, enhanced=self._is_enhanced())
        return ActionResult({**self._of_scan(repository, image), "imageScanStatus": {"status": "IN_PROGRESS"}})

    def describe_image_scan_findings(self: Any) -> ActionResult:
        """Tell how a scan stands, and a page of what it found."""
        repository, image = self._scanned()
        enhanced, scans = self._is_enhanced(), self.ecr_backend.scans
        seen = scans.look(repository.name, image, enhanced=enhanced)
        if seen is None:
            wanted = {key: self.request["imageId"].get(key, "null") for key in ("imageDigest", "imageTag")}
            named = f"{{imageDigest:'{wanted['imageDigest']}', imageTag:'{wanted['imageTag']}'}}"
            raise ScanNotFoundException(named, repository.name, str(repository.registry_id))
        status, scan = seen
        answer = self._of_scan(repository, image)
        if status not in ("COMPLETE", "ACTIVE"):
            described = {} if status in ("PENDING", "IN_PROGRESS") else {"description": scans.description}
            return ActionResult({**answer, "imageScanStatus": {"status": status, **described}})
        described = {"description": "Continuous scan is selected for image." if enhanced else _COMPLETED}
        return ActionResult(
            {**answer, "imageScanStatus": {"status": status, **described}, **self._findings(scan, image, enhanced)}
        )

    def _findings(self: Any, scan: _Scan, image: Image, enhanced: bool) -> dict[str, Any]:
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = paging.page(list(scan.findings.items()), size, token)
        details = findings.enhanced(page, image, self.ecr_backend, scan.began) if enhanced else findings.basic(page)
        answer = {**details, "findingSeverityCounts": findings.counts(scan.findings)}
        answer |= {"imageScanCompletedAt": scan.began, "vulnerabilitySourceUpdatedAt": scan.began}
        return {"imageScanFindings": answer, **paging.following(more)}

    def _scanned(self: Any) -> tuple[Repository, Image]:
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        return repository, images.find(repository, self.request["imageId"])

    def _is_enhanced(self: Any) -> bool:
        return bool(self.ecr_backend.settings.scanning.configuration["scanType"] == "ENHANCED")

    def _of_scan(self: Any, repository: Repository, image: Image) -> dict[str, Any]:
        named = {**self.request["imageId"], "imageDigest": image.image_digest}
        return {"registryId": repository.registry_id, "repositoryName": repository.name, "imageId": named}


_COMPLETED = "The scan was completed successfully."
