"""The statements of ecrops in a registry policy: one for each principal and purpose, with the repositories. Pure.

A statement that somebody edited by hand is foreign, whatever its Sid (``iam/sids``).

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ecrops.iam.policy import Policy, one_or_all
from ecrops.iam.sids import PREFIX, find, free_sid, used_sids
from ecrops.iam.statements import Statement, fingerprint, listed, plain_account

REPLICATION = ("Replication", ("ecr:CreateRepository", "ecr:ReplicateImage"))
PULL_THROUGH = ("PullThroughCache", ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"))


class Permission(NamedTuple):
    """What a principal is allowed: all but the repositories.

    Args:
        purpose: A word for Sids, and the actions.
        principal: The principal, as the element ``Principal`` names one of ``AWS``.
        condition: The condition as JSON; empty for none.
    """

    purpose: tuple[str, tuple[str, ...]]
    principal: str
    condition: str = ""

    @property
    def sid(self) -> str:
        """The Sid of its statement, without a number."""
        name, _ = self.purpose
        account = plain_account(self.principal)
        is_account = account.isdecimal() and not self.condition
        return f"{PREFIX}{name}{account if is_account else fingerprint(account + self.condition)}"

    def statement(self, resources: Iterable[str], sid: str = "") -> dict[str, Any]:
        """Return its statement for some repositories."""
        return {
            "Sid": sid or self.sid,
            "Effect": "Allow",
            "Principal": {"AWS": self.principal},
            "Action": list(self.purpose[1]),
            "Resource": one_or_all(sorted(resources)),
            **({"Condition": json.loads(self.condition)} if self.condition else {}),
        }

    def find(self, policy: Policy) -> Statement | None:
        """Return its statement in a policy, if there is one."""
        return find(policy.foreign, self.sid, lambda found: self.statement(_resources(found)))


class Allow(NamedTuple):
    """An edit: a principal is allowed something for these repositories too.

    Args:
        permission: What is allowed.
        resources: The ARNs of the repositories, with wildcards.
    """

    permission: Permission
    resources: frozenset[str]

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit."""
        found = self.permission.find(policy)
        if found is None:
            sid = free_sid(self.permission.sid, used_sids(policy.foreign))
            return policy.with_foreign([*policy.foreign, self.permission.statement(self.resources, sid)])
        return _with(policy, found, self.permission, self.resources | set(_resources(found)))


class Revoke(NamedTuple):
    """An edit: ecrops allows a principal something no longer.

    Args:
        permission: What was allowed.
        resources: The ARNs; all of them if ``None``.
    """

    permission: Permission
    resources: frozenset[str] | None = None

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit."""
        found = self.permission.find(policy)
        if found is None:
            return policy
        remaining = set(_resources(found)) - self.resources if self.resources is not None else set[str]()
        return _with(policy, found, self.permission, remaining)


def _with(policy: Policy, found: Statement, permission: Permission, resources: Iterable[str]) -> Policy:
    """Return a policy with other resources in a statement, or without it if none remains."""

    def statements() -> Iterator[Statement]:
        for statement in policy.foreign:
            if statement is not found:
                yield statement
            elif listing := sorted(resources):
                same = sorted(_resources(found)) == listing
                yield found if same else permission.statement(listing, str(found["Sid"]))

    return policy.with_foreign(statements())


def _resources(statement: Statement) -> list[str]:
    return [str(resource) for resource in listed(statement.get("Resource", []))]


def replication(source: str, partition: str) -> Permission:
    """Return what the registry of another account is allowed that replicates into this one.

    Args:
        source: The account that replicates.
        partition: The partition of both.
    """
    return Permission(REPLICATION, f"arn:{partition}:iam::{source}:root")
