"""What the rule for the registry of another account needs on both sides, as documents to copy. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.base.change import Note
from ecrops.errors import SpecError
from ecrops.registry_settings.pull_through_cache.upstreams import account_of, region_of
from ecrops.registry_settings.pull_through_cache.values import ROOT, PullThroughCacheRule

SERVICE = "pullthroughcache.ecr.amazonaws.com"
READ = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchImportUpstreamImage", "ecr:GetImageCopyStatus")
WRITE = ("ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage")
VERSION = "2012-10-17"


def check(key: str, rule: PullThroughCacheRule, account: str) -> Iterator[Note]:
    """Yield what a new rule for the registry of another account needs there, and in its role.

    Args:
        key: The key of the rules.
        rule: The rule.
        account: The account of the registry; empty if it was not asked for, as in a dry run after another one. Then it
            is the account of the role.

    Raises:
        SpecError: It has no role.
    """
    upstream = account_of(rule.upstream)
    account = account or (rule.custom_role_arn or "").partition("::")[2].partition(":")[0]
    if not upstream or not account or upstream == account:
        return
    if rule.custom_role_arn is None:
        raise SpecError(
            f"{key} {rule.prefix}: custom_role_arn is needed, as {rule.upstream} is of the account {upstream}: "
            f"a role of this account, {account}, that trusts {SERVICE}"
        )
    role = rule.custom_role_arn
    yield Note(
        f"{key}: the account {upstream} has to let this one in, for {rule.prefix}, by its registry policy:",
        _document(upstream_statement(rule, account)),
    )
    yield Note(f"{key}: {role} has to trust {SERVICE}, and to have this policy:", _document(role_statement()))


def upstream_statement(rule: PullThroughCacheRule, account: str) -> dict[str, Any]:
    """Return the statement that the registry policy of an upstream of ECR needs for a rule of an account."""
    region, upstream = region_of(rule.upstream), account_of(rule.upstream)
    names = "*" if rule.upstream_prefix in (None, ROOT) else f"{rule.upstream_prefix}/*"
    return {
        "Sid": f"PullThroughCache{account}",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": list(READ),
        "Resource": f"arn:aws:ecr:{region}:{upstream}:repository/{names}",
    }


def role_statement() -> dict[str, Any]:
    """Return the statement that the role of a rule needs."""
    return {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", *READ, *WRITE], "Resource": "*"}


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": VERSION, "Statement": [statement]})
