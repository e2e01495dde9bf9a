"""What many tests need: a registry that does not wait, and pictures of what is there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecrops import Registry
from ecrops.testing import AT_ONCE as AT_ONCE
from ecrops.testing import Client, Cloud

CASES = Path(__file__).parents[1] / "cases"
HERE = "in account 123456789012, region eu-west-1:\n"
"""The first line of the text of a plan for the emulated account."""


class Clock:
    """The time as ``time.monotonic`` tells it, which only the test moves on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def move_on(self, seconds: float) -> None:
        self.now += seconds


_look_again = time.sleep


def until(is_so: Callable[[], bool]) -> None:
    """Wait until other threads have done something, for some seconds at most."""
    for _ in range(3000):
        if is_so():
            return
        _look_again(0.001)
    raise AssertionError("it did not come to that")


def sampled(step: int) -> int:
    """The distance between the cases that are run: ``scripts/test`` runs a sample, ``scripts/faults`` every case."""
    return 1 if "ECROPS_EXAMPLES" in os.environ else step


def first_of(case: int, cases: int, step: int) -> int:
    """Where a case of several begins to count in steps, so that together they begin all over a step."""
    return case * step // cases


def examples(count: int) -> int:
    """How many cases Hypothesis draws: so many, or as many as ``scripts/faults`` says."""
    return int(os.environ.get("ECROPS_EXAMPLES", count))


def cases(name: str) -> list[dict[str, Any]]:
    """The conformance cases of a file."""
    loaded: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text())
    return loaded


def registry_of(cloud: Cloud, **options: Any) -> Registry:
    """A registry of the emulated account."""
    return Registry(cloud.session(), **{"retry": AT_ONCE, **options})


def state(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """All repositories as raw answers of AWS, without what differs from run to run."""
    ecr = cloud.client("ecr")
    pages = ecr.get_paginator("describe_repositories").paginate()
    return {item["repositoryName"]: _picture(ecr, item) for page in pages for item in page["repositories"]}


def _picture(ecr: Client, item: dict[str, Any]) -> dict[str, Any]:
    name = item["repositoryName"]
    tags = ecr.list_tags_for_resource(resourceArn=item["repositoryArn"])["tags"]
    picture = {key: item[key] for key in item if key not in ("createdAt", "repositoryName")}
    return picture | {"tags": {tag["Key"]: tag["Value"] for tag in tags}, "lifecycle": lifecycle(ecr, name)}


def lifecycle(ecr: Client, name: str) -> Any:
    """The rules of a repository, or ``None``."""
    try:
        return json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]
    except ecr.exceptions.LifecyclePolicyNotFoundException:
        return None
