"""Policies of users, roles and groups as somebody else writes them, and questions about one repository."""

from __future__ import annotations

import json
from typing import Any

from ecrops.repository import Repository
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import registry_of
from tests.access.world import OTHER, populate

NAME = "team/app"
HERE = "123456789012"
ARN = f"arn:aws:ecr:eu-west-1:{HERE}:repository/{NAME}"
GET, LAYER, LOGIN = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken"
PULL = {"Effect": "Allow", "Action": [GET, LAYER], "Resource": ARN}
TOKEN = {"Effect": "Allow", "Action": LOGIN, "Resource": "*"}
NODES = f"arn:aws:iam::{HERE}:role/team/nodes"
NODES_THERE = f"arn:aws:iam::{OTHER}:role/team/nodes"
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
Json = dict[str, Any]


def document(*statements: Json) -> str:
    """A policy as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def give(cloud: Cloud, kind: str, name: str, *statements: Json, account: str | None = None, policy: str = "p") -> None:
    """Write an inline policy of a user, a role or a group."""
    put = getattr(cloud.client("iam", account=account), f"put_{kind}_policy")
    put(**{f"{kind.title()}Name": name}, PolicyName=policy, PolicyDocument=document(*statements))


def let(cloud: Cloud, *statements: Json) -> None:
    """Write the policy of the repository."""
    cloud.client("ecr").set_repository_policy(repositoryName=NAME, policyText=document(*statements), force=True)


def asked(cloud: Cloud) -> Repository:
    """The repository, with users, roles and groups in two accounts: nobody may do anything with it."""
    populate(cloud, NAME)
    return registry_of(cloud).repository(NAME)


def keep(*statements: Json) -> None:
    """Let the repository have a policy of years ago, which ECR would not take today."""
    backend(HERE, "eu-west-1").repositories[NAME].policy = document(*statements)
