"""What ECR says of one image besides what it is: its referrers, its replication, its signatures.

Called by ``handle``. It only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.aws import BOTOCORE, Aws, operations_of
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.images.names import image_id
from ecrops.repositories import calls

REFERRERS = "ListImageReferrers"
PAGE = 50
"""The referrers of a page, as botocore's model says."""
MOST_TYPES = 5


class Referrer(NamedTuple):
    """An artifact that is about an image: a signature, an SBOM, an attestation.

    Args:
        digest: Its digest.
        artifact_type: What it is.
        media_type: The media type of its manifest.
        size: Its bytes.
        is_archived: Whether it is in the archive, or is being restored from there.
        annotations: Its annotations.
    """

    digest: str
    artifact_type: str = ""
    media_type: str = ""
    size: int = 0
    is_archived: bool = False
    annotations: Mapping[str, str] = {}


class ReplicationStatus(NamedTuple):
    """How far an image is replicated to one destination.

    Args:
        region: The region of the destination.
        account: Its account.
        status: ``IN_PROGRESS``, ``COMPLETE`` or ``FAILED``.
        failure_code: Why it failed; empty if it did not.
    """

    region: str
    account: str
    status: str
    failure_code: str = ""


class SigningStatus(NamedTuple):
    """How far an image is signed with one profile of AWS Signer.

    Args:
        profile: The ARN of the profile.
        status: ``IN_PROGRESS``, ``COMPLETE`` or ``FAILED``.
        failure_code: Why it failed; empty if it did not.
        failure_reason: The same in words.
    """

    profile: str
    status: str
    failure_code: str = ""
    failure_reason: str = ""


def artifact_types(value: object) -> tuple[str, ...]:
    """Return artifact types as ECR takes them: at most five.

    Raises:
        SpecError: They are none, or more.
    """
    if value is None:
        return ()
    problems = Problems()
    types = problems.strings("artifact_type", [value] if isinstance(value, str) else value) or ()
    problems.check(len(types) <= MOST_TYPES, "artifact_type", f"ECR takes {MOST_TYPES} at most, got {len(types)}")
    problems.check(all(types), "artifact_type", "expected a type such as application/spdx+json, got an empty text")
    problems.raise_any()
    return types


def referrers(aws: Aws, name: str, digest: str, types: Sequence[str]) -> Iterator[Referrer]:
    """Yield the referrers of an image, archived ones too. Pages are read as they are needed.

    Args:
        aws: The account and region.
        name: The repository.
        digest: The digest of the image.
        types: Artifact types; without one, all.
    """
    check_known(REFERRERS)
    params: dict[str, Any] = {
        "repositoryName": name,
        "subjectId": {"imageDigest": digest},
        "filter": {"artifactStatus": "ANY", **({"artifactTypes": list(types)} if types else {})},
        "maxResults": PAGE,
    }
    digests: set[str] = set()
    for page in calls.pages(aws, name, REFERRERS, "referrers", **params):
        for item in page:
            if item["digest"] not in digests:  # the listing may move between two pages
                digests.add(item["digest"])
                yield _referrer(item)


def _referrer(item: Mapping[str, Any]) -> Referrer:
    return Referrer(
        item["digest"],
        item.get("artifactType", ""),
        item.get("mediaType", ""),
        item.get("size") or 0,
        item.get("artifactStatus", "ACTIVE") != "ACTIVE",
        item.get("annotations") or {},
    )


def replication(aws: Aws, name: str, image: str) -> tuple[ReplicationStatus, ...]:
    """Return how far an image is replicated: one status for each destination, none if nothing replicates it."""
    items = _described(aws, name, "DescribeImageReplicationStatus", "replicationStatuses", image)
    return tuple(
        ReplicationStatus(item["region"], item["registryId"], item["status"], item.get("failureCode") or "")
        for item in items
    )


def signing(aws: Aws, name: str, image: str) -> tuple[SigningStatus, ...]:
    """Return how far an image is signed: one status for each profile, none if no rule signs it."""
    items = _described(aws, name, "DescribeImageSigningStatus", "signingStatuses", image)
    return tuple(
        SigningStatus(
            item.get("signingProfileArn", ""),
            item["status"],
            item.get("failureCode") or "",
            item.get("failureReason") or "",
        )
        for item in items
    )


def _described(aws: Aws, name: str, operation: str, member: str, image: str) -> list[dict[str, Any]]:
    check_known(operation)
    statuses: list[dict[str, Any]] = calls.get(
        aws, name, operation, member, repositoryName=name, imageId=image_id(image)
    )
    return statuses


def check_known(operation: str) -> None:
    """Refuse what the installed botocore cannot ask.

    Raises:
        SpecError: It does not know the operation.
    """
    if operation not in operations_of("ecr"):
        raise SpecError(f"{operation} needs a newer botocore, and {BOTOCORE} is installed: update boto3")
