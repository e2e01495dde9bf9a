"""Images that are there, and rules for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ecrops import LifecycleRule

INDEX = "application/vnd.oci.image.index.v1+json"
KEEP_TWO = LifecycleRule(tag_pattern_list=["v*"], max_image_count=2)
UNTAGGED = LifecycleRule(tag_status="untagged", max_image_age=7)


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def pushed(number: int, *tags: str, days: float = 1, **more: Any) -> dict[str, Any]:
    """An image as DescribeImages says it."""
    at = (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0)
    return {"imageDigest": digest(number), "imageTags": tags, "imagePushedAt": at, "imageSizeInBytes": 10**9, **more}


def versions(number: int) -> list[dict[str, Any]]:
    return [pushed(n, f"v{n}", days=n) for n in range(1, number + 1)]


def names(verdicts: Any) -> list[str]:
    return [verdict.image.name for verdict in verdicts]
