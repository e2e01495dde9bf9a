"""The bounds of policies: what fills a quota is written, and one more is refused with the name of its owner."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import RepositorySpec, Role, SpecError, pull
from ecrops.iam.text import size, to_text
from ecrops.testing import Cloud
from support import registry_of

from ..world import OTHER, populate


def of_team(length: int) -> Role:
    """A role under a condition of so many characters."""
    return Role("nodes", conditions={"StringEquals": {"aws:PrincipalTag/team": "x" * length}})


def test_a_managed_policy_that_fills_its_quota_is_written_and_one_character_more_is_refused(
    memory_cloud: Cloud,
) -> None:
    populate(memory_cloud, "ab")
    repo = registry_of(memory_cloud, dry_run=True).repository("ab")
    (change, *_) = repo.grant_read(of_team(1), attach="managed")
    room = 6_144 - size(json.loads(change.params["PolicyDocument"]))

    fresh = registry_of(memory_cloud, dry_run=True).repository("ab")
    (change, *_) = fresh.grant_read(of_team(1 + room), attach="managed")
    assert size(json.loads(change.params["PolicyDocument"])) == 6_144
    refused = r"^role nodes: a managed policy has at most 6,144 .* these would be 1, the longest of 6,145: on="
    with pytest.raises(SpecError, match=refused):
        registry_of(memory_cloud, dry_run=True).repository("ab").grant_read(of_team(2 + room), attach="managed")


def test_ten_managed_policies_are_attached_and_eleven_are_refused(memory_cloud: Cloud) -> None:
    """Two statements under long conditions have no room in one policy, so each grant is a policy of its own."""
    names = [f"r{number}" for number in range(11)]
    populate(memory_cloud, *names)

    def specs(count: int) -> list[RepositorySpec]:
        roles = [of_team(2_600 + number) for number in range(count)]
        return [
            RepositorySpec(name, grants=[pull(role, attach="managed")])
            for name, role in zip(names[:count], roles, strict=True)
        ]

    registry = registry_of(memory_cloud)
    plan = registry.plan(*specs(10))
    assert [change.operation for change in plan].count("CreatePolicy") == 10
    with pytest.raises(SpecError, match=r"^role nodes: .* 10 are attached, these would be 11, the longest of"):
        registry.plan(*specs(11))


def test_a_repository_policy_that_fills_its_quota_is_written_and_one_character_more_is_refused(
    memory_cloud: Cloud,
) -> None:
    populate(memory_cloud, "ab")
    repo = registry_of(memory_cloud, dry_run=True).repository("ab")

    def statement(length: int) -> dict[str, Any]:
        tag = {"StringEquals": {"aws:PrincipalTag/team": "x" * length}}
        return {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:ListImages", "Condition": tag}

    (change,) = repo.add_to_resource_policy(statement(1))
    room = 10_240 - len(change.params["policyText"])
    fresh = registry_of(memory_cloud, dry_run=True).repository("ab")
    (change,) = fresh.add_to_resource_policy(statement(1 + room))
    assert len(to_text(json.loads(change.params["policyText"]))) == 10_240
    with pytest.raises(SpecError, match=r"^ab: a repository policy has at most 10,240 characters, this one 10,241: "):
        registry_of(memory_cloud, dry_run=True).repository("ab").add_to_resource_policy(statement(2 + room))
