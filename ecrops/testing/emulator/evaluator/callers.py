"""Who calls: what an ARN says of its owner, and what the account's details do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ARN = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<resource>root|(?P<kind>user|role|assumed-role|federated-user)/(?P<path>.*))"
)
KINDS = {"user": "user", "role": "role", "assumed-role": "session", "federated-user": "federated"}
UNREAD = object()
"""A policy that somebody has and nobody read."""
UNSEEN_GROUP: dict[str, Any] = {"GroupPolicyList": [{"PolicyName": "", "PolicyDocument": UNREAD}]}


class Held(NamedTuple):
    """A policy that somebody has.

    Attributes:
        name: The name of the policy.
        kind: ``user``, ``group`` or ``role`` for one that is inside of it, ``aws-managed`` or ``user-managed``.
        document: The policy as parsed JSON.
    """

    name: str
    kind: str
    document: Any


@dataclass(frozen=True)
class Caller:
    """Somebody who calls.

    Attributes:
        kind: ``user``, ``role``, ``session``, ``service`` or ``account``: the root user of the own account, somebody of
            another one.
        name: The ARN, or the name of a service.
        account: Twelve digits; empty for a service.
        role: Of a session, the name of its role; of others, the name after the path.
        session: Of a session, its own name.
        known: Whether the details of its account are known.
        identity: What the details say of the user, or of the role.
        policies: Its identity policies, those of its groups too.
        boundary: The document of its permissions boundary.
    """

    kind: str
    name: str
    account: str = ""
    role: str = ""
    session: str = ""
    known: bool = False
    identity: dict[str, Any] = field(default_factory=dict)
    policies: tuple[Held, ...] = ()
    boundary: Any = None

    @property
    def arn(self) -> str:
        """The ARN of the user or the role behind a call; empty if the path of a role is not known."""
        if self.kind == "session":
            return str(self.identity.get("Arn", ""))
        return "" if self.kind == "service" else self.name

    @property
    def id(self) -> str:
        """The unique id of the user or the role; empty if not known."""
        return str(self.identity.get("UserId") or self.identity.get("RoleId") or "")


def caller_of(name: str, account: str, accounts: Mapping[str, dict[str, Any] | None]) -> Caller:
    """Return who has an ARN, or a service's name, with all policies that the details of its account say it has.

    Somebody of an account without details, and somebody whom the details do not have, is not known.

    Args:
        name: The ARN or the name.
        account: The own account, whose root user is known anyway.
        accounts: The details of each account.
    """
    found = ARN.fullmatch(name)
    if not found:
        return Caller("service", name)
    if found["resource"] == "root":
        return Caller("account", name, found["account"], known=found["account"] == account)
    kind, path = KINDS[found["kind"]], found["path"]
    role, _, session = path.partition("/") if kind == "session" else (path.rpartition("/")[2], "", "")
    caller = Caller(kind, name, found["account"], role, session)
    details = accounts.get(found["account"])
    if details is None:
        return caller
    listing = details["UserDetailList" if kind == "user" else "RoleDetailList"]
    for identity in listing:
        is_it = identity["RoleName"] == role if kind == "session" else identity["Arn"] == name
        if is_it:
            policies = tuple(policies_of(identity, details))
            boundary = identity.get("PermissionsBoundary")
            document = _managed(boundary["PermissionsBoundaryArn"], details) if boundary else None
            return Caller(kind, name, found["account"], role, session, True, identity, policies, document)
    return caller


def policies_of(identity: dict[str, Any], details: dict[str, Any]) -> Iterator[Held]:
    """Yield the policies of a user, a role or a group, and those of the groups of a user."""
    groups = {group["GroupName"]: group for group in details["GroupDetailList"]}
    for owner in (identity, *(groups.get(name, UNSEEN_GROUP) for name in identity.get("GroupList", ()))):
        for kind in ("User", "Role", "Group"):
            for policy in owner.get(f"{kind}PolicyList", ()):
                yield Held(policy["PolicyName"], kind.lower(), policy["PolicyDocument"])
        for policy in owner.get("AttachedManagedPolicies", ()):
            arn = policy["PolicyArn"]
            yield Held(
                policy["PolicyName"], f"{'aws' if ':iam::aws:' in arn else 'user'}-managed", _managed(arn, details)
            )


def _managed(arn: str, details: dict[str, Any]) -> Any:
    """Return the default version of a managed policy."""
    for policy in details["Policies"]:
        if policy["Arn"] == arn:
            for version in policy["PolicyVersionList"]:
                if version["IsDefaultVersion"]:
                    return version["Document"]
    return UNREAD
