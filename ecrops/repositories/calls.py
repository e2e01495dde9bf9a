"""The calls that read repositories: as few as the size of the registry allows.

Called by the aspects of a repository, and by verbs that look a repository up. It writes nothing. The operations and
the errors of both services that have repositories, ``ecr`` and ``ecr-public``, have the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from ecrops.aws import Aws, ClientError, Pages, code_of
from ecrops.repositories.checks import uri_problem
from ecrops.repositories.values import ECR, repository_arn

T = TypeVar("T")
Parse: TypeAlias = Callable[[Mapping[str, Any]], T]
MISSING = "RepositoryNotFoundException"
EXISTS = "RepositoryAlreadyExistsException"
PAGE = 1000
CHUNK = 100


def call(
    aws: Aws,
    name: str,
    operation: str,
    params: Mapping[str, Any],
    needs: str = "",
    *,
    service: str = ECR,
    on_lost: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Make a call about a repository. One that was made a moment ago is waited for; one that is missing is explained.

    Args:
        aws: The account and region.
        name: The repository.
        operation: The operation.
        params: The members of its input.
        needs: A member that every whole answer has.
        service: The service that has the repository.
        on_lost: Called when the answer of an attempt was lost.
    """
    try:
        return aws.call(service, operation, params, needs=needs, awaits=visibility(aws, name), on_lost=on_lost)
    except ClientError as error:
        advise(error, name, service)
        raise


def get(aws: Aws, name: str, operation: str, member: str, *, service: str = ECR, **params: Any) -> Any:
    """Return one member of the answer to a call about a repository: see ``call``."""
    return call(aws, name, operation, params, member, service=service)[member]


def pages(aws: Aws, name: str, operation: str, member: str, **params: Any) -> Pages:
    """Return one member of each page of a listing about a repository: see ``call``. A page is read when asked for."""
    return Pages(lambda token: call(aws, name, operation, {**params, **token}, member), member)


def advise(error: ClientError, name: str, service: str = ECR) -> None:
    """Add the way out to an error of a call about a repository that does not exist."""
    if code_of(error) == MISSING:
        handle = "Repository" if service == ECR else "PublicRepository"
        error.add_note(uri_problem(name) or f"there is no repository {name!r}: {handle}.ensure makes it")


def visibility(aws: Aws, name: str) -> Collection[str]:
    """Return the error codes to wait for: those of a missing repository, if this process made it a moment ago.

    CreateRepository is asynchronous: https://github.com/hashicorp/terraform-provider-aws/issues/3849
    """
    return (MISSING,) if name in aws.made else ()


def arn_of(aws: Aws, name: str, service: str = ECR) -> str:
    """Return the ARN of a repository of this registry."""
    return repository_arn(aws.partition.name, aws.region, aws.account_id, name, service)


