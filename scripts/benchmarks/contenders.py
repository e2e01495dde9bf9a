"""Who makes a fleet: ecrops, the loop that people write by hand, 16 threads, and aiobotocore.

Each takes the names and the tags, and leaves the same repositories behind. The last two are what a skilled engineer
writes: they list once, compare, and write what differs. They read and write without a look in between, so another
writer can be overwritten: ecrops looks again. Each runs in a process of its own, which prints what it cost.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

RULES = [
    {
        "rulePriority": 1,
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countNumber": 7,
            "countUnit": "days",
        },
        "action": {"type": "expire"},
    },
    {
        "rulePriority": 2,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
        "action": {"type": "expire"},
    },
]
POLICY = {"rules": RULES}
SCANNING = {"scanOnPush": True}
WORKERS = 16
ATTEMPTS = 10
Tags = dict[str, dict[str, str]]


def with_ecrops(tags: Tags, **options: Any) -> None:
    """One call of ecrops, with as many workers as it has by default."""
    from ecrops import Registry, RepositorySpec

    fleet = [
        RepositorySpec(
            name,
            lifecycle_rules=RULES,
            tags=of_one,
            image_tag_mutability="IMMUTABLE",
            image_scan_on_push=True,
        )
        for name, of_one in tags.items()
    ]
    Registry(**options).ensure(*fleet)


def with_as_many_workers(tags: Tags) -> None:
    """The same with 16 workers."""
    with_ecrops(tags, workers=WORKERS)


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def by_hand(tags: Tags) -> None:
    """Describe or create each repository, then put everything."""
    import boto3

    ecr: Any = boto3.client("ecr")
    for name, of_one in tags.items():
        try:
            arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
        except ecr.exceptions.RepositoryNotFoundException:
            arn = ecr.create_repository(repositoryName=name)["repository"]["repositoryArn"]
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
        ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=SCANNING)
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))
        ecr.tag_resource(resourceArn=arn, tags=_listed(of_one))


def _threads(tags: Tags, mode: str) -> None:
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": mode, "total_max_attempts": ATTEMPTS}
    ecr: Any = boto3.client("ecr", config=Config(max_pool_connections=WORKERS, retries=retries))
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1000})
    found = {item["repositoryName"]: item for page in pages for item in page["repositories"]}

    def converge(name: str) -> None:
        item = found.get(name)
        if item is None:
            ecr.create_repository(
                repositoryName=name,
                tags=_listed(tags[name]),
                imageTagMutability="IMMUTABLE",
                imageScanningConfiguration=SCANNING,
            )
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))
            return
        if item["imageTagMutability"] != "IMMUTABLE":
            ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
        if item["imageScanningConfiguration"] != SCANNING:
            ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=SCANNING)
        current = ecr.list_tags_for_resource(resourceArn=item["repositoryArn"])["tags"]
        if {tag["Key"]: tag["Value"] for tag in current} != tags[name]:
            ecr.tag_resource(resourceArn=item["repositoryArn"], tags=_listed(tags[name]))
        try:
            text = ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
        except ecr.exceptions.LifecyclePolicyNotFoundException:
            text = "null"
        if json.loads(text) != POLICY:
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(converge, tags))


def with_threads(tags: Tags) -> None:
    """One boto3 client and 16 threads, in botocore's standard mode of retries."""
    _threads(tags, "standard")


def with_adaptive_threads(tags: Tags) -> None:
    """The same in botocore's adaptive mode."""
    _threads(tags, "adaptive")


async def _aiobotocore(tags: Tags) -> None:
    from aiobotocore.config import AioConfig  # type: ignore[import-not-found]
    from aiobotocore.session import get_session  # type: ignore[import-not-found]

    config = AioConfig(max_pool_connections=WORKERS, retries={"mode": "standard", "total_max_attempts": ATTEMPTS})
    turns = asyncio.Semaphore(WORKERS)
    async with get_session().create_client("ecr", config=config) as ecr:
        pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1000})
        found = {item["repositoryName"]: item async for page in pages for item in page["repositories"]}

        async def converge(name: str) -> None:
            item = found.get(name)
            if item is None:
                await ecr.create_repository(
                    repositoryName=name,
                    tags=_listed(tags[name]),
                    imageTagMutability="IMMUTABLE",
                    imageScanningConfiguration=SCANNING,
                )
                await ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))
                return
            if item["imageTagMutability"] != "IMMUTABLE":
                await ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
            if item["imageScanningConfiguration"] != SCANNING:
                await ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=SCANNING)
            current = (await ecr.list_tags_for_resource(resourceArn=item["repositoryArn"]))["tags"]
            if {tag["Key"]: tag["Value"] for tag in current} != tags[name]:
                await ecr.tag_resource(resourceArn=item["repositoryArn"], tags=_listed(tags[name]))
            try:
                text = (await ecr.get_lifecycle_policy(repositoryName=name))["lifecyclePolicyText"]
            except ecr.exceptions.LifecyclePolicyNotFoundException:
                text = "null"
            if json.loads(text) != POLICY:
                await ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))

        async def in_turn(name: str) -> None:
            async with turns:
                await converge(name)

        await asyncio.gather(*map(in_turn, tags))


def with_aiobotocore(tags: Tags) -> None:
    """One aiobotocore client, 16 repositories at a time."""
    asyncio.run(_aiobotocore(tags))


CONTENDERS: dict[str, Callable[[Tags], None]] = {
    "ecrops": with_ecrops,
    "ecrops, 16 workers": with_as_many_workers,
    "16 threads": with_threads,
    "16 threads, adaptive": with_adaptive_threads,
    "aiobotocore": with_aiobotocore,
    "by hand": by_hand,
}


MODULES = {"ecrops": "ecrops", "ecrops, 16 workers": "ecrops", "aiobotocore": "aiobotocore.session"}


def tags_of(count: int, step: str) -> Tags:
    """Return the names and tags of a fleet. For ``drift`` every hundredth has another tag, and at least one."""
    wanted = {f"team/{number:05}": {"team": "web", "stage": "test"} for number in range(count)}
    if step == "drift":
        for name in list(wanted)[::100]:
            wanted[name] = {"team": "web", "stage": "drifted"}
    return wanted


def main() -> None:
    """In a process of its own: run once, and print what it cost."""
    contender, count, step = sys.argv[1:]
    import_module(MODULES.get(contender, "boto3"))  # the figures are of the work, not of this import
    tags = tags_of(int(count), step)
    moment, processor = time.perf_counter(), time.process_time()
    CONTENDERS[contender](tags)
    figures = {
        "seconds": time.perf_counter() - moment,
        "processor": time.process_time() - processor,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
