"""Where the grants of a principal are written: in the repository policy, in an IAM policy, or in both.

Called by ``wants`` and ``notes``, and by ``login.tokens``. It knows accounts and principals. It decides which policies
hold a grant, and reads and writes none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Flag, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.access.aspects import inline_policy, managed_policies, repository_policy
from ecrops.access.edits import Allow, Forbid
from ecrops.access.grants import Grant
from ecrops.access.policy_keys import POLICY, PolicyKey
from ecrops.access.principals.identities import Group, Identity, Role, User
from ecrops.access.principals.named import KINDS, AccountPrincipal, Grantee, PolicyPrincipal
from ecrops.aws import Arn, Aws
from ecrops.engine.aspect import Aspect, Want
from ecrops.errors import SpecError
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text
from ecrops.repositories.values import ECR

if TYPE_CHECKING:
    import boto3


class Kind(NamedTuple):
    """What the grants on private and on public repositories differ in.

    Args:
        service: The service that has the repositories.
        policy: The aspect of their policies.
        grant: What a grant is.
    """

    service: str
    policy: Aspect
    grant: type[Grant]


PRIVATE = Kind(ECR, repository_policy, Grant)


class Side(Flag):
    """The policies that a grant is written in: that of the repository, that of the identity, or both."""

    NOWHERE = 0
    REPOSITORY = auto()
    IDENTITY = auto()


REPOSITORY, IDENTITY, BOTH = Side.REPOSITORY, Side.IDENTITY, Side.REPOSITORY | Side.IDENTITY

# The identity policy in another account is written only with a session for it. Without one, a note says what to write.
WRITTEN_ON: dict[type[Any], tuple[Side, Side]] = {
    # principal: in the registry's account, in another account
    User: (IDENTITY, BOTH),
    Role: (IDENTITY, BOTH),
    Group: (IDENTITY, Side.NOWHERE),
    **{kind: (REPOSITORY, REPOSITORY) for kind in KINDS if issubclass(kind, PolicyPrincipal)},
}


def sides_of(principal: Grantee) -> tuple[Side, Side]:
    """Return the sides of a principal: in the registry's account, and in another. A subclass has those of its base."""
    return next(WRITTEN_ON[kind] for kind in type(principal).__mro__ if kind in WRITTEN_ON)


