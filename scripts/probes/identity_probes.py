"""Probes about the users and roles that policies name. What they make, a role and a repository, is removed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from probing import Asked, Probe

LONGEST = 60
"""Seconds in which ECR hears of a new role, and of a deleted one."""


def deleted_role(asked: Asked) -> str:
    iam, name = asked.client("iam"), asked.name()
    asked.later(lambda: asked.ecr.delete_repository(repositoryName=name, force=True))
    asked.ecr.create_repository(repositoryName=name)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]
    is_there = True

    def remove() -> None:
        if is_there:
            iam.delete_role(RoleName=name)

    asked.later(remove)
    statement = {"Effect": "Allow", "Principal": {"AWS": role["Arn"]}, "Action": "ecr:BatchGetImage"}
    _until(lambda: _is_taken(asked, name, _document(statement)))
    iam.delete_role(RoleName=name)
    is_there = False
    _until(lambda: _named(asked, name) != role["Arn"])
    named = _named(asked, name)
    return {role["Arn"]: "its ARN", role["RoleId"]: "its unique id"}.get(named, asked.plain(named))


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _is_taken(asked: Asked, name: str, policy: str) -> bool:
    try:
        asked.ecr.set_repository_policy(repositoryName=name, policyText=policy)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        return False
    return True


def _named(asked: Asked, name: str) -> str:
    policy = json.loads(asked.ecr.get_repository_policy(repositoryName=name)["policyText"])
    return str(policy["Statement"][0]["Principal"]["AWS"])


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(LONGEST):
        if is_so():
            return
        time.sleep(1)


PROBES = [
    Probe(
        "deleted-role",
        "a policy shows a deleted role by its unique id",
        ["ecr/policies.py: that ECR shows a deleted user or role"],
        deleted_role,
        "makes a role of IAM without permissions, and a repository",
    )
]
