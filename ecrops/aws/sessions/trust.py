"""Statements of the trust policy of a role: who may assume it. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
"""

from __future__ import annotations

import re
from typing import Any

ASSUME = "sts:AssumeRole"
_SESSION = re.compile(r"arn:([^:]+):sts::([0-9]{12}):assumed-role/([^/]+)/.+")
_OF_PERMISSION_SET = re.compile(r"AWSReservedSSO_.+_[0-9a-f]{16}")


def principal_of(caller_arn: str) -> str:
    """Return the ARN of the user or the role that a caller is: GetCallerIdentity tells the session of a role.

    The ARN of a session has no path, so that of a role with a path is not known from it.
    """
    session = _SESSION.fullmatch(caller_arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else caller_arn


def trust_statement(caller_arn: str, external_id: str | None = None) -> dict[str, Any]:
    """Return the statement of a trust policy that lets a caller assume the role.

    A role that IAM Identity Center made for a permission set has a path with its region, and is made anew with another
    suffix. It is named by a condition, as
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html shows.

    Args:
        caller_arn: The ARN of the caller: of a user, a role, or a session of a role.
        external_id: The external id that the caller has to send.
    """
    principal, condition = principal_of(caller_arn), {}
    account, _, name = principal.rpartition(":role/")
    if _OF_PERMISSION_SET.fullmatch(name):
        pattern = f"{account}:role/aws-reserved/sso.amazonaws.com*/{name[:-16]}*"
        principal, condition = f"{account}:root", {"ArnLike": {"aws:PrincipalArn": pattern}}
    if external_id is not None:
        condition = {**condition, "StringEquals": {"sts:ExternalId": external_id}}
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ASSUME}
    return {**statement, "Condition": condition} if condition else statement


def permission_statement(role_arn: str) -> dict[str, Any]:
    """Return the statement of the caller's own policy that lets it assume a role."""
    return {"Effect": "Allow", "Action": ASSUME, "Resource": role_arn}
