"""The only package that imports boto3, botocore and tenacity: clients, calls, retries, ARNs.

Called by everything above it. Nothing in it knows what a repository is.
"""

from botocore.exceptions import ClientError

from ecrops.aws.arn import (
    Arn,
    account_of,
    is_account,
    is_of_partition,
    is_region,
    lacks_fips,
    partition_of,
    place_of_host,
    registry_host,
)
from ecrops.aws.classes import DENIED, LOST, NO_LONGER_VALID, code_of, detail_of, is_momentary, is_throttled
from ecrops.aws.client import Aws
from ecrops.aws.pages import Pages
from ecrops.aws.retry import RetryPolicy
from ecrops.aws.shapes import BOTOCORE, has_member, misfit, operations_of, takes

__all__ = [
    "BOTOCORE",
    "DENIED",
    "LOST",
    "NO_LONGER_VALID",
    "Arn",
    "Aws",
    "ClientError",
    "Pages",
    "RetryPolicy",
    "account_of",
    "code_of",
    "detail_of",
    "has_member",
    "is_account",
    "is_momentary",
    "is_of_partition",
    "is_region",
    "is_throttled",
    "lacks_fips",
    "misfit",
    "operations_of",
    "partition_of",
    "place_of_host",
    "registry_host",
    "takes",
]