@dataclass(frozen=True)
class Place:
    """Where the grants of a principal are written.

    Args:
        principal: The principal.
        side: The policies.
        account: The account of a user, role or group. It is empty for other principals, and for a name without a
            session, which is of the registry's account.
        account_aws: The account that the identity policy is written in; ``None`` if there is none that can be written.
        local: Whether ``account`` is the registry's account.
        by_session: Whether a session was given. Its credentials are used then, for the registry's account too.
    """

    principal: Grantee
    side: Side
    account: str
    account_aws: Aws | None
    local: bool
    by_session: bool = False

    @classmethod
    def of(cls, aws: Aws, principal: Grantee, session: boto3.Session | None = None) -> Place:
        """Return the place of a principal, by ``WRITTEN_ON``.

        Args:
            aws: The registry's account.
            principal: The principal.
            session: A session for the account of a user or role of another account.

        Raises:
            SpecError: The principal is of another partition than the registry, or the session of another account than
                the principal.
        """
        partition = principal.partition if isinstance(principal, Identity) else principal.own_partition
        if partition not in ("", aws.partition.name):  # the same 12 digits are another account there
            raise SpecError(f"{principal.value} is of another partition than the registry's, {aws.partition.name}")
        local_side, remote_side = sides_of(principal)
        if not isinstance(principal, Identity):
            return cls(principal, local_side, account="", account_aws=None, local=True)
        if session is None and not principal.account:
            return cls(principal, local_side, account="", account_aws=aws, local=True)
        session_aws = aws if session is None else aws.for_session(session)
        account = principal.account or session_aws.account_id
        local = account == aws.account_id
        _check_account(principal, None if session is None else session_aws, account, local)
        return cls(
            principal,
            local_side if local else remote_side,
            account,
            account_aws=None if session is None and not local else session_aws,
            local=local,
            by_session=session is not None,
        )

    @classmethod
    def of_puller(cls, aws: Aws, principal: Grantee, session: boto3.Session | None, repository: Arn) -> Place:
        """Return the place of a principal for a repository of another registry, whose policy is not written.

        Args:
            aws: The registry's account.
            principal: The principal.
            session: A session for the account of a user or role of another account.
            repository: The repository.

        Raises:
            SpecError: The principal has no identity policy that could be written.
        """
        place = cls.of(aws, principal, session)
        if place.account_aws is None:
            raise SpecError(
                f"{repository} is not in {aws.region}: make a Registry with a session for it"
                if repository.region != aws.region
                else f"{repository} is of another account than this registry's, {aws.account_id}: make a Registry with "
                f"a session for it; here it can be granted to a User, Role or Group of account {aws.account_id}, or of "
                f"the account of session=, and {principal} is none"
            )
        return place

    def want(self, edit: Allow | Forbid, attach: str, policy_name: str) -> Want:
        """Return the want of an edit of the identity policy.

        Args:
            edit: The edit.
            attach: ``inline`` or ``managed``.
            policy_name: The name of the policy.

        Raises:
            SpecError: The edit is a grant to a role whose policies only AWS changes; with who can be granted something
                in its place. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html
        """
        assert isinstance(self.principal, Identity)
        if isinstance(edit, Allow) and self.principal.is_of_aws:
            raise SpecError(
                f"{self.principal.value} is a role that AWS manages, and nobody else writes its policies: "
                "ArnPrincipal(<its ARN>) is granted in the policy of the repository, and for the token its permission "
                "set in IAM Identity Center says ecr:GetAuthorizationToken"
            )
        account = "" if self.local else self.account
        policy_key = PolicyKey(self.principal.kind, self.principal.friendly_name, account, policy_name)
        aspect: Aspect = managed_policies if attach == "managed" else inline_policy
        key = f"{policy_key} attached" if attach == "managed" else str(policy_key)
        return Want(aspect, key, edit, account=self.account_aws if self.by_session else None)

    def subject(self, aws: Aws) -> Subject:
        """Return the principal as a repository policy names it."""
        partition = aws.partition.name
        if isinstance(self.principal, Identity):
            name = f"AWS:{self.principal.arn(partition, self.account or aws.account_id)}"
        else:
            name = self.principal.subject(partition)
        return Subject(name, condition_text(self.principal.all_conditions))

    def subject_or_account(self, aws: Aws) -> Subject:
        """Return the same; a group, which no repository policy can name, as the account of its users."""
        subject = self.subject(aws)
        if not isinstance(self.principal, Group):
            return subject
        account = AccountPrincipal(self.account or aws.account_id)
        return replace(subject, name=account.subject(aws.partition.name))


def token_want(
    aws: Aws,
    principal: Grantee,
    edit: Allow | Forbid,
    session: boto3.Session | None = None,
    attach: str = "inline",
    policy_name: str = POLICY,
) -> Want:
    """Return the want of a token to log in, which only an IAM policy can grant.

    Raises:
        SpecError: The principal has no such policy here.
    """
    place = Place.of(aws, principal, session)
    if place.account_aws is None:
        raise SpecError(
            f"{principal} has no policy of IAM in this account, and nothing else can grant a token: name a User, Role "
            f"or Group, give session= for account {place.account}"
            if place.account
            else f"{principal} has no policy of IAM, and nothing else can grant a token: name a User, Role or Group"
        )
    return place.want(edit, attach, policy_name)


def _check_account(principal: Identity, session_aws: Aws | None, account: str, local: bool) -> None:
    if session_aws is not None and session_aws.account_id != account:
        raise SpecError(f"session: expected one for account {account}, got one for {session_aws.account_id}")
    if isinstance(principal, Group) and not local:
        raise SpecError(
            f"{principal.name_or_arn} is a group of another account, which no repository policy can name: grant "
            f"AccountPrincipal({account!r}), and let that account's policy choose the group"
        )
