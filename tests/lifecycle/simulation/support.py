"""Images and rules to simulate with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ecrops import LifecycleRule
from ecrops.lifecycle import Image

NOW = datetime(2026, 1, 15, tzinfo=UTC)
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


def ago(days: float | None) -> datetime | None:
    return None if days is None else NOW - timedelta(days=days)


def an_image(digest: str, *tags: str, days: float = 1, **more: Any) -> Image:
    return Image(digest, tags, NOW - timedelta(days=days), **more)


def digests(verdicts: Sequence[Any]) -> list[str]:
    return sorted(verdict.image.digest for verdict in verdicts)


UNTAGGED = LifecycleRule(tag_status="untagged", max_image_age=7)
V1 = LifecycleRule(tag_pattern_list=["v*"], max_image_age=30)
