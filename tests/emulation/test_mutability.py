"""Tags that cannot be moved, and the filters that except some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops.testing import Client

from .support import push, refused, wildcards


def create(ecr: Client, **mutability: object) -> Any:
    return ecr.create_repository(repositoryName="app", **mutability)["repository"]


def put(ecr: Client, **mutability: object) -> Any:
    if not ecr.describe_repositories()["repositories"]:
        ecr.create_repository(repositoryName="app")
    return ecr.put_image_tag_mutability(repositoryName="app", **mutability)


@pytest.mark.parametrize("say", [create, put])
def test_mode_and_filters_travel_together(ecr: Client, say: Callable[..., Any]) -> None:
    with refused("InvalidParameterException", "can't be null when imageTagMutability is set as MUTABLE_WITH"):
        say(ecr, imageTagMutability="MUTABLE_WITH_EXCLUSION")
    with refused("InvalidParameterException", "must be null"):
        say(ecr, imageTagMutability="IMMUTABLE", imageTagMutabilityExclusionFilters=wildcards("v*"))
    with refused("InvalidParameterException", "wildcards"):
        filters = wildcards("*a*b*")
        say(ecr, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters)
    filters = wildcards("*-dev*", "latest")
    answer = say(ecr, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters)
    assert answer["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert answer["imageTagMutabilityExclusionFilters"] == filters
    stored = ecr.describe_repositories()["repositories"][0]
    assert stored["imageTagMutabilityExclusionFilters"] == filters


def test_going_back_to_a_plain_mode_drops_the_filters(ecr: Client) -> None:
    put(
        ecr,
        imageTagMutability="MUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=wildcards("v*"),
    )
    assert "imageTagMutabilityExclusionFilters" not in put(ecr, imageTagMutability="MUTABLE")
    assert "imageTagMutabilityExclusionFilters" not in ecr.describe_repositories()["repositories"][0]


def test_a_filter_is_a_wildcard_over_the_whole_tag(ecr: Client) -> None:
    mode = "IMMUTABLE_WITH_EXCLUSION"
    create(ecr, imageTagMutability=mode, imageTagMutabilityExclusionFilters=wildcards("dev", "*.x"))
    for tag in ("dev", "dev-2", "1.x", "1zx"):
        push(ecr, tag, "old " + tag)
    push(ecr, "dev", "new")
    push(ecr, "1.x", "newer")
    for tag in ("dev-2", "1zx"):
        with refused("ImageTagAlreadyExistsException"):
            push(ecr, tag, "refused")
