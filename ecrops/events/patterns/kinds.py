"""Event patterns: one function for each kind of event, and the table of all kinds. Pure.

Called by ``Event``. Every function takes a selection of repositories: the name of one, a list of names,
``prefix("team/")``, or ``None`` for all. It checks its options. The events are those of
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.events.patterns.pattern import Pattern
from ecrops.events.patterns.selection import EXAMPLE_LOCATION, Location, Selection, by_arn, by_name, check_selection

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED")
SCAN_TYPES = ("BASIC", "ENHANCED")
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def event(repositories: Selection) -> Pattern:
    """Return the pattern of every event of ECR that has the name of the repository in its detail."""
    return _ecr(repositories)


def cloud_trail_event(repositories: Selection) -> Pattern:
    """Return the pattern of every API call about the repository that a trail of CloudTrail records."""
    return _cloud_trail(repositories, {})


def cloud_trail_image_pushed(repositories: Selection, *, image_tag: str | None = None) -> Pattern:
    """Return the pattern of a ``PutImage`` that a trail of CloudTrail records."""
    parameters = _tags("imageTag", None if image_tag is None else [image_tag])
    pattern = _cloud_trail(repositories, parameters).document
    return Pattern({**pattern, "detail": {**pattern.get("detail", {}), "eventName": ["PutImage"]}})


def image_pushed(repositories: Selection, *, image_tags: Sequence[str] | None = None) -> Pattern:
    """Return the pattern of a push."""
    return _action(repositories, "PUSH", image_tags)


def image_deleted(repositories: Selection, *, image_tags: Sequence[str] | None = None) -> Pattern:
    """Return the pattern of a deletion of an image."""
    return _action(repositories, "DELETE", image_tags)


def image_archived(repositories: Selection) -> Pattern:
    """Return the pattern of an image that was moved to the archive."""
    return _storage(repositories, "ARCHIVE")


def image_restored(repositories: Selection) -> Pattern:
    """Return the pattern of an image that was restored from the archive."""
    return _storage(repositories, "STANDARD")


def referrer_action(repositories: Selection) -> Pattern:
    """Return the pattern of a referrer, such as an SBOM or signature, that was restored from the archive."""
    return _ecr(repositories, "ECR Referrer Action")


def artifact_action(repositories: Selection) -> Pattern:
    """Return the pattern of an ``ECR Artifact Action``. No guide shows one: that it names its repository is assumed.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ecr.html
    """
    return _ecr(repositories, "ECR Artifact Action")


def image_scan_completed(
    repositories: Selection,
    *,
    image_tags: Sequence[str] | None = None,
    scan_type: str = "BASIC",
    location: Location = EXAMPLE_LOCATION,
) -> Pattern:
    """Return the pattern of a completed scan. Under ``ENHANCED`` scanning it is an event of Amazon Inspector.

    Inspector sends it for the first scan of an image.
    """
    tags = _tags("image-tags", image_tags)
    if _is_enhanced(scan_type):
        # Inspector's event holds the ARN where ECR's holds the name
        detail = {
            "repository-name": by_arn(check_selection(repositories), location),
            "scan-status": ["INITIAL_SCAN_COMPLETE"],
        }
        return Pattern({"source": ["aws.inspector2"], "detail-type": ["Inspector2 Scan"], "detail": detail | tags})
    return _ecr(repositories, "ECR Image Scan", {"scan-status": ["COMPLETE"]} | tags)


def image_finding(
    repositories: Selection,
    *,
    severities: Sequence[str] = ("CRITICAL", "HIGH"),
    scan_type: str = "BASIC",
    location: Location = EXAMPLE_LOCATION,
) -> Pattern:
    """Return the pattern of findings: of scans that count any (``BASIC``), or of each finding (``ENHANCED``)."""
    check_severities(severities)
    if _is_enhanced(scan_type):
        names = by_name(check_selection(repositories))
        image: dict[str, Any] = {"details": {"awsEcrContainerImage": {"repositoryName": names}}} if names else {}
        resources = {"type": ["AWS_ECR_CONTAINER_IMAGE"]} | image
        detail = {"severity": list(severities), "resources": resources}
        return Pattern({"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"], "detail": detail})
    counts: list[Any] = [{"finding-severity-counts": {word: [{"numeric": [">", 0]}]}} for word in severities]
    any_count = counts[0] if len(counts) == 1 else {"$or": counts}
    return _ecr(repositories, "ECR Image Scan", {"scan-status": ["COMPLETE"]} | any_count)


def scan_frequency_changed(repositories: Selection) -> Pattern:
    """Return the pattern of a change of the scan frequency, under ``ENHANCED`` scanning."""
    names = by_name(check_selection(repositories))
    repository: dict[str, Any] = {"repositories": {"repository-name": names}} if names else {}
    detail = {"action-type": ["SCAN_FREQUENCY_CHANGE"]} | repository
    return Pattern({"source": ["aws.ecr"], "detail-type": ["ECR Scan Resource Change"], "detail": detail})


def pull_through_cache_action(repositories: Selection) -> Pattern:
    """Return the pattern of an image that was pulled through from an upstream registry, or could not be."""
    return _ecr(repositories, "ECR Pull Through Cache Action")


def image_replicated(repositories: Selection, *, result: str | None = None) -> Pattern:
    """Return the pattern of an image that was replicated, or could not be. The destination sends the event.

    Args:
        repositories: The repositories of the images.
        result: ``SUCCESS`` or ``FAILED``; both without it.
    """
    if result not in (None, "SUCCESS", "FAILED"):
        raise SpecError(f"result: expected SUCCESS or FAILED, got {result!r}")
    detail: dict[str, Any] = {"action-type": ["REPLICATE"]} | ({"result": [result]} if result else {})
    return _ecr(repositories, "ECR Replication Action", detail)


class EventKind(NamedTuple):
    """A kind of event.

    Args:
        pattern: Makes the event pattern for a selection of repositories.
        options: The options of ``pattern`` that users set, with their defaults. ``scan_type`` has none: an event
            without it follows the scan type that is in force.
    """

    pattern: Callable[..., Pattern]
    options: Mapping[str, Any]


KINDS: Mapping[str, EventKind] = {
    "event": EventKind(event, {}),
    "cloud-trail-event": EventKind(cloud_trail_event, {}),
    "cloud-trail-image-pushed": EventKind(cloud_trail_image_pushed, {"image_tag": None}),
    "image-pushed": EventKind(image_pushed, {"image_tags": None}),
    "image-deleted": EventKind(image_deleted, {"image_tags": None}),
    "image-archived": EventKind(image_archived, {}),
    "image-restored": EventKind(image_restored, {}),
    "referrer-action": EventKind(referrer_action, {}),
    "artifact-action": EventKind(artifact_action, {}),
    "image-scan-completed": EventKind(image_scan_completed, {"image_tags": None, "scan_type": None}),
    "image-finding": EventKind(image_finding, {"severities": ("CRITICAL", "HIGH"), "scan_type": None}),
    "scan-frequency-changed": EventKind(scan_frequency_changed, {}),
    "pull-through-cache-action": EventKind(pull_through_cache_action, {}),
    "image-replicated": EventKind(image_replicated, {"result": None}),
}
"""Every kind of event by its name. ``events/on`` has a verb for each: ``on_image_pushed`` for ``image-pushed``."""


def _ecr(repositories: Selection, detail_type: str = "", detail: Mapping[str, Any] | None = None) -> Pattern:
    names = by_name(check_selection(repositories))
    fields = ({"repository-name": names} if names else {}) | dict(detail or {})
    kind = {"detail-type": [detail_type]} if detail_type else {}
    return Pattern({"source": ["aws.ecr"]} | kind | ({"detail": fields} if fields else {}))


def _action(repositories: Selection, action: str, image_tags: Sequence[str] | None) -> Pattern:
    return _ecr(repositories, "ECR Image Action", {"action-type": [action]} | _tags("image-tag", image_tags))


def _tags(field: str, image_tags: Sequence[str] | None) -> dict[str, list[str]]:
    if image_tags is None:
        return {}
    problems = Problems()
    tags = problems.strings("image_tags", image_tags)
    problems.raise_any()
    problems.check(tags != (), "image_tags", "expected a tag at least; leave it out for images with any tag or none")
    for tag in tags or ():
        problems.check(bool(_TAG.fullmatch(tag)), "image_tags", f"no image can have the tag {tag!r}")
    problems.raise_any()
    return {field: list(tags or ())}


def _storage(repositories: Selection, target: str) -> Pattern:
    detail = {"action-type": ["UPDATE_STORAGE_CLASS"], "target-storage-class": [target]}
    return _ecr(repositories, "ECR Image Action", detail)


def _cloud_trail(repositories: Selection, parameters: Mapping[str, Any]) -> Pattern:
    names = by_name(check_selection(repositories))
    fields = ({"repositoryName": names} if names else {}) | dict(parameters)
    detail = {"detail": {"requestParameters": fields}} if fields else {}
    return Pattern({"source": ["aws.ecr"], "detail-type": ["AWS API Call via CloudTrail"]} | detail)


def _is_enhanced(scan_type: str) -> bool:
    if scan_type not in SCAN_TYPES:
        raise SpecError(f"scan_type: expected {' or '.join(SCAN_TYPES)}, got {scan_type!r}")
    return scan_type == "ENHANCED"


def check_severities(severities: object) -> None:
    """Refuse what is not a list of severities.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    words = problems.strings("severities", severities) or ()
    problems.raise_any()
    problems.check(bool(words), "severities", f"expected one at least of {', '.join(SEVERITIES)}")
    for word in words:
        problems.check(word in SEVERITIES, "severities", f"expected some of {', '.join(SEVERITIES)}, got {word!r}")
    problems.raise_any()
