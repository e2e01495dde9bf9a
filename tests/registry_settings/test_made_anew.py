"""The answer to a removal is lost, and somebody has made another one of the same prefix since: it stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import EcropsError, Registry
from ecrops.testing import Call, Client, Cloud
from support import registry_of

UPSTREAM = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
OURS: dict[str, dict[str, Any]] = {
    "rule": {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": UPSTREAM, "upstreamRepositoryPrefix": "team"},
    "template": {"prefix": "hub", "appliedFor": ["REPLICATION"], "description": "ours"},
}
THEIRS = {
    "rule": {**OURS["rule"], "upstreamRegistryUrl": UPSTREAM.replace("us-east-1", "eu-central-1")},
    "template": {**OURS["template"], "description": "theirs"},
}
LIST = {"rule": "DescribePullThroughCacheRules", "template": "DescribeRepositoryCreationTemplates"}
DELETE = {"rule": "DeletePullThroughCacheRule", "template": "DeleteRepositoryCreationTemplate"}


def make(ecr: Client, kind: str, params: dict[str, Any]) -> None:
    method = ecr.create_pull_through_cache_rule if kind == "rule" else ecr.create_repository_creation_template
    method(**params)


def remove(ecr: Client, kind: str) -> None:
    if kind == "rule":
        ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="hub")
    else:
        ecr.delete_repository_creation_template(prefix="hub")


def described(ecr: Client, kind: str) -> list[dict[str, Any]]:
    found = (
        ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"]
        if kind == "rule"
        else ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    )
    return [{name: item[name] for name in OURS[kind]} for item in found]


VERBS: dict[str, dict[str, Callable[[Registry], Any]]] = {
    "rule": {
        "remove": lambda registry: registry.pull_through_cache.remove("hub/"),
        "set": lambda registry: registry.pull_through_cache.set(),
    },
    "template": {
        "remove": lambda registry: registry.creation_templates.remove("hub/"),
        "set": lambda registry: registry.creation_templates.set(),
    },
}


def meddle(cloud: Cloud, kind: str, act: Callable[[], object]) -> None:
    """Lose the answer to the removal, and let somebody act before the next reading."""
    lost: list[Call] = []

    def look(call: Call) -> bool:
        if call.operation == DELETE[kind]:
            lost.append(call)
        elif call.operation == LIST[kind] and lost:
            lost.clear()
            act()
        return False

    cloud.faults.on("reset_after", operation=DELETE[kind])
    cloud.faults.on("throttle", where=look, times=None)


@pytest.mark.parametrize("verb", ["remove", "set"])
@pytest.mark.parametrize("kind", ["rule", "template"])
def test_what_somebody_made_since_stays(memory_cloud: Cloud, kind: str, verb: str) -> None:
    ecr = memory_cloud.client("ecr")
    make(ecr, kind, OURS[kind])
    meddle(memory_cloud, kind, lambda: make(ecr, kind, THEIRS[kind]))
    made = VERBS[kind][verb](registry_of(memory_cloud))
    assert described(ecr, kind) == [THEIRS[kind]]
    assert [change.operation for change in made] == [DELETE[kind]]
    assert any("another writer has changed it since" in note for note in made.notes)


@pytest.mark.parametrize("kind", ["rule", "template"])
def test_what_is_still_there_is_removed(memory_cloud: Cloud, kind: str) -> None:
    ecr = memory_cloud.client("ecr")
    make(ecr, kind, OURS[kind])
    memory_cloud.faults.on("reset_before", operation=DELETE[kind])
    assert VERBS[kind]["remove"](registry_of(memory_cloud))
    assert described(ecr, kind) == []


@pytest.mark.parametrize("kind", ["rule", "template"])
def test_an_approved_removal_takes_no_other_one(cloud: Cloud, kind: str) -> None:
    ecr = cloud.client("ecr")
    make(ecr, kind, OURS[kind])
    plan = VERBS[kind]["remove"](registry_of(cloud, dry_run=True))
    remove(ecr, kind)
    make(ecr, kind, THEIRS[kind])
    with pytest.raises(EcropsError, match="hub"):
        registry_of(cloud).apply(plan)
    assert described(ecr, kind) == [THEIRS[kind]]
