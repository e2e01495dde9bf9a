"""Whether an account has enabled a region: some regions are there for an account only after it asked for them."""

from __future__ import annotations

from dataclasses import replace

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ecrops.aws.arn import partition_of
from ecrops.aws.client import Aws
from ecrops.aws.retry import RetryPolicy
from ecrops.errors import ConflictError

OF_ALL = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""The regions of the partition ``aws`` that every account has, and cannot disable.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""
ENABLED = ("ENABLED", "ENABLED_BY_DEFAULT")
_WORDS = {
    "DISABLED": "is not enabled",
    "DISABLING": "is being disabled",
    "ENABLING": "is being enabled, which takes minutes to hours",
}


def is_opt_in(region: str | None) -> bool:
    """Whether an account may have to enable a region. Other partitions than ``aws`` have none of these."""
    return region is not None and region not in OF_ALL and partition_of(region).name == "aws"


def statuses(session: boto3.Session, retry: RetryPolicy | None = None) -> dict[str, str]:
    """Return the regions of the account of a session, each with its status, such as ``ENABLED_BY_DEFAULT``.

    Args:
        session: A session of the account. It needs ``account:ListRegions``.
        retry: How long to try.

    Raises:
        ClientError: botocore's own error, also if that is not allowed.
    """
    aws = Aws(session, 1, retry or RetryPolicy())
    regions = (region for page in aws.pages("account", "ListRegions", "Regions", MaxResults=50) for region in page)
    return {region["RegionName"]: region["RegionOptStatus"] for region in regions}


def check_region(session: boto3.Session, retry: RetryPolicy | None = None) -> None:
    """Refuse the region of a session if the account is known not to have enabled it.

    For a region that every account has, nothing is asked. If ``account:ListRegions`` is not allowed, or cannot be
    reached, nothing is known, and ``explain`` tells it from the error of the first call.

    Args:
        session: A session of a location.
        retry: How long to try, if that is less than some seconds.

    Raises:
        ConflictError: The account has not enabled the region.
    """
    region = session.region_name
    if not is_opt_in(region):
        return
    policy = retry or RetryPolicy()
    policy = replace(policy, attempts=min(policy.attempts, 2), budget=min(policy.budget, 10))
    try:
        status = statuses(session, policy).get(region)
    except (BotoCoreError, ClientError):
        return
    if status in ENABLED:
        return
    account = getattr(session, "account", "") or "the account"
    words = _WORDS.get(str(status), "is not there")
    way_out = f"aws account enable-region --region-name {region}"
    raise ConflictError((), f"region {region} {words} for {account}, and nothing was changed; {way_out}")
