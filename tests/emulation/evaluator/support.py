"""Small worlds, as the evaluator takes them."""

from __future__ import annotations

from typing import Any

from ecrops.testing.emulator.evaluator.decide import decide
from ecrops.testing.emulator.evaluator.truth import Truth

ACCOUNT, OTHER = "123456789012", "444455556666"
USER, ROLE = f"arn:aws:iam::{ACCOUNT}:user/ci", f"arn:aws:iam::{ACCOUNT}:role/team/nodes"
SESSION, ROOT = f"arn:aws:sts::{ACCOUNT}:assumed-role/nodes/i-1", f"arn:aws:iam::{ACCOUNT}:root"
THEIRS, THEIR_ROOT = f"arn:aws:iam::{OTHER}:user/bob", f"arn:aws:iam::{OTHER}:root"
LAMBDA = "lambda.amazonaws.com"
PULL, TOKEN = "ecr:BatchGetImage", "ecr:GetAuthorizationToken"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/limits"


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A policy of statements."""
    return {"Version": version, "Statement": list(statements)}


def allow(*actions: str, **elements: Any) -> dict[str, Any]:
    """A statement of an identity policy that allows actions, on all resources."""
    return {"Effect": "Allow", "Action": list(actions or ("ecr:*",)), "Resource": "*", **elements}


def deny(*actions: str, **elements: Any) -> dict[str, Any]:
    """A statement of an identity policy that denies actions, on all resources."""
    return {**allow(*actions), "Effect": "Deny", **elements}


def names(effect: str, *principals: Any, **elements: Any) -> dict[str, Any]:
    """A statement of a repository policy about principals, by ARN or as the element has them."""
    named = principals[0] if len(principals) == 1 and not isinstance(principals[0], str) else {"AWS": list(principals)}
    return {"Effect": effect, "Principal": named, "Action": "ecr:*", **elements}


def excepts(effect: str, *principals: str, **elements: Any) -> dict[str, Any]:
    """A statement of a repository policy about all but some principals."""
    return {"Effect": effect, "NotPrincipal": {"AWS": list(principals)}, "Action": "ecr:*", **elements}


class World:
    """An account with a user, a role and a group, and a repository."""

    def __init__(self, **policies: Any) -> None:
        """The statements of the policies: ``user``, ``role``, ``group``, ``boundary``, ``repository``, ``registry``."""
        inline = {kind: self._inline(policies.get(kind)) for kind in ("user", "role", "group")}
        bound = {"PermissionsBoundary": {"PermissionsBoundaryArn": BOUNDARY}} if "boundary" in policies else {}
        tags = [{"Key": "Team", "Value": "data"}]
        user = {"UserName": "ci", "Arn": USER, "UserId": "AIDACI", "GroupList": ["devs"], "Tags": tags, **bound}
        role = {"RoleName": "nodes", "Arn": ROLE, "RoleId": "AROANODES", "Tags": tags, **bound}
        document = policy(*policies.get("boundary", ()))
        limits = {"Arn": BOUNDARY, "PolicyVersionList": [{"IsDefaultVersion": True, "Document": document}]}
        self.details: dict[str, Any] = {
            "UserDetailList": [{**user, "UserPolicyList": inline["user"]}],
            "RoleDetailList": [{**role, "RolePolicyList": inline["role"]}],
            "GroupDetailList": [{"GroupName": "devs", "GroupPolicyList": inline["group"]}],
            "Policies": [limits],
        }
        self.repository = self._policy(policies.get("repository"))
        self.registry = self._policy(policies.get("registry"))

    @staticmethod
    def _policy(statements: Any) -> Any:
        return policy(*statements) if isinstance(statements, list) else statements

    def _inline(self, statements: Any) -> list[dict[str, Any]]:
        return [] if statements is None else [{"PolicyName": "inline", "PolicyDocument": self._policy(statements)}]

    def allows(self, caller: str, action: str = PULL, missing: tuple[str, ...] = (), **context: str) -> Truth:
        """Whether a caller may do something; in the names of keys ``__`` is the colon."""
        return decide(
            {
                "account": ACCOUNT,
                "region": "eu-west-1",
                "partition": "aws",
                "details": self.details,
                "repository": {"name": "app", "policy": self.repository, "tags": {"env": "prod"}},
                "registry_policy": self.registry,
                "now": "2026-11-29T12:00:00Z",
            },
            {
                "caller": caller,
                "action": action,
                "context": {key.replace("__", ":"): [value] for key, value in context.items()},
                "missing": list(missing),
            },
        )
