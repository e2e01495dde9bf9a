"""The DNS suffix and the regions of each partition, from botocore's own data."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..botocores import LOADER


@cache
def dns_suffix(partition: str) -> str:
    """The suffix of the host names of a partition: `amazonaws.com.cn` for `aws-cn`."""
    suffix: str = _known()[partition]["outputs"]["dnsSuffix"]
    return suffix


@cache
def regions(partition: str) -> frozenset[str]:
    """The regions of a partition, without what only looks like one: `aws-global`."""
    return frozenset(name for name in _known()[partition]["regions"] if not name.endswith("-global"))


def _known() -> dict[str, Any]:
    return {each["id"]: each for each in LOADER.load_data("partitions")["partitions"]}