def find(aws: Aws, names: Sequence[str], parse: Parse[T], service: str = ECR) -> dict[str, T]:
    """Return the repositories that exist, by name, in as few calls as a registry of unknown size allows.

    Args:
        aws: The account and region.
        names: The names.
        parse: Returns what is kept of a repository in ECR's form.
        service: The service that has them.

    ``DescribeRepositories`` takes 100 names, and fails for all if one is missing; or it lists pages of 1,000. So:

    1. Up to 100 names are asked for at once.
    2. If one of them is missing, or for more names, pages are read: not more than asking for 100 at once would cost.
    3. The remaining names are asked for in chunks of 100, and pages are read again, a fraction of what step 4 costs.
    4. The names that still remain are asked for one by one.
    """
    items = _by_name(aws, names, parse, service) if len(names) <= CHUNK else None
    if items is not None or len(names) == 1:
        return items or {}
    pages = aws.pages(service, "DescribeRepositories", "repositories", maxResults=PAGE)
    items = _listed(pages, names, parse, limit=-(-len(names) // CHUNK))
    remaining = [name for name in names if name not in items]
    if pages.more and len(names) > CHUNK:
        items |= _asked(aws, remaining, parse, service, at_once=CHUNK)
        remaining = [name for name in remaining if name not in items]
    if pages.more:
        items |= _listed(pages, remaining, parse, limit=len(remaining) // 4)
        remaining = [name for name in remaining if name not in items]
    return items | _asked(
        aws, [name for name in remaining if pages.more or name in aws.made], parse, service, at_once=1
    )


def every(aws: Aws, service: str = ECR) -> Iterator[tuple[str, Any]]:
    """Yield all repositories of the registry, by name."""
    for page in aws.pages(service, "DescribeRepositories", "repositories", maxResults=PAGE):
        for item in page:
            yield item["repositoryName"], item


def is_there(aws: Aws, name: str, service: str = ECR) -> bool:
    """Whether a repository exists."""
    return bool(_by_name(aws, [name], bool, service))


def count_images(aws: Aws, name: str, service: str = ECR, most: int | None = None) -> int:
    """Return how many images a repository holds, archived ones too; 0 if it does not exist any more.

    Args:
        aws: The account and region.
        name: The repository.
        service: The service that has it.
        most: How many are counted; all of them without it.
    """
    is_private = service == ECR  # public registries have no ListImages
    operation, member = ("ListImages", "imageIds") if is_private else ("DescribeImages", "imageDetails")
    params = {"repositoryName": name, "maxResults": PAGE, **(every_status(aws, operation) if is_private else {})}
    try:
        digests: set[str] = set()
        for page in aws.pages(service, operation, member, **params):
            digests |= {item["imageDigest"] for item in page}
            if most is not None and len(digests) >= most:
                return most
        return len(digests)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return 0


def every_status(aws: Aws, operation: str) -> dict[str, Any]:
    """Return the parameter that lists archived images too, if botocore knows it: it does since 1.41."""
    members = aws.client("ecr").meta.service_model.operation_model(operation).input_shape.members["filter"].members
    return {"filter": {"imageStatus": "ANY"}} if "imageStatus" in members else {}


def is_made_between(name: str, aws: Aws, start: float, end: float, *, service: str = ECR) -> bool:
    """Whether a repository was made between two times, as ``time.time`` counts.

    It tells whether a call whose answer was lost made it, or somebody else did a moment before or after.
    """
    item = (_by_name(aws, [name], dict, service) or {}).get(name, {})
    made = item.get("createdAt")
    return isinstance(made, datetime) and start <= made.timestamp() <= end


def demand(aws: Aws, name: str, service: str = ECR) -> None:
    """Raise botocore's own error unless a repository exists."""
    try:
        aws.call(service, "DescribeRepositories", {"repositoryNames": [name]})
    except ClientError as error:
        advise(error, name, service)
        raise


def _by_name(aws: Aws, names: Sequence[str], parse: Parse[T], service: str) -> dict[str, T] | None:
    awaits = visibility(aws, names[0]) if len(names) == 1 else ()
    try:
        items = aws.get(service, "DescribeRepositories", "repositories", awaits=awaits, repositoryNames=list(names))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return None
    return {item["repositoryName"]: parse(item) for item in items}


def _listed(pages: Pages, names: Collection[str], parse: Parse[T], limit: int) -> dict[str, T]:
    """Return the repositories on the next pages: ``limit`` pages at most, and none once every name was seen."""
    wanted, items = set(names), dict[str, T]()
    for _ in range(limit):
        if not pages.more or len(items) == len(wanted):
            break
        items |= {item["repositoryName"]: parse(item) for item in next(pages) if item["repositoryName"] in wanted}
    return items


def _asked(aws: Aws, names: Sequence[str], parse: Parse[T], service: str, at_once: int) -> dict[str, T]:
    """Ask for names in chunks, and return the repositories. A chunk with a missing name returns none."""
    chunks = [names[start : start + at_once] for start in range(0, len(names), at_once)]
    asking = aws.stoppable()
    answers = asking.map(lambda chunk: _by_name(asking, chunk, parse, service), chunks, asking.stop)
    return {name: item for answer in answers if answer for name, item in answer.items()}
