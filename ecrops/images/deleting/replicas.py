"""Where deletions are replicated to: what a plan says of other regions and accounts.

Called by ``verbs``, once, if there is something to delete. A rule that replicates deletions replicates those of images
and of tags: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-delete.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.aws import BOTOCORE, DENIED, Aws, ClientError, code_of, has_member
from ecrops.base.render import count, several

RULE, MEMBER = "ReplicationRule", "deleteReplication"
PREFIX = "PREFIX_MATCH"


def notes(aws: Aws, name: str, images: int) -> Iterator[str]:
    """Yield what the user must know of the replicas of images that are deleted.

    Args:
        aws: The account and region.
        name: The repository.
        images: How many images are deleted.
    """
    try:
        configuration = aws.get("ecr", "DescribeRegistry", "replicationConfiguration")
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        yield "whether the deletions are replicated is not known: reading that needs ecr:DescribeRegistry"
        return
    rules = [rule for rule in configuration.get("rules") or () if covers(rule, name)]
    if rules and not has_member("ecr", RULE, MEMBER):
        yield f"whether the deletions are replicated is not known: botocore {BOTOCORE} does not say it; update boto3"
    places = [
        f"{destination['registryId']} {destination['region']}"
        for rule in rules
        if rule.get(MEMBER, {}).get("enabled")
        for destination in rule.get("destinations") or ()
    ]
    if places := list(dict.fromkeys(places)):
        yield f"the deletion of {count(images, 'image')} is replicated, as far as they are there, to {several(places)}"


def covers(rule: Mapping[str, Any], name: str) -> bool:
    """Whether a rule is about a repository. One with a filter of an unknown kind may be."""
    filters = rule.get("repositoryFilters") or ()
    return not filters or any(
        rule_filter.get("filterType") != PREFIX or name.startswith(rule_filter["filter"]) for rule_filter in filters
    )
