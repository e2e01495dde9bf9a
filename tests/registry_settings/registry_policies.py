"""Policies of a registry for tests: statements, and what somebody else makes of the policy."""

from __future__ import annotations

import json
from typing import Any

from ecrops.testing import Client

OWN, OTHER = "123456789012", "111122223333"
REPOSITORIES = f"arn:aws:ecr:eu-west-1:{OWN}:repository"
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Action": "ecr:ReplicateImage",
    "Resource": f"{REPOSITORIES}/theirs/*",
}
MINE = {**THEIRS, "Sid": "Mine", "Resource": f"{REPOSITORIES}/mine/*"}
DENIAL = {
    "Sid": "Lock",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "ecr:*RegistryPolicy",
    "Resource": "*",
}


def put(ecr: Client, *statements: dict[str, Any]) -> None:
    """What somebody else makes of the policy."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    ecr.put_registry_policy(policyText=json.dumps(document))


def statements(ecr: Client) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(ecr.get_registry_policy()["policyText"])["Statement"]
    except ecr.exceptions.RegistryPolicyNotFoundException:
        return []
    return found
