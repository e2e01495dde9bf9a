"""ARNs, and the partitions that regions are in. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from botocore.exceptions import UnknownRegionError

from ecrops.errors import SpecError


class Arn(NamedTuple):
    """An Amazon Resource Name in its parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Parse ``arn:partition:service:region:account:resource``.

        Raises:
            SpecError: The text is no ARN.
        """
        head, *parts = text.split(":", 5)
        if head != "arn" or len(parts) != 5 or not all((parts[0], parts[1], parts[4])):
            raise SpecError(f"expected an ARN, arn:partition:service:region:account:resource, got {text!r}")
        return cls(*parts)

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


class Partition(NamedTuple):
    """A group of AWS regions with its own ARNs and domain."""

    name: str
    dns_suffix: str


@cache
def partition_of(region: str) -> Partition:
    """Return the partition of a region, from the endpoint data that botocore ships.

    Raises:
        UnknownRegionError: botocore's own error: no partition has such a region.
    """
    for data in _partitions():
        if region in data["regions"] or re.fullmatch(data["regionRegex"], region):
            return Partition(data["id"], data["outputs"]["dnsSuffix"])
    raise UnknownRegionError(region_name=region, error_msg="no partition of AWS has a region of this name")


@cache
def _partitions() -> list[dict[str, Any]]:
    from botocore.loaders import create_loader

    data: dict[str, list[dict[str, Any]]] = create_loader().load_data("partitions")
    return data["partitions"]
