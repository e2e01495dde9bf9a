"""ARNs, and the partitions that regions are in. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from botocore.exceptions import UnknownRegionError

from ecrops.errors import SpecError

_ID = r"[0-9]{12}"
# The partitions and regions of botocore's endpoint data have this form. Its models have no pattern for ARNs as a whole.
# They are compiled when the first ARN is parsed: a program without ARNs does not wait for that.
_PARTITION = r"aws(-[a-z]+)*"
_SERVICE = r"[a-z0-9-]+"
_REGION = r"([a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2})?"
# Some resources have no account; policies of AWS itself have "aws" in its place
_ACCOUNT = rf"({_ID}|aws)?"
_WILDCARD = r"[a-z0-9*?-]*[*?][a-z0-9*?-]*"
_RESOURCE = r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+"
_HOST = r"([0-9]{12})\.dkr(?:\.ecr|-ecr)(?:-fips)?\.([a-z0-9-]+)\..+"
_FORMS = (
    ("a partition such as 'aws'", _PARTITION),
    ("a service in lower case", _SERVICE),
    ("a region such as 'eu-west-1'", _REGION),
    ("an account of 12 digits", _ACCOUNT),
    ("a resource without blanks and control characters", _RESOURCE),
)


def account_of(value: object) -> object:
    """Return the id of an account that a file has as a number; anything else as it is.

    Readers of YAML and TOML, and editors, take an id without quotes for a number. One of 12 digits has lost no zero.
    """
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number and is_account(str(value)) else value


def is_account(value: object) -> bool:
    """Whether a value is the id of an account."""
    return isinstance(value, str) and bool(re.fullmatch(_ID, value))


class Arn(NamedTuple):
    """An Amazon Resource Name in its parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str, *, pattern: bool = False) -> Arn:
        """Parse ``arn:partition:service:region:account:resource``.

        Args:
            text: The ARN.
            pattern: Whether ``*`` and ``?`` may be in the place of the region and the account. A resource may have them
                in any case: its owner checks it.

        Raises:
            SpecError: The text is no ARN, or one of its parts cannot be one.
        """
        head, *parts = text.split(":", 5)
        if head != "arn" or len(parts) != 5:
            raise SpecError(f"expected an ARN, arn:partition:service:region:account:resource, got {text!r}")
        for number, (part, (form, expression)) in enumerate(zip(parts, _FORMS, strict=True)):
            is_wildcard = pattern and number in (2, 3) and re.fullmatch(_WILDCARD, part)
            if not re.fullmatch(expression, part) and not is_wildcard:
                raise SpecError(
                    f"expected an ARN, arn:partition:service:region:account:resource, with {form}, got {text!r}"
                )
        return cls(*parts)

    @property
    def is_of_account(self) -> bool:
        """Whether it names an account by its 12 digits: not every ARN has one, and a pattern may have a wildcard."""
        return is_account(self.account)

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


class Partition(NamedTuple):
    """A group of AWS regions with its own ARNs and domain."""

    name: str
    dns_suffix: str
    dual_stack_suffix: str


@cache
def partition_of(region: str) -> Partition:
    """Return the partition of a region, from the endpoint data that botocore ships.

    Raises:
        UnknownRegionError: botocore's own error: no partition has such a region.
    """
    for data in _partitions("partitions"):
        if region in data["regions"] or re.fullmatch(data["regionRegex"], region):
            outputs = data["outputs"]
            return Partition(data["id"], outputs["dnsSuffix"], outputs["dualStackDnsSuffix"])
    raise UnknownRegionError(region_name=region, error_msg="no partition of AWS has a region of this name")


def is_region(name: object) -> bool:
    """Whether a partition of AWS has a region of this name, or may have one."""
    try:
        return isinstance(name, str) and bool(partition_of(name))
    except UnknownRegionError:
        return False


def is_of_partition(arn: Arn) -> bool:
    """Whether the region of an ARN is one of its partition."""
    try:
        return partition_of(arn.region).name == arn.partition
    except UnknownRegionError:
        return False


def registry_host(account: str, region: str, *, dual_stack: bool = False, fips: bool = False) -> str:
    """Return the host that images of a registry are pushed to and pulled from.

    The hosts of dual stack are those of the partition's API with ``on`` in the place of ``api``:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html

    Args:
        account: The account.
        region: The region.
        dual_stack: Whether the host has addresses of IPv6 too.
        fips: Whether the host uses cryptography that is validated by FIPS 140: see ``lacks_fips``.
    """
    partition, name = partition_of(region), f"ecr{'-fips' * fips}"
    if dual_stack:
        return f"{account}.dkr-{name}.{region}.on.{partition.dual_stack_suffix.removeprefix('api.')}"
    return f"{account}.dkr.{name}.{region}.{partition.dns_suffix}"


def place_of_host(host: str) -> tuple[str, str] | None:
    """Return the account and the region of the registry that a host is of; ``None`` if it is no such host.

    A registry has several hosts: see ``registry_host``.
    """
    found = re.fullmatch(_HOST, host)
    return (found[1], found[2]) if found else None


@cache
def lacks_fips(region: str) -> bool:
    """Whether a region is known to have no hosts of FIPS 140 for its registries.

    It is, if botocore's endpoint data lists the region for ECR, and lists no ``fips-dkr-REGION``. A region that
    botocore does not list may have them.
    """
    partitions = _partitions("endpoints")
    listed = {name for part in partitions for name in part["services"].get("api.ecr", {}).get("endpoints", ())}
    return region in listed and f"fips-dkr-{region}" not in listed


@cache
def _partitions(name: str) -> list[dict[str, Any]]:
    """Return what a file of botocore's data says of each partition."""
    from botocore.loaders import create_loader

    data: dict[str, list[dict[str, Any]]] = create_loader().load_data(name)
    return data["partitions"]
