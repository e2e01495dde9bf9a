"""What the tests of the cases share: the cases, some statements, and the policy that ECR holds."""

from __future__ import annotations

import json
from typing import Any

from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import cases

from ..callers import HERE, OTHER
from ..world import repository_policy

CASES = {case["id"]: case for case in cases("public") if case["area"] == "access"}
GET, LAYER, PUT = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"
OTHER_ROLE = f"arn:aws:iam::{OTHER}:role/nodes"
PULL = {"Effect": "Allow", "Action": [GET, LAYER]}
NOBODY = {"Effect": "Deny", "Principal": "*", "Action": [GET, LAYER]}


def store(document: dict[str, Any]) -> None:
    """ECR holds a policy, whatever the emulator would take today."""
    backend(HERE, "eu-west-1").repositories["ab"].policy = json.dumps(document)


def policy_of(cloud: Cloud) -> dict[str, Any]:
    """The policy that ECR holds; empty for none."""
    return repository_policy(cloud.client("ecr"), "ab") or {}
