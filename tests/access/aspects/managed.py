"""The managed policies of a role, and three of them to begin with."""

from __future__ import annotations

from typing import Any

from ecrops import (
    Registry,
    RepositorySpec,
    Role,
    pull,
)
from ecrops.testing import Client, Cloud
from support import registry_of

from ..world import by_resource, populate

MANAGED = "ecrops-role-nodes-fc974502"


def attached(iam: Client, role: str = "nodes") -> dict[str, dict[str, set[str]]]:
    """What each managed policy of a role says."""
    found = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    documents = {}
    for each in found:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        answer = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)
        documents[each["PolicyName"]] = by_resource(answer["PolicyVersion"]["Document"])
    return documents


def three_managed_policies(cloud: Cloud) -> tuple[Registry, list[str]]:
    """A role with as many grants as needs three policies; the names of the repositories."""
    populate(cloud)
    names = sorted(cloud.emulator.seed(250, prefix="r"))
    registry = registry_of(cloud)
    registry.ensure(*[RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in names])
    assert len(attached(cloud.client("iam"))) >= 3
    return registry, names


def ours(cloud: Cloud, arn: str) -> dict[str, Any]:
    """The first statement of a managed policy."""
    statement: dict[str, Any] = cloud.emulator.policies()["managed"][arn]["Statement"][0]
    return statement
