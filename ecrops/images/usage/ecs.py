"""What ECS runs, or will run: its tasks, its services, and the newest revision of each family of task definitions.

Called by ``reading``. It only reads. Tasks and service revisions tell digests; task definitions tell what somebody
wrote, which may be a tag. A scheduled task has no service and no task while it does not run: the newest revision of
its family says what it will run. What a service names besides, such as an older revision, is read too.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ecrops.aws import Aws, ClientError, code_of
from ecrops.images.usage.mentions import Mention

PAGE = 100
TASKS = 100
SERVICES = 10
REVISIONS = 20
"""How many ECS describes in one call, and lists in one page, as botocore's model says."""
GONE = ("ClusterNotFoundException",)
"""The cluster was deleted after it was listed: nothing runs in it."""


class Service(NamedTuple):
    """What a service uses.

    Args:
        reason: The service, in words.
        revisions: The ARNs of its current revisions.
        definitions: The ARNs of the task definitions that it names.
    """

    reason: str
    revisions: Sequence[str]
    definitions: Sequence[str]


def read(aws: Aws) -> Iterator[Mention]:
    """Yield the images that ECS uses in one account and region, each as often as it is used."""
    asking = aws.stoppable()
    asking.client("ecs")
    jobs = [*((_cluster, arn) for arn in _listed(asking, "ListClusters", "clusterArns")), (_families, "")]
    services: list[Service] = []
    newest: set[str] = set()
    for images, of_cluster, definitions in asking.map(lambda job: job[0](asking, job[1]), jobs, asking.stop):
        yield from images
        services += of_cluster
        newest |= definitions
    yield from _revisions(asking, services)
    yield from _definitions(asking, services, newest)


_Reading = tuple[list[Mention], list[Service], set[str]]


def _listed(aws: Aws, operation: str, member: str, **params: Any) -> list[str]:
    pages = aws.pages("ecs", operation, member, maxResults=PAGE, **params)
    return [arn for page in pages for arn in page]


def _families(aws: Aws, _: str) -> _Reading:
    """Return what the newest revisions of all active families name."""
    images: list[Mention] = []
    newest: set[str] = set()
    asking = aws.stoppable()  # an error stops this part alone: then it is told, and not that others were stopped
    for definition in asking.map(partial(_newest, asking), _families_of(asking), asking.stop):
        if definition:
            newest.add(definition["taskDefinitionArn"])
            images += _named(definition, f"ECS task definition {_last(definition['taskDefinitionArn'])}")
    return images, [], newest


def _cluster(aws: Aws, arn: str) -> _Reading:
    """Return what runs in one cluster, and its services."""
    asking = aws.stoppable()
    try:
        tasks = _listed(aws, "ListTasks", "taskArns", cluster=arn)
        services = _listed(aws, "ListServices", "serviceArns", cluster=arn)
        jobs = [
            *((_tasks, arn, part) for part in _in_chunks(tasks, TASKS)),
            *((_services, arn, part) for part in _in_chunks(services, SERVICES)),
        ]
        parts = asking.map(lambda job: job[0](asking, job[1], job[2]), jobs, asking.stop)
    except ClientError as error:
        if code_of(error) in GONE:
            return [], [], set()
        raise
    every = [entry for part in parts for entry in part]
    return (
        [entry for entry in every if isinstance(entry, Mention)],
        [entry for entry in every if isinstance(entry, Service)],
        set(),
    )


def _tasks(aws: Aws, cluster: str, arns: Sequence[str]) -> list[Mention | Service]:
    """Return the images of some tasks. Those that have stopped since they were listed are missing in the answer."""
    tasks = aws.get("ecs", "DescribeTasks", "tasks", cluster=cluster, tasks=list(arns))
    return [
        Mention(container.get("image", ""), _reason_of(task, cluster), container.get("imageDigest", ""))
        for task in tasks
        for container in task.get("containers", ())
    ]


def _reason_of(task: Mapping[str, Any], cluster: str) -> str:
    kind, _, name = task.get("group", "").partition(":")
    where = f"in cluster {_last(cluster)}"
    if kind == "service":
        return f"ECS service {name} {where}"
    return f"ECS task of {_last(task['taskDefinitionArn'])} {where}"


def _services(aws: Aws, cluster: str, arns: Sequence[str]) -> list[Mention | Service]:
    services = aws.get("ecs", "DescribeServices", "services", cluster=cluster, services=list(arns))
    return [
        Service(
            f"ECS service {service['serviceName']} in cluster {_last(cluster)}",
            [revision["arn"] for revision in service.get("currentServiceRevisions", ()) if "arn" in revision],
            list(dict.fromkeys(_definitions_of(service))),
        )
        for service in services
    ]


def _definitions_of(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield the task definitions of a service, of its deployments, and of its sets of tasks."""
    for part in (service, *service.get("deployments", ()), *service.get("taskSets", ())):
        if definition := part.get("taskDefinition"):
            yield definition


def _revisions(aws: Aws, services: Iterable[Service]) -> Iterator[Mention]:
    """Yield the images of the current revisions of services: ECS has resolved their tags to digests."""
    reasons = {arn: service.reason for service in services for arn in service.revisions}

    def describe(arns: Sequence[str]) -> list[dict[str, Any]]:
        described: list[dict[str, Any]] = aws.get(
            "ecs", "DescribeServiceRevisions", "serviceRevisions", serviceRevisionArns=list(arns)
        )
        return described

    for revisions in aws.map(describe, _in_chunks(reasons, REVISIONS), aws.stop):
        for revision in revisions:
            for image in revision.get("containerImages", ()):
                reason = reasons[revision["serviceRevisionArn"]]
                yield Mention(image.get("image", ""), reason, image.get("imageDigest", ""))


def _definitions(aws: Aws, services: Iterable[Service], newest: set[str]) -> Iterator[Mention]:
    """Yield the images of the task definitions that services name. Those that are the newest were read before."""
    reasons: dict[str, list[str]] = {}
    for service in services:
        for arn in service.definitions:
            reasons.setdefault(arn, []).append(service.reason)
    older = [arn for arn in reasons if arn not in newest]
    for arn, definition in zip(older, aws.map(partial(_definition, aws), older, aws.stop), strict=True):
        for reason in reasons[arn]:
            yield from _named(definition, reason)


def _newest(aws: Aws, family: str) -> dict[str, Any]:
    """Return the newest active revision of a family; nothing if the family has none any more since it was listed."""
    try:
        return _definition(aws, family)
    except ClientError as error:  # ECS has no code of its own for "not found"
        if code_of(error) == "ClientException" and family not in _families_of(aws, family):
            return {}
        raise


def _families_of(aws: Aws, prefix: str = "") -> list[str]:
    beginning = {"familyPrefix": prefix} if prefix else {}
    return _listed(aws, "ListTaskDefinitionFamilies", "families", status="ACTIVE", **beginning)


def _definition(aws: Aws, name: str) -> dict[str, Any]:
    definition: dict[str, Any] = aws.get("ecs", "DescribeTaskDefinition", "taskDefinition", taskDefinition=name)
    return definition


def _named(definition: Mapping[str, Any], reason: str) -> Iterator[Mention]:
    for container in definition.get("containerDefinitions", ()):
        yield Mention(container.get("image", ""), reason)


def _last(arn: str) -> str:
    """Return the last part of an ARN: the name of a cluster, or the family and the revision of a definition."""
    return arn.rpartition("/")[2]


def _in_chunks(arns: Iterable[str], most: int) -> list[list[str]]:
    listed = list(arns)
    return [listed[start : start + most] for start in range(0, len(listed), most)]
