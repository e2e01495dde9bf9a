"""What tests of the linter and of the effects of plans share: policies that somebody else wrote."""

from __future__ import annotations

import json
from typing import Any

from ecrops.access import AccessFinding
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import registry_of

ACCOUNT, OTHER, THIRD = "123456789012", "111122223333", "444455556666"
ORGANIZATION = "o-abcdefghij"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
NODES = f"arn:aws:iam::{ACCOUNT}:role/team/nodes"
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": PULL}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def have_policy(name: str, *statements: dict[str, Any]) -> None:
    """A repository has a policy, whether AWS would take it today or not."""
    backend(ACCOUNT, "eu-west-1").repositories[name].policy = document(*statements)


def allow(cloud: Cloud, kind: str, name: str, *actions: str, on: str = "*", effect: str = "Allow") -> None:
    """A user, a role or a group has an inline policy, named after the effect."""
    resource = on if on == "*" else f"arn:aws:ecr:*:*:repository/{on}"
    text = document({"Effect": effect, "Action": list(actions), "Resource": resource})
    put = getattr(cloud.client("iam"), f"put_{kind}_policy")
    put(**{f"{kind.title()}Name": name, "PolicyName": effect, "PolicyDocument": text})


def linted(cloud: Cloud, *statements: dict[str, Any], **options: Any) -> list[AccessFinding]:
    """What is found about a repository with a policy, and nothing else."""
    cloud.emulator.seed(["ab"])
    have_policy("ab", *statements)
    return list(registry_of(cloud).lint_access(**options))


def codes(cloud: Cloud, *statements: dict[str, Any], **options: Any) -> list[str]:
    return [finding.code for finding in linted(cloud, *statements, **options)]


def codes_of_each(cloud: Cloud, statements: list[dict[str, Any]]) -> list[list[str]]:
    """What is found about each of some statements, in a repository of its own."""
    names = [f"r{number:03}" for number in range(len(statements))]
    cloud.emulator.seed(names)
    for name, statement in zip(names, statements, strict=True):
        have_policy(name, statement)
    found = registry_of(cloud).lint_access()
    return [[finding.code for finding in found if finding.repository == name] for name in names]
