"""What the tests of the public registry share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecrops import CatalogData, PublicRegistry
from ecrops.testing import Call, Cloud
from support import AT_ONCE
from tests.access.world import listed

HERE = "in account 123456789012, region us-east-1:\n"
PUSH = [
    "ecr-public:BatchCheckLayerAvailability",
    "ecr-public:CompleteLayerUpload",
    "ecr-public:InitiateLayerUpload",
    "ecr-public:PutImage",
    "ecr-public:UploadLayerPart",
]
LOG_IN = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]
DATA = CatalogData(
    description="Our tools",
    about_text="# Tools",
    usage_text="Pull them",
    architectures=["ARM 64", "x86-64"],
    operating_systems=["Linux"],
)
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "push", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr-public:PutImage"}
    ],
}


def public_registry_of(cloud: Cloud, **options: Any) -> PublicRegistry:
    """The public registry of the emulated account."""
    return PublicRegistry(cloud.session(), **{"retry": AT_ONCE, **options})


def before(cloud: Cloud, operation: str, act: Callable[[], object]) -> None:
    """Let somebody else act once, right before the first call of an operation."""
    left = [act]

    def meddle(call: Call) -> bool:
        if left and call.operation == operation:
            left.pop()()
        return False

    cloud.faults.on("throttle", where=meddle, times=None)


def picture(cloud: Cloud) -> dict[str, Any]:
    """All public repositories as they are in memory, without what differs from run to run."""
    return {
        name: {
            "catalog": {key: value for key, value in (repository.catalog or {}).items() if key != "logoUrl"},
            "has logo": "logoUrl" in (repository.catalog or {}),
            "policy": repository.policy,
            "tags": repository.tags,
        }
        for name, repository in cloud.emulator.public.repositories.items()
    }


def inline(
    cloud: Cloud, kind: str, name: str, policy: str = "ecrops", account: str | None = None
) -> dict[str, set[str]]:
    """What an inline policy says: the actions on each resource. Empty if there is none."""
    found: dict[str, set[str]] = {}
    document = cloud.emulator.at(account=account).policies()["inline"][f"{kind} {name}"].get(policy, {})
    for statement in document.get("Statement", []):
        for resource in listed(statement["Resource"]):
            found.setdefault(resource, set()).update(listed(statement["Action"]))
    return found
