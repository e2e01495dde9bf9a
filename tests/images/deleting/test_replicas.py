"""What a plan says of other regions and accounts that deletions are replicated to."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.repository import Repository
from ecrops.testing import Cloud
from tests.images.deleting.support import DELETE, READ, left, push_index, since

OTHER = "210987654321"


def replicate(cloud: Cloud, *rules: dict[str, Any]) -> None:
    """Replace the rules of the registry."""
    cloud.client("ecr").put_replication_configuration(replicationConfiguration={"rules": list(rules)})


def rule(*regions: str, prefix: str = "", deletes: bool | None = True) -> dict[str, Any]:
    filters = [{"filter": prefix, "filterType": "PREFIX_MATCH"}] if prefix else []
    return {
        "destinations": [{"region": region, "registryId": OTHER} for region in regions],
        **({"repositoryFilters": filters} if filters else {}),
        **({} if deletes is None else {"deleteReplication": {"enabled": deletes}}),
    }


def said(plan: Any) -> list[str]:
    return [note for note in plan.notes if "replicated" in note]


def test_the_destinations_are_named_and_what_goes_there_is_counted(cloud: Cloud, dry: Repository) -> None:
    push_index(cloud, "v1")
    replicate(cloud, rule("eu-central-1", "us-west-2", prefix="ap"), rule("us-west-2", prefix="app"))
    where = f"{OTHER} eu-central-1, {OTHER} us-west-2"
    note = f"app: the deletion of 4 images is replicated, as far as they are there, to {where}"
    assert said(dry.delete_images("v1")) == [note]


def test_a_rule_of_other_repositories_and_one_that_keeps_what_is_deleted_are_no_matter(
    cloud: Cloud, dry: Repository
) -> None:
    push_index(cloud, "v1")
    other = rule("eu-central-1", prefix="application")
    replicate(cloud, other, rule("us-west-2", deletes=False), rule("us-east-1", deletes=None))
    assert said(dry.delete_images("v1")) == []


def test_a_rule_without_filters_is_about_every_repository(cloud: Cloud, dry: Repository) -> None:
    push_index(cloud, "v1")
    replicate(cloud, rule("eu-central-1"))
    assert f"to {OTHER} eu-central-1" in said(dry.delete_images("v1"))[0]


def test_without_the_permission_a_note_says_what_is_not_known(cloud: Cloud, app: Repository) -> None:
    push_index(cloud, "v1")
    cloud.faults.on("denied", operation="DescribeRegistry")
    plan = app.delete_images("v1")
    missing = "whether the deletions are replicated is not known: reading that needs ecr:DescribeRegistry"
    assert said(plan) == [f"app: {missing}"]
    assert left(cloud) == set()


@pytest.mark.parametrize("images", [0, 1])
def test_the_rules_are_read_once_and_only_if_something_is_deleted(cloud: Cloud, app: Repository, images: int) -> None:
    push_index(cloud, "v1")
    calls = since(cloud, lambda: app.delete_images("v1" if images else "v2"))
    assert calls == (DELETE if images else READ[:1])
