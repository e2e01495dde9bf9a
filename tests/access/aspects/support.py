"""What the tests of policies share."""

from __future__ import annotations

from typing import Any

from ecrops.iam.statements import statements
from ecrops.testing import Cloud

from ..world import repository_policy

DENY = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
THIRD = "444455556666"


def found(cloud: Cloud, name: str = "ab") -> list[dict[str, Any]]:
    return statements(repository_policy(cloud.client("ecr"), name) or {})
