"""Calls about repositories: what ECR is asked, and how little of it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ecrops.aws import Arn, Aws, ClientError, code_of

MISSING = "RepositoryNotFoundException"
EXISTS = "RepositoryAlreadyExistsException"
PAGE = 1000
CHUNK = 100


def get(aws: Aws, name: str, operation: str, member: str, **params: Any) -> Any:
    """One member of the answer to a call about a repository, waiting for one that was made a moment ago."""
    return aws.get("ecr", operation, member, awaits=visibility(aws, name), **params)


def visibility(aws: Aws, name: str) -> Collection[str]:
    """What "not visible yet" looks like, if this registry made the repository a moment ago.

    CreateRepository is asynchronous: https://github.com/hashicorp/terraform-provider-aws/issues/3849
    """
    return (MISSING,) if aws.made_recently(name) else ()


def arn_of(aws: Aws, name: str) -> str:
    """The ARN of a repository of this registry."""
    return str(Arn(aws.partition.name, "ecr", aws.region, aws.account_id, f"repository/{name}"))


def find(aws: Aws, names: Sequence[str]) -> dict[str, Any]:
    """Those of the names that are there, in as few calls as a registry of unknown size allows.

    DescribeRepositories takes 100 names, and fails for all if one is missing; or it lists pages of 1,000. So up to
    100 names are asked for at once. If one of them is missing, or for more names, pages are read: but not more of
    them than asking by name would cost, and what they did not show is asked for by name.
    """
    found = _by_name(aws, names) if len(names) <= CHUNK else None
    if found is not None or len(names) == 1:
        return found or {}
    found, whole = _listed(aws, set(names), most_pages=-(-len(names) // CHUNK))
    left = [name for name in names if name not in found and (not whole or aws.made_recently(name))]
    return found | _searched(aws, left, at_once=CHUNK if len(names) > CHUNK else 1)


def every(aws: Aws) -> Iterator[tuple[str, Any]]:
    """All repositories of the registry, by name."""
    for page in aws.pages("ecr", "DescribeRepositories", "repositories", maxResults=PAGE):
        for item in page:
            yield item["repositoryName"], item


def is_there(aws: Aws, name: str) -> bool:
    """Whether a repository exists."""
    return bool(_by_name(aws, [name]))


def demand(aws: Aws, name: str) -> None:
    """Raise botocore's own error unless a repository is there."""
    aws.call("ecr", "DescribeRepositories", {"repositoryNames": [name]})


def _by_name(aws: Aws, names: Sequence[str]) -> dict[str, Any] | None:
    awaits = visibility(aws, names[0]) if len(names) == 1 else ()
    try:
        found = aws.get("ecr", "DescribeRepositories", "repositories", awaits=awaits, repositoryNames=list(names))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    return {item["repositoryName"]: item for item in found}


def _listed(aws: Aws, names: set[str], most_pages: int) -> tuple[dict[str, Any], bool]:
    """Those of the names that the first pages show, and whether these were all pages."""
    found: dict[str, Any] = {}
    pages = aws.pages("ecr", "DescribeRepositories", "repositories", maxResults=PAGE)
    for page in itertools.islice(pages, most_pages):
        found |= {item["repositoryName"]: item for item in page if item["repositoryName"] in names}
        if len(found) == len(names):
            return found, True
    return found, next(pages, None) is None


def _searched(aws: Aws, names: Sequence[str], at_once: int) -> dict[str, Any]:
    """Those of the names that are there: asked for in chunks, and one by one where a chunk has a missing one."""
    chunks = [names[start : start + at_once] for start in range(0, len(names), at_once)]
    answers = aws.map(lambda chunk: _by_name(aws, chunk), chunks)
    missed = [name for chunk, answer in zip(chunks, answers, strict=True) if answer is None for name in chunk]
    found = {name: item for answer in answers if answer for name, item in answer.items()}
    return found | (_searched(aws, missed, at_once=1) if at_once > 1 and missed else {})
