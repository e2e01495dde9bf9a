"""Whether a pattern is about API calls that only read. Pure.

Called by ``Event``: EventBridge invokes rules on such calls in one state only.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops.events.patterns.matching import branches, matches_value

READING = ("BatchCheck", "BatchGet", "Describe", "Get", "List", "Validate")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
CALLS = (
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "BatchGetRepositoryScanningConfiguration",
    "DescribeImageReplicationStatus",
    "DescribeImageScanFindings",
    "DescribeImageSigningStatus",
    "DescribeImages",
    "DescribePullThroughCacheRules",
    "DescribeRegistry",
    "DescribeReplicationBackfillResults",
    "DescribeRepositories",
    "DescribeRepositoryCreationTemplates",
    "GetAccountSetting",
    "GetAuthorizationToken",
    "GetDownloadUrlForLayer",
    "GetLifecyclePolicy",
    "GetLifecyclePolicyPreview",
    "GetRegistryPolicy",
    "GetRegistryScanningConfiguration",
    "GetRepositoryPolicy",
    "GetSigningConfiguration",
    "ListImageReferrers",
    "ListImages",
    "ListPullTimeUpdateExclusions",
    "ListReplicationBackfills",
    "ListTagsForResource",
    "ValidatePullThroughCacheRule",
)


def asks_for_reading(pattern: Mapping[str, Any]) -> bool:
    """Whether a pattern asks for calls that only read, in one alternative or more."""
    for fields in branches(pattern):
        read_only = fields.get("detail.readOnly", ())
        if any(value is True for value in read_only):
            return True
        only_writing = bool(read_only) and all(value is False for value in read_only)
        if not only_writing and any(_names_reading(want) for want in fields.get("detail.eventName", ())):
            return True
    return False


def _names_reading(want: Any) -> bool:
    """Whether an element names a call that reads. One that excludes calls, or takes any, does not ask for reading."""
    if not isinstance(want, Mapping):
        return str(want).startswith(READING)
    return not {"anything-but", "exists"} & set(want) and any(matches_value(want, call) for call in CALLS)
