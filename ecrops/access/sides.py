"""On which side the grants of a principal are written: the repository policy, an IAM policy, or both.

Called by ``wants`` and ``notes``. It knows accounts and principals, and writes no policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Any

from ecrops.access.aspects import inline_policy, managed_policies
from ecrops.access.edits import Allow
from ecrops.access.policy_keys import PolicyKey
from ecrops.access.principals.named import (
    AccountPrincipal,
    AnyOne,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Role,
    ServicePrincipal,
    User,
)
from ecrops.aws import Aws
from ecrops.engine.aspect import Aspect, Want
from ecrops.errors import SpecError
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text

if TYPE_CHECKING:
    import boto3


class Side(Flag):
    """Where a grant is written: in the policy of the repository, or in one of the principal."""

    NOWHERE = 0
    REPOSITORY = auto()
    IDENTITY = auto()


REPOSITORY, IDENTITY, BOTH = Side.REPOSITORY, Side.IDENTITY, Side.REPOSITORY | Side.IDENTITY

# The identity side of another account is written with a session for it only; without one, a note says what to write.
WRITTEN_ON: dict[type[Any], tuple[Side, Side]] = {
    # principal            in the registry's account, in another account
    User: (IDENTITY, BOTH),
    Role: (IDENTITY, BOTH),
    Group: (IDENTITY, Side.NOWHERE),
    ArnPrincipal: (REPOSITORY, REPOSITORY),
    AccountPrincipal: (REPOSITORY, REPOSITORY),
    ServicePrincipal: (REPOSITORY, REPOSITORY),
    OrganizationPrincipal: (REPOSITORY, REPOSITORY),
    FederatedPrincipal: (REPOSITORY, REPOSITORY),
    AnyPrincipal: (REPOSITORY, REPOSITORY),
}


def sides_of(principal: AnyOne) -> tuple[Side, Side]:
    """Where its grants are written, in the registry's account and in another; a subclass is what it is derived from."""
    return next(WRITTEN_ON[kind] for kind in type(principal).__mro__ if kind in WRITTEN_ON)


@dataclass(frozen=True)
class Place:
    """Where the grants of a principal are written.

    Args:
        principal: Who.
        side: In which policies.
        account: The account of a user, role or group; empty for others, and where only a name says who.
        home: What opens that account; ``None`` where the principal has no policy that can be written.
        local: Whether that is the registry's account.
        by_session: Whether a session was given for it, whose credentials count, in the registry's account too.
    """

    principal: AnyOne
    side: Side
    account: str
    home: Aws | None
    local: bool
    by_session: bool = False

    @classmethod
    def of(cls, aws: Aws, principal: AnyOne, session: boto3.Session | None = None) -> Place:
        """The place of a principal, as the table says.

        Raises:
            SpecError: It is of another partition than the registry, or the session of another account than it.
        """
        _check_partition(aws, principal)
        if not isinstance(principal, User | Role | Group):
            return cls(principal, sides_of(principal)[0], "", None, True)
        if session is None and not principal.account:  # a name, of the registry's account, whichever that is
            return cls(principal, sides_of(principal)[0], "", aws, True)
        other = aws if session is None else aws.for_session(session)
        account = principal.account or other.account_id
        local = account == aws.account_id
        _check(principal, None if session is None else other, account, local)
        home = None if session is None and not local else other
        return cls(principal, sides_of(principal)[not local], account, home, local, session is not None)

    def want(self, edit: Any, attach: str, policy_name: str) -> Want:
        """An edit of the principal's policy."""
        assert isinstance(self.principal, User | Role | Group)
        if isinstance(edit, Allow):
            _check_own(self.principal)
        aspect: Aspect = managed_policies if attach == "managed" else inline_policy
        home = PolicyKey(
            self.principal.kind, self.principal.friendly_name, "" if self.local else self.account, policy_name
        )
        return Want(aspect, _key(home, attach), edit, account=self.home if self.by_session else None)

    def subject(self, aws: Aws) -> Subject:
        """The principal as a repository policy names it."""
        partition = aws.partition.name
        if isinstance(self.principal, User | Role | Group):
            name = f"AWS:{self.principal.arn(partition, self.account or aws.account_id)}"
        else:
            name = self.principal.subject(partition)
        return Subject(name, condition_text(self.principal.all_conditions))


def _key(home: PolicyKey, attach: str) -> str:
    return f"{home} attached" if attach == "managed" else str(home)


def _check_own(principal: User | Role | Group) -> None:
    """Refuse a role whose policies IAM lets nobody change.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html

    Raises:
        SpecError: It is one; with who can be granted something in its place.
    """
    if principal.is_of_aws:
        raise SpecError(
            f"{principal.value} is a role that AWS manages, and nobody else writes its policies: "
            "ArnPrincipal(<its ARN>) is granted in the policy of the repository, and for the token its permission set "
            "in IAM Identity Center says ecr:GetAuthorizationToken"
        )


def _check_partition(aws: Aws, principal: AnyOne) -> None:
    """An account of 12 digits is another account in each partition, and none lets in those of another."""
    partition = principal.partition if isinstance(principal, User | Role | Group) else principal.own_partition
    if partition not in ("", aws.partition.name):
        raise SpecError(f"{principal.value} is of another partition than the registry's, {aws.partition.name}")


def _check(principal: User | Role | Group, session: Aws | None, account: str, local: bool) -> None:
    if session is not None and session.account_id != account:
        raise SpecError(f"session: expected one for account {account}, got one for {session.account_id}")
    if isinstance(principal, Group) and not local:
        raise SpecError(
            f"{principal.name_or_arn} is a group of another account, which no repository policy can name: grant "
            f"AccountPrincipal({account!r}), and let that account's policy choose the group"
        )
