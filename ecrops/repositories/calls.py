"""Calls about repositories: what ECR is asked, and how little of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ecrops.aws import Aws, ClientError, Pages, code_of
from ecrops.repositories.values import repository_arn

MISSING = "RepositoryNotFoundException"
EXISTS = "RepositoryAlreadyExistsException"
PAGE = 1000
CHUNK = 100


def get(aws: Aws, name: str, operation: str, member: str, **params: Any) -> Any:
    """One member of the answer to a call about a repository, waiting for one that was made a moment ago."""
    try:
        return aws.get("ecr", operation, member, awaits=visibility(aws, name), **params)
    except ClientError as error:
        _say_what_makes_it(error, name)
        raise


def _say_what_makes_it(error: ClientError, name: str) -> None:
    if code_of(error) == MISSING:
        error.add_note(f"there is no repository {name!r}: Repository.ensure makes it")


def visibility(aws: Aws, name: str) -> Collection[str]:
    """What "not visible yet" looks like, if this registry made the repository a moment ago.

    CreateRepository is asynchronous: https://github.com/hashicorp/terraform-provider-aws/issues/3849
    """
    return (MISSING,) if aws.made_recently(name) else ()


def arn_of(aws: Aws, name: str) -> str:
    """The ARN of a repository of this registry."""
    return repository_arn(aws.partition.name, aws.region, aws.account_id, name)


def find(aws: Aws, names: Sequence[str]) -> dict[str, Any]:
    """Those of the names that are there, in as few calls as a registry of unknown size allows.

    DescribeRepositories takes 100 names, and fails for all if one is missing; or it lists pages of 1,000. So up to
    100 names are asked for at once. If one of them is missing, or for more names, pages are read: at first not more
    of them than asking for 100 at once would cost, then a fraction of what asking one by one would; that comes last.
    """
    found = _by_name(aws, names) if len(names) <= CHUNK else None
    if found is not None or len(names) == 1:
        return found or {}
    pages = aws.pages("ecr", "DescribeRepositories", "repositories", maxResults=PAGE)
    found = _listed(pages, names, most=-(-len(names) // CHUNK))
    left = [name for name in names if name not in found]
    if pages.more and len(names) > CHUNK:
        found |= _asked(aws, left, at_once=CHUNK)
        left = [name for name in left if name not in found]
    if pages.more:
        found |= _listed(pages, left, most=len(left) // 4)
        left = [name for name in left if name not in found]
    return found | _asked(aws, [name for name in left if pages.more or aws.made_recently(name)], at_once=1)


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
    try:
        aws.call("ecr", "DescribeRepositories", {"repositoryNames": [name]})
    except ClientError as error:
        _say_what_makes_it(error, name)
        raise


def _by_name(aws: Aws, names: Sequence[str]) -> dict[str, Any] | None:
    awaits = visibility(aws, names[0]) if len(names) == 1 else ()
    try:
        found = aws.get("ecr", "DescribeRepositories", "repositories", awaits=awaits, repositoryNames=list(names))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    return {item["repositoryName"]: item for item in found}


def _listed(pages: Pages, names: Collection[str], most: int) -> dict[str, Any]:
    """Those of the names that the next pages show; ``most`` of them, and none after the last name was seen."""
    wanted, found = set(names), dict[str, Any]()
    for _ in range(most):
        if not pages.more or len(found) == len(wanted):
            break
        found |= {item["repositoryName"]: item for item in next(pages) if item["repositoryName"] in wanted}
    return found


def _asked(aws: Aws, names: Sequence[str], at_once: int) -> dict[str, Any]:
    """Those of the names that are there, in chunks; nothing of a chunk of which one is missing."""
    chunks = [names[start : start + at_once] for start in range(0, len(names), at_once)]
    answers = aws.map(lambda chunk: _by_name(aws, chunk), chunks)
    return {name: item for answer in answers if answer for name, item in answer.items()}
