"""The sample events of the guides of ECR and Inspector, shortened. Pure.

Called by the test of a rule (``testing``), which needs an event that matches the rule's pattern: ``sample_for`` takes
the sample that is closest to the pattern, and changes it.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecrops.events.patterns import matching
from ecrops.events.patterns.selection import Location

NAME = "my-repository"
DIGEST = "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12345678"
ARCHIVED = {
    "action-type": "UPDATE_STORAGE_CLASS",
    "repository-name": NAME,
    "image-digest": DIGEST,
    "result": "SUCCESS",
    "manifest-media-type": "application/vnd.oci.image.manifest.v1+json",
}
IMAGE = {"repository-name": NAME, "image-digest": DIGEST, "image-tag": "latest"}


def samples(location: Location) -> list[dict[str, Any]]:
    """Return one event of each kind, about one repository."""
    arn = location.repository(NAME)
    scan = {"image-digest": DIGEST, "image-tags": ["latest"]}
    frequency = {"repository-name": NAME, "repository-arn": arn, "scan-frequency": "SCAN_ON_PUSH"}
    cache = {"rule-version": "1", "sync-status": "SUCCESS", "ecr-repository-prefix": "docker-hub"}
    finding = {"severity": "HIGH", "status": "ACTIVE", "type": "PACKAGE_VULNERABILITY", "title": "CVE-2019-17498"}
    image = {"type": "AWS_ECR_CONTAINER_IMAGE", "details": {"awsEcrContainerImage": {"repositoryName": NAME}}}
    call = {"repositoryName": NAME, "imageTag": "latest"}
    details: Sequence[tuple[str, dict[str, Any]]] = (
        ("ECR Image Action", IMAGE | {"action-type": "PUSH", "result": "SUCCESS"}),
        ("ECR Image Action", IMAGE | {"action-type": "DELETE", "result": "SUCCESS"}),
        ("ECR Image Action", ARCHIVED | {"target-storage-class": "ARCHIVE"}),
        ("ECR Image Action", ARCHIVED | {"target-storage-class": "STANDARD"}),
        ("ECR Referrer Action", ARCHIVED | {"target-storage-class": "STANDARD"}),
        (
            "ECR Image Scan",
            scan | {"scan-status": "COMPLETE", "repository-name": NAME, "finding-severity-counts": {"CRITICAL": 1}},
        ),
        (
            "ECR Scan Resource Change",
            {"action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [frequency], "scan-type": "ENHANCED"},
        ),
        ("ECR Pull Through Cache Action", IMAGE | cache),
        (
            "ECR Replication Action",
            IMAGE | {"action-type": "REPLICATE", "result": "SUCCESS", "source-region": location.region},
        ),
        (
            "AWS API Call via CloudTrail",
            {"eventSource": "ecr.amazonaws.com", "eventName": "PutImage", "requestParameters": call},
        ),
        (
            "Inspector2 Scan",
            scan | {"scan-status": "INITIAL_SCAN_COMPLETE", "repository-name": arn, "finding-severity-counts": {}},
        ),
        ("Inspector2 Finding", finding | {"resources": [image]}),
    )
    return [{**envelope(location, kind), "detail": detail} for kind, detail in details]


def envelope(location: Location, kind: str) -> dict[str, Any]:
    """Return the fields that an event has besides its detail. EventBridge tests no event without them."""
    return {
        "version": "0",
        "id": "13cde686-328b-6117-af20-0e5566167482",
        "detail-type": kind,
        "source": "aws.inspector2" if kind.startswith("Inspector2") else "aws.ecr",
        "account": location.account,
        "time": "2026-01-01T00:00:00Z",
        "region": location.region,
        "resources": [],
    }


def sample_for(pattern: Mapping[str, Any], location: Location) -> dict[str, Any]:
    """Return the sample that agrees with a pattern in most fields, changed so that it matches."""
    return _filled(pattern, max(samples(location), key=lambda sample: _agreements(pattern, sample)))


def _agreements(pattern: Mapping[str, Any], event: Any) -> int:
    """Return the number of fields in which an event matches a pattern."""
    count = 0
    for key, wanted in pattern.items():
        if isinstance(wanted, Mapping):
            value = event.get(key) if isinstance(event, Mapping) else None
            count += _agreements(wanted, value[0] if isinstance(value, list) and value else value)
        elif isinstance(event, Mapping) and key != "$or":
            count += matching.matches({key: wanted}, event)
    return count


def _filled(pattern: Mapping[str, Any], event: Any) -> dict[str, Any]:
    """Return the event, with values that match the pattern where its own do not."""
    result = dict(event) if isinstance(event, Mapping) else {}
    for key, wanted in pattern.items():
        if key == "$or":
            result = _filled(wanted[0], result)
        elif isinstance(wanted, Mapping):
            value = result.get(key)
            result[key] = [_filled(wanted, value[0])] if isinstance(value, list) and value else _filled(wanted, value)
        elif not matching.matches({key: wanted}, result):
            value = _example(wanted[0])
            result[key] = [value] if isinstance(result.get(key), list) else value
            if value is _NO_FIELD:
                del result[key]
    return result


_NO_FIELD = object()
_EXAMPLES = ("example", "another", "0", "~")


def _example(want: Any) -> Any:
    """Return a value that an element of a pattern matches."""
    if not isinstance(want, Mapping):
        return want
    [(name, argument)] = want.items()
    if name == "numeric":
        bound, step = argument[1], {">": 1, "<": -1}.get(argument[0], 0)
        return (bound + argument[3]) / 2 if len(argument) == 4 else bound + step
    text = argument.get("equals-ignore-case") if isinstance(argument, Mapping) else argument
    examples: Mapping[str, Any] = {
        "prefix": f"{text}example",
        "suffix": f"example{text}",
        "equals-ignore-case": text,
        "wildcard": "".join(matching.pieces(str(text))),
        "exists": "example" if argument is True else _NO_FIELD,
        "anything-but": next((text for text in _EXAMPLES if matching.matches_value(want, text)), _EXAMPLES[0]),
        "cidr": str(text).partition("/")[0],
    }
    return examples[name]
